SELECT record, min(rid) AS fid FROM revision WHERE kind = ?1 AND submission < ?2 GROUP BY record ORDER BY fid
