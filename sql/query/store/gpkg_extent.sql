UPDATE gpkg_contents SET
 min_x = (SELECT min(minx) FROM "rtree_$T_geometry"), min_y = (SELECT min(miny) FROM "rtree_$T_geometry"),
 max_x = (SELECT max(maxx) FROM "rtree_$T_geometry"), max_y = (SELECT max(maxy) FROM "rtree_$T_geometry")
WHERE table_name = '$T';
