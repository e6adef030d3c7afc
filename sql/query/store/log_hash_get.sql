SELECT hash FROM log_hash WHERE level = ?1 AND idx = ?2
