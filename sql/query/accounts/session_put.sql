INSERT INTO session (hash, account, second_factor, created_us, used_us) VALUES (?1, ?2, ?3, ?4, ?4)
