SELECT s.seq, s.leaf, s.manifest, s.statements, s.first_rid, a.public_key, s.root, s.remark, s.remark_key, s.received_us
FROM submission s LEFT JOIN author a ON a.hash = substr(s.leaf, 97, 32)
WHERE s.seq >= ?1 AND s.seq < ?2 ORDER BY s.seq
