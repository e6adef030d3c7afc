SELECT kind, latest FROM layer_state ORDER BY kind
