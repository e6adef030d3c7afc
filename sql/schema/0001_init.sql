-- Schema 1 of a register. Durable tables first, then what `fallow rebuild` makes again from them.
-- No STRICT tables: older GIS programs cannot open a file that has one.

-- GeoPackage 1.3 core -------------------------------------------------------------------------------------------
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
 ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined cartesian coordinate reference system'),
 ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
 ('WGS 84 geodetic', 4326, 'EPSG', 4326,
  'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]',
  'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
INSERT INTO gpkg_extensions VALUES
 ('gpkg_metadata', NULL, 'gpkg_metadata', 'http://www.geopackage.org/spec120/#extension_metadata', 'read-write'),
 ('gpkg_metadata_reference', NULL, 'gpkg_metadata', 'http://www.geopackage.org/spec120/#extension_metadata', 'read-write');

-- Durable -------------------------------------------------------------------------------------------------------
-- One row that tells the triggers below who is writing: 0 nobody (every foreign write is refused), 1 the program
-- writes layers and appends, 2 an erasure. It is set and cleared inside the program's own transactions, so that no
-- other connection ever sees it open.
CREATE TABLE fallow_guard (id INTEGER PRIMARY KEY CHECK (id = 1), open INTEGER NOT NULL CHECK (open IN (0, 1, 2)));
INSERT INTO fallow_guard VALUES (1, 0);

-- uuid, country, name, origin, log_vkey, created, schema
CREATE TABLE fallow_meta (
  key TEXT PRIMARY KEY NOT NULL CHECK (typeof(key) = 'text'),
  value TEXT NOT NULL CHECK (typeof(value) = 'text')) WITHOUT ROWID;

-- One submission = one leaf of the log; seq is its index in the log (from 0).
CREATE TABLE submission (
  seq INTEGER PRIMARY KEY CHECK (seq >= 0),
  leaf BLOB NOT NULL CHECK (typeof(leaf) = 'blob' AND length(leaf) = 128),
  manifest BLOB NOT NULL CHECK (typeof(manifest) = 'blob' AND length(manifest) <= 4096),
  remark BLOB CHECK (remark IS NULL OR typeof(remark) = 'blob'),
  remark_key BLOB CHECK (remark_key IS NULL OR typeof(remark_key) = 'blob'),
  received_us INTEGER NOT NULL CHECK (typeof(received_us) = 'integer'),
  statements INTEGER NOT NULL CHECK (statements BETWEEN 1 AND 50000),
  first_rid INTEGER NOT NULL CHECK (first_rid > 0),
  root BLOB NOT NULL CHECK (typeof(root) = 'blob' AND length(root) = 32));

-- One full, immutable state of a record. Fields whose access is `identity` are in the sealed column only.
CREATE TABLE revision (
  rid INTEGER PRIMARY KEY CHECK (rid > 0),
  submission INTEGER NOT NULL CHECK (typeof(submission) = 'integer'),
  kind INTEGER NOT NULL CHECK (typeof(kind) = 'integer'),
  record BLOB NOT NULL CHECK (typeof(record) = 'blob' AND length(record) = 16),
  form INTEGER NOT NULL CHECK (typeof(form) = 'integer'),
  parents BLOB CHECK (parents IS NULL OR (typeof(parents) = 'blob' AND length(parents) % 32 = 0)),
  valid_from INTEGER NOT NULL CHECK (typeof(valid_from) = 'integer'),
  fields TEXT NOT NULL CHECK (typeof(fields) = 'text'),
  identity BLOB CHECK (identity IS NULL OR typeof(identity) = 'blob'),
  sealed_key BLOB CHECK (sealed_key IS NULL OR typeof(sealed_key) = 'blob'),
  leaf BLOB NOT NULL CHECK (typeof(leaf) = 'blob' AND length(leaf) = 32));
CREATE INDEX revision_record ON revision (record);

-- Statement bytes and surviving salts of a revision from which something was erased.
CREATE TABLE erased (
  rid INTEGER PRIMARY KEY, statement BLOB NOT NULL, salts TEXT NOT NULL, fields TEXT NOT NULL, submission INTEGER NOT NULL);

-- Kinds, and every version of every form ever in force; submission NULL for those the program brought.
CREATE TABLE kind (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (typeof(name) = 'text'));
CREATE TABLE form_version (
  kind INTEGER NOT NULL REFERENCES kind(id), version INTEGER NOT NULL CHECK (version >= 1),
  survey TEXT NOT NULL, choices TEXT NOT NULL, submission INTEGER,
  PRIMARY KEY (kind, version)) WITHOUT ROWID;

-- Hashes of complete subtrees of the log: level 0 is the leaf hash.
CREATE TABLE log_hash (
  level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, idx)) WITHOUT ROWID;
CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY, note TEXT NOT NULL CHECK (typeof(note) = 'text'), at_us INTEGER NOT NULL);

