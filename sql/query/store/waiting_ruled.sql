SELECT count(DISTINCT rid) FROM ruling WHERE rid >= ?1 AND rid < ?1 + ?2
