INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
 VALUES ('$T', 'features', '$T', 'export of a register; see gpkg_metadata. No mark does not mean safe', '$N', 4326);
INSERT INTO gpkg_geometry_columns VALUES ('$T', 'geometry', 'GEOMETRY', 4326, 0, 0);
INSERT INTO gpkg_extensions VALUES ('$T', 'geometry', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
CREATE VIRTUAL TABLE "rtree_$T_geometry" USING rtree(id, minx, maxx, miny, maxy);
