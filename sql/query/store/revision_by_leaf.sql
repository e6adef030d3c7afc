SELECT rid FROM revision WHERE record = ?1 AND leaf = ?2
