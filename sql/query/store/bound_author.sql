SELECT hash, public_key, since_us FROM author
