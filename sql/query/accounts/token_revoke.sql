UPDATE token SET revoked_us = ?3 WHERE id = ?1 AND account = ?2 AND revoked_us IS NULL