-- Public keys of those who submitted, by the SHA-256 that manifests and leaves name.
CREATE TABLE author (
  hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32), public_key BLOB NOT NULL CHECK (length(public_key) = 32),
  since_us INTEGER NOT NULL) WITHOUT ROWID;

-- Originals: files kept in NAME.files by their SHA-256.
CREATE TABLE original (
  sha256 BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32), name TEXT NOT NULL, size INTEGER NOT NULL,
  submission INTEGER NOT NULL) WITHOUT ROWID;

-- Rows of imports that could not be taken in, as they came, with the reason.
CREATE TABLE quarantine (
  qid INTEGER PRIMARY KEY, submission INTEGER NOT NULL, kind INTEGER NOT NULL REFERENCES kind(id),
  source BLOB NOT NULL CHECK (length(source) = 16), row INTEGER NOT NULL, row_key BLOB NOT NULL,
  checks TEXT NOT NULL, reason TEXT NOT NULL, original TEXT NOT NULL, mapped TEXT, place TEXT);
CREATE UNIQUE INDEX quarantine_key ON quarantine (row_key);
-- What became of them: record NULL = dismissed with a reason.
CREATE TABLE quarantine_end (
  qid INTEGER PRIMARY KEY REFERENCES quarantine(qid), submission INTEGER NOT NULL, record BLOB, reason TEXT NOT NULL);

-- Rebuildable ----------------------------------------------------------------------------------------------------
-- What decisions say of revisions (rid > 0) and of whole submissions: 1 approved, 2 returned, 3 released.
CREATE TABLE ruling (
  rid INTEGER NOT NULL, by_submission INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  PRIMARY KEY (rid, by_submission)) WITHOUT ROWID;
CREATE TABLE ruling_submission (
  submission INTEGER NOT NULL, by_submission INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  PRIMARY KEY (submission, by_submission)) WITHOUT ROWID;
-- The latest date of information per kind, in days since 1970: a layer shows the present only up to it.
CREATE TABLE layer_state (kind INTEGER PRIMARY KEY, latest INTEGER NOT NULL);
-- Identity of imported rows: hash of the key -> record, and hash of what was taken in last.
CREATE TABLE row_key (
  key BLOB PRIMARY KEY NOT NULL, fid INTEGER NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
-- Notes found by comparing records with one another.
CREATE TABLE note (
  rid INTEGER NOT NULL, chk TEXT NOT NULL, other INTEGER NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (rid, chk, other)) WITHOUT ROWID;
-- Answers of `figures`, by question and checkpoint.
CREATE TABLE figure_cache (
  question TEXT PRIMARY KEY NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, answer BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
 VALUES ('layer_styles', 'attributes', 'layer_styles', 'how the layers are drawn');

-- What was written stays as it was written.
CREATE TRIGGER submission_stays BEFORE UPDATE ON submission WHEN (SELECT open FROM fallow_guard) <> 2
 BEGIN SELECT RAISE(ABORT, 'a register keeps every submission as it was received; nothing was changed'); END;
CREATE TRIGGER submission_kept BEFORE DELETE ON submission
 BEGIN SELECT RAISE(ABORT, 'a register keeps every submission; nothing was deleted'); END;
CREATE TRIGGER submission_guard BEFORE INSERT ON submission WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'only the program writes to a register; see fallow workcopy and fallow import'); END;
CREATE TRIGGER revision_stays BEFORE UPDATE ON revision WHEN (SELECT open FROM fallow_guard) <> 2
 BEGIN SELECT RAISE(ABORT, 'a register keeps every revision as it was received; nothing was changed'); END;
CREATE TRIGGER revision_kept BEFORE DELETE ON revision
 BEGIN SELECT RAISE(ABORT, 'a register keeps every revision; nothing was deleted'); END;
CREATE TRIGGER revision_guard BEFORE INSERT ON revision WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'only the program writes to a register; see fallow workcopy and fallow import'); END;
CREATE TRIGGER log_hash_stays BEFORE UPDATE ON log_hash BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER log_hash_kept BEFORE DELETE ON log_hash BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER checkpoint_stays BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it was signed'); END;
CREATE TRIGGER checkpoint_kept BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it was signed'); END;
CREATE TRIGGER quarantine_stays BEFORE UPDATE ON quarantine BEGIN SELECT RAISE(ABORT, 'a quarantined row stays as it came'); END;
CREATE TRIGGER quarantine_kept BEFORE DELETE ON quarantine BEGIN SELECT RAISE(ABORT, 'a quarantined row is kept'); END;
CREATE TRIGGER form_version_stays BEFORE UPDATE ON form_version BEGIN SELECT RAISE(ABORT, 'a version of a form stays as it is'); END;
CREATE TRIGGER form_version_kept BEFORE DELETE ON form_version BEGIN SELECT RAISE(ABORT, 'a version of a form is kept'); END;
