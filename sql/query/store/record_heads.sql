SELECT leaf FROM revision WHERE record = ?1 ORDER BY rid DESC LIMIT 1
