SELECT record, min(rid) FROM revision GROUP BY record ORDER BY record
