SELECT by_submission FROM (SELECT by_submission, 1 AS own FROM ruling WHERE rid = ?1
 UNION ALL SELECT by_submission, 0 FROM ruling_submission WHERE submission = ?2) ORDER BY by_submission DESC, own DESC LIMIT 1
