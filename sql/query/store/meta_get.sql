SELECT value FROM fallow_meta WHERE key = ?1
