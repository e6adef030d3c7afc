SELECT size, at_us FROM checkpoint
