SELECT r.record, r.kind, r.rid, r.leaf FROM submission s JOIN revision r ON r.rid >= s.first_rid AND r.rid < s.first_rid + s.statements
WHERE s.seq = ?1 AND NOT EXISTS (SELECT 1 FROM ruling x WHERE x.rid = r.rid) ORDER BY r.rid LIMIT ?2
