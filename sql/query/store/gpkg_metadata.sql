INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata)
 VALUES (1, 'dataset', 'https://www.geopackage.org/spec/#extension_metadata', 'text/plain', ?1)
