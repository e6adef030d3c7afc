SELECT leaf FROM submission WHERE seq = ?1
