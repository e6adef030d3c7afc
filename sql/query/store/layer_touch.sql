UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
 min_x = ?2, min_y = ?3, max_x = ?4, max_y = ?5
WHERE table_name = ?1
