SELECT s.seq, s.leaf, s.manifest, s.statements, s.first_rid, a.public_key
FROM submission s LEFT JOIN author a ON a.hash = substr(s.leaf, 97, 32)
WHERE s.seq >= ?1 AND s.seq < ?2 ORDER BY s.seq
