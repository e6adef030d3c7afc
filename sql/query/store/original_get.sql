SELECT name, size FROM original WHERE sha256 = ?1
