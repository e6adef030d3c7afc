SELECT max(valid_from) FROM revision WHERE kind = ?1
