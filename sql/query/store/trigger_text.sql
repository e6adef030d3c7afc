SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?1
