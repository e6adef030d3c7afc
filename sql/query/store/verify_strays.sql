-- Rows of which the log knows nothing.
SELECT 'erased: revision ' || rid || ' is said to be erased, and the log has no erasure of it' FROM erased
UNION ALL
SELECT 'note: a note about revision ' || rid || ' that the program did not write' FROM note
UNION ALL
SELECT 'kind: ' || k.name || ' has no form' FROM kind k WHERE NOT EXISTS (SELECT 1 FROM form_version f WHERE f.kind = k.id)
