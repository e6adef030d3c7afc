INSERT INTO submission (seq, leaf, manifest, remark, remark_key, received_us, statements, first_rid, root)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
