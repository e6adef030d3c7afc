-- Rows of which the log knows nothing. Notes say what a comparison of records found; they are about records that are there.
SELECT 'erased: revision ' || rid || ' is said to be erased, and the log has no erasure of it' FROM erased
UNION ALL
SELECT 'note: a note about revision ' || rid || ' that the program did not write' FROM note n
WHERE typeof(rid) <> 'integer' OR NOT EXISTS (SELECT 1 FROM revision r WHERE r.rid = n.rid)
OR NOT EXISTS (SELECT 1 FROM revision r WHERE r.rid = n.other)
OR chk NOT IN ('overlaps_hazard', 'released_over_open', 'casualties_differ')
UNION ALL
SELECT 'kind: ' || k.name || ' has no form' FROM kind k WHERE NOT EXISTS (SELECT 1 FROM form_version f WHERE f.kind = k.id)
