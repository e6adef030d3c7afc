INSERT OR IGNORE INTO original (sha256, name, size, submission) VALUES (?1, ?2, ?3, ?4)
