SELECT received_us FROM submission ORDER BY seq DESC LIMIT 1
