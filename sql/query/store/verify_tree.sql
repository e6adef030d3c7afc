SELECT level, idx, hash FROM log_hash ORDER BY level, idx
