SELECT max(valid_from) FROM revision WHERE record = ?1
