INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
 VALUES ('$T', 'attributes', '$T', 'export of a register; see gpkg_metadata. No mark does not mean safe', '$N');
