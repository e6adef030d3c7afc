DELETE FROM attempt WHERE last_us < ?1
