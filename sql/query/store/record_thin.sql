SELECT 1 FROM revision WHERE record = ?1 AND instr(fields, 'olygon"') = 0 LIMIT 1
