INSERT INTO account (name, role, hash, created_us) VALUES (?1, ?2, ?3, ?4)
