SELECT latest FROM layer_state WHERE kind = ?1
