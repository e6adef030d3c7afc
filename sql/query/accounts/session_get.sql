SELECT s.account, a.name, a.role, s.second_factor, s.created_us, s.used_us
FROM session s JOIN account a ON a.id = s.account WHERE s.hash = ?1 AND a.disabled = 0
