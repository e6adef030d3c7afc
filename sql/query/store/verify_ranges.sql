SELECT seq, first_rid, statements FROM submission ORDER BY seq
