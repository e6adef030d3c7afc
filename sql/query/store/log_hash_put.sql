INSERT INTO log_hash (level, idx, hash) VALUES (?1, ?2, ?3)
