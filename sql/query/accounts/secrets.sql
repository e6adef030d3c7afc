SELECT hash, totp, totp_pending, totp_step FROM account WHERE id = ?1
