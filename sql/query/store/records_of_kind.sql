SELECT record, min(rid) AS fid FROM revision WHERE kind = ?1 AND submission < ?2 GROUP BY record HAVING fid > ?3 ORDER BY fid
