SELECT DISTINCT r.kind, (SELECT min(f.rid) FROM revision f WHERE f.record = r.record)
FROM submission s JOIN revision r ON r.rid >= s.first_rid AND r.rid < s.first_rid + s.statements
WHERE s.seq = ?1
