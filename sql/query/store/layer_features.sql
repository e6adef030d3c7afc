INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
 VALUES ('$T', 'features', '$T', 'what the register shows now; other programs may read it, only the program writes it', 4326);
INSERT INTO gpkg_geometry_columns VALUES ('$T', 'geometry', 'GEOMETRY', 4326, 0, 0);
INSERT INTO gpkg_extensions VALUES ('$T', 'geometry', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
CREATE VIRTUAL TABLE "rtree_$T_geometry" USING rtree(id, minx, maxx, miny, maxy);
CREATE TRIGGER "$T_refuse_insert" BEFORE INSERT ON "$T" WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'a register is not edited directly: run fallow workcopy, edit the copy, hand it back with fallow import --edits'); END;
CREATE TRIGGER "$T_refuse_update" BEFORE UPDATE ON "$T" WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'a register is not edited directly: run fallow workcopy, edit the copy, hand it back with fallow import --edits'); END;
CREATE TRIGGER "$T_refuse_delete" BEFORE DELETE ON "$T" WHEN (SELECT open FROM fallow_guard) = 0
 BEGIN SELECT RAISE(ABORT, 'a register is not edited directly: run fallow workcopy, edit the copy, hand it back with fallow import --edits'); END;
