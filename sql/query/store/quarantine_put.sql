INSERT INTO quarantine (submission, kind, source, row, row_key, checks, reason, original, mapped, place)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
