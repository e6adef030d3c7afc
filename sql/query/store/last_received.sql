SELECT max(received_us) FROM submission
