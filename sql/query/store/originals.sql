SELECT sha256, name, size FROM original ORDER BY sha256
