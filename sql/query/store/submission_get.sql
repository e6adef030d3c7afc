SELECT seq, leaf, manifest, received_us, statements, first_rid, remark, remark_key FROM submission WHERE seq = ?1
