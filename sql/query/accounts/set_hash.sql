UPDATE account SET hash = ?2 WHERE id = ?1
