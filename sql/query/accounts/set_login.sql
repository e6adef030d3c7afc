UPDATE account SET login_us = ?2 WHERE id = ?1
