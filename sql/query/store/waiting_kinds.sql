SELECT kind, count(*) FROM (SELECT kind FROM revision WHERE rid >= ?1 AND rid < ?1 + ?2 ORDER BY rid LIMIT 2000) GROUP BY kind ORDER BY kind
