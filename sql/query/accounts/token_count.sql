SELECT count(*) FROM token WHERE account = ?1 AND revoked_us IS NULL
