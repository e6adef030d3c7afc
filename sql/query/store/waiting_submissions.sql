SELECT s.seq, s.statements, s.first_rid FROM submission s
WHERE s.seq < ?1 AND NOT EXISTS (SELECT 1 FROM ruling_submission x WHERE x.submission = s.seq) ORDER BY s.seq DESC
