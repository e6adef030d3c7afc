-- How many records of kind ?1 show nothing because all that was said of them up to day ?3, as known when the log had ?2
-- submissions, was returned.
WITH candidate (rid) AS (
  SELECT rid FROM ruling WHERE state = 2 AND by_submission < ?2
  UNION
  SELECT r.rid FROM ruling_submission x JOIN submission s ON s.seq = x.submission
   JOIN revision r ON r.rid >= s.first_rid AND r.rid < s.first_rid + s.statements
  WHERE x.state = 2 AND x.by_submission < ?2)
SELECT count(DISTINCT r.record) FROM candidate c JOIN revision r ON r.rid = c.rid
WHERE r.kind = ?1 AND r.submission < ?2 AND r.valid_from <= ?3 AND NOT EXISTS (
  SELECT 1 FROM revision o WHERE o.record = r.record AND o.submission < ?2 AND o.valid_from <= ?3 AND coalesce((SELECT state FROM (
     SELECT by_submission, state, 1 AS own FROM ruling WHERE rid = o.rid AND by_submission < ?2
     UNION ALL
     SELECT by_submission, state, 0 FROM ruling_submission WHERE submission = o.submission AND by_submission < ?2)
    ORDER BY by_submission DESC, own DESC LIMIT 1), 0) <> 2)
