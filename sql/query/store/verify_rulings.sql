-- What is ruled otherwise than the decisions say.
SELECT 'ruling: ' || w || ' revision ' || rid || ', decided by submission ' || by_submission FROM (
 SELECT 'a row that no decision says: ' AS w, * FROM (SELECT rid, by_submission, state FROM main.ruling EXCEPT SELECT rid, by_submission, state FROM temp.ruling)
 UNION ALL
 SELECT 'missing:', * FROM (SELECT rid, by_submission, state FROM temp.ruling EXCEPT SELECT rid, by_submission, state FROM main.ruling))
UNION ALL
SELECT 'ruling_submission: ' || w || ' submission ' || submission || ', decided by submission ' || by_submission FROM (
 SELECT 'a row that no decision says: ' AS w, * FROM (SELECT submission, by_submission, state FROM main.ruling_submission EXCEPT SELECT submission, by_submission, state FROM temp.ruling_submission)
 UNION ALL
 SELECT 'missing:', * FROM (SELECT submission, by_submission, state FROM temp.ruling_submission EXCEPT SELECT submission, by_submission, state FROM main.ruling_submission))
