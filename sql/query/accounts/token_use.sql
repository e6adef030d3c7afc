UPDATE token SET used_us = ?2 WHERE id = ?1
