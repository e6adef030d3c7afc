CREATE TRIGGER "rtree_$T_geometry_insert" AFTER INSERT ON "$T" WHEN (new."geometry" NOT NULL AND NOT ST_IsEmpty(NEW."geometry"))
BEGIN INSERT OR REPLACE INTO "rtree_$T_geometry" VALUES (NEW."fid", ST_MinX(NEW."geometry"), ST_MaxX(NEW."geometry"), ST_MinY(NEW."geometry"), ST_MaxY(NEW."geometry")); END;
CREATE TRIGGER "rtree_$T_geometry_update1" AFTER UPDATE OF "geometry" ON "$T" WHEN OLD."fid" = NEW."fid" AND (NEW."geometry" NOTNULL AND NOT ST_IsEmpty(NEW."geometry"))
BEGIN INSERT OR REPLACE INTO "rtree_$T_geometry" VALUES (NEW."fid", ST_MinX(NEW."geometry"), ST_MaxX(NEW."geometry"), ST_MinY(NEW."geometry"), ST_MaxY(NEW."geometry")); END;
CREATE TRIGGER "rtree_$T_geometry_update2" AFTER UPDATE OF "geometry" ON "$T" WHEN OLD."fid" = NEW."fid" AND (NEW."geometry" ISNULL OR ST_IsEmpty(NEW."geometry"))
BEGIN DELETE FROM "rtree_$T_geometry" WHERE id = OLD."fid"; END;
CREATE TRIGGER "rtree_$T_geometry_update3" AFTER UPDATE ON "$T" WHEN OLD."fid" != NEW."fid" AND (NEW."geometry" NOTNULL AND NOT ST_IsEmpty(NEW."geometry"))
BEGIN DELETE FROM "rtree_$T_geometry" WHERE id = OLD."fid"; INSERT OR REPLACE INTO "rtree_$T_geometry" VALUES (NEW."fid", ST_MinX(NEW."geometry"), ST_MaxX(NEW."geometry"), ST_MinY(NEW."geometry"), ST_MaxY(NEW."geometry")); END;
CREATE TRIGGER "rtree_$T_geometry_update4" AFTER UPDATE ON "$T" WHEN OLD."fid" != NEW."fid" AND (NEW."geometry" ISNULL OR ST_IsEmpty(NEW."geometry"))
BEGIN DELETE FROM "rtree_$T_geometry" WHERE id IN (OLD."fid", NEW."fid"); END;
CREATE TRIGGER "rtree_$T_geometry_delete" AFTER DELETE ON "$T" WHEN old."geometry" NOT NULL
BEGIN DELETE FROM "rtree_$T_geometry" WHERE id = OLD."fid"; END;
