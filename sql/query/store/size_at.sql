SELECT coalesce(max(seq) + 1, 0) FROM submission WHERE received_us <= ?1
