UPDATE session SET used_us = ?2 WHERE hash = ?1
