INSERT INTO token (account, name, scope, hash, created_us) VALUES (?1, ?2, ?3, ?4, ?5)
