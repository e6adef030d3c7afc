SELECT failures, last_us, until_us FROM attempt WHERE key = ?1
