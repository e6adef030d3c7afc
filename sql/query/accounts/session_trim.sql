-- the newest ?2 of an account stay, and none that is too old or was idle too long
DELETE FROM session WHERE created_us < ?3 OR used_us < ?4 OR hash IN (SELECT hash FROM session WHERE account = ?1 ORDER BY created_us DESC LIMIT -1 OFFSET ?2)
