SELECT data FROM "rtree_$T_geometry_node" WHERE nodeno = 1
