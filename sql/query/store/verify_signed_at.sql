SELECT at_us FROM checkpoint ORDER BY size DESC LIMIT 1
