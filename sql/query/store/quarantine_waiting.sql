SELECT coalesce(q.place, ''), count(*) FROM quarantine q LEFT JOIN quarantine_end x ON x.qid = q.qid AND x.submission < ?2
WHERE q.kind = ?1 AND q.submission < ?2 AND x.qid IS NULL GROUP BY 1 ORDER BY 1
