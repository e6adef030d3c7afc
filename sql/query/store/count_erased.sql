SELECT 1 FROM erased WHERE submission >= ?1 LIMIT 1
