SELECT t.account, a.name, a.role, t.id, t.scope, t.used_us
FROM token t JOIN account a ON a.id = t.account WHERE t.hash = ?1 AND t.revoked_us IS NULL AND a.disabled = 0
