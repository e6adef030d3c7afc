INSERT INTO audit (at_us, actor, what, account, detail) VALUES (?1, ?2, ?3, ?4, ?5)
