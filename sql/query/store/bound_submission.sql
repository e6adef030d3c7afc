SELECT seq, received_us FROM submission
