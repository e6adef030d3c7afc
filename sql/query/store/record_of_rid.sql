SELECT record, kind FROM revision WHERE rid = ?1
