INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata)
 VALUES (1, 'dataset', 'https://www.geopackage.org/spec/#extension_metadata', 'text/plain',
 'This file is a register of a mine action authority. It holds exact positions and sealed personal data and is for that authority alone: give others an export (fallow export --role), never this file. Other programs may read it; only fallow writes it.');
INSERT INTO gpkg_metadata_reference (reference_scope, md_file_id) VALUES ('geopackage', 1);
