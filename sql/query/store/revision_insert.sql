INSERT INTO revision (rid, submission, kind, record, form, parents, valid_from, fields, identity, sealed_key, leaf)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
