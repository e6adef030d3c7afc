-- one-time: whoever comes second changes no row
UPDATE account SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2
