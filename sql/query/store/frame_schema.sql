-- What the schema says, but for the pages where it lies.
SELECT type, name, tbl_name, coalesce(sql, '') AS sql FROM sqlite_schema ORDER BY type, name
