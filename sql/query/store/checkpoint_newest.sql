SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1
