INSERT OR IGNORE INTO checkpoint (size, note, at_us) VALUES (?1, ?2, ?3)
