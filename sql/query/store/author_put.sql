INSERT OR IGNORE INTO author (hash, public_key, since_us) VALUES (?1, ?2, ?3)
