SELECT max(rid) FROM revision
