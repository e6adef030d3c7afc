SELECT answer FROM figure_cache WHERE question = ?1 AND size = ?2 AND root = ?3
