SELECT sha256, name, size, submission FROM original
