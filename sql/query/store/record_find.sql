SELECT kind, min(rid) FROM revision WHERE record = ?1
