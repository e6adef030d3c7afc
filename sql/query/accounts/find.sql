SELECT id, name, role, disabled, totp IS NOT NULL, created_us, login_us FROM account WHERE name = ?1
