SELECT h.record_id FROM hazard h JOIN revision f ON f.rid = h.fid
WHERE h.revisions > 1 AND (h.unapproved <> 0 OR h.conflict <> 0)
AND EXISTS (SELECT 1 FROM revision r WHERE r.record = f.record AND instr(r.fields, '"geometry":') = 0)
