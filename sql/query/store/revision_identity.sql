SELECT identity, leaf FROM revision WHERE rid = ?1 AND record = ?2
