SELECT a.hash, a.public_key, EXISTS (SELECT 1 FROM submission s WHERE substr(s.leaf, 97, 32) = a.hash) FROM author a
