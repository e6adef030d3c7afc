SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?1
