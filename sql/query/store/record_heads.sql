SELECT leaf, fields ->> '$.import_source' FROM revision WHERE record = ?1 ORDER BY rid DESC LIMIT 1
