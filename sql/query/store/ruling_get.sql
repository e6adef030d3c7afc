SELECT state FROM (
 SELECT by_submission, state, 1 AS own FROM ruling WHERE rid = ?1 AND by_submission < ?3
 UNION ALL
 SELECT by_submission, state, 0 FROM ruling_submission WHERE submission = ?2 AND by_submission < ?3)
ORDER BY by_submission DESC, own DESC LIMIT 1
