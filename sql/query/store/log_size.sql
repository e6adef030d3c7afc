SELECT max(seq) + 1 FROM submission
