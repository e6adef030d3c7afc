SELECT r.record FROM submission s JOIN revision r ON r.rid >= s.first_rid AND r.rid < s.first_rid + s.statements
WHERE s.seq = ?1 AND r.kind = ?2 ORDER BY r.rid
