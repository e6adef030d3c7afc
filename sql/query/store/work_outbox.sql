CREATE TABLE fallow_outbox (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, layer TEXT NOT NULL, row INTEGER NOT NULL,
 record_id TEXT, base TEXT, op TEXT NOT NULL, at TEXT NOT NULL);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
 VALUES ('fallow_outbox', 'attributes', 'fallow_outbox', 'what was edited in this work copy, written by its triggers', '$N');
