INSERT INTO attempt (key, failures, last_us, until_us) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (key) DO UPDATE SET failures = ?2, last_us = ?3, until_us = ?4
