SELECT key, value FROM fallow_meta
