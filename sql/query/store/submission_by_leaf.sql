SELECT idx FROM log_hash WHERE level = 0 AND hash = ?1
