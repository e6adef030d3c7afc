SELECT id, name, scope, created_us, used_us, revoked_us FROM token WHERE account = ?1 ORDER BY id
