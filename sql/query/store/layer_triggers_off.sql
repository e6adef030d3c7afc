DROP TRIGGER IF EXISTS "rtree_$T_geometry_insert";
DROP TRIGGER IF EXISTS "rtree_$T_geometry_update1";
DROP TRIGGER IF EXISTS "rtree_$T_geometry_update2";
DROP TRIGGER IF EXISTS "rtree_$T_geometry_update3";
DROP TRIGGER IF EXISTS "rtree_$T_geometry_update4";
DROP TRIGGER IF EXISTS "rtree_$T_geometry_delete";
