/* Keys outside the register: $FALLOW_HOME (default $XDG_CONFIG_HOME/fallow or ~/.config/fallow).
 *   author.key                       Ed25519 key of the person or machine that submits
 *   registers/UUID/log.key           Ed25519 seed of the log
 *   registers/UUID/register.key      32 bytes that seal revision keys and identity values
 *   registers/UUID/checkpoint        the last signed checkpoint
 * All files 0600, folders 0700; wider modes are refused with a sentence. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/sign.h"

struct store_keys {
	struct sign_key author, log;
	uint8_t register_key[32];
};

/** Folder of keys, made when missing. out_size >= 512. */
MUST_CHECK enum err_code keys_home(char *out, size_t out_size, struct err *e);
/** Folder of the keys of one register. out_size >= 600. */
MUST_CHECK enum err_code keys_folder(const char *uuid, char *out, size_t out_size, struct err *e);
/** Load or make the author's key. */
MUST_CHECK enum err_code keys_author(struct store_keys *k, struct err *e);
/** Make the log key and the register key of a new register. */
MUST_CHECK enum err_code keys_create(struct store_keys *k, const char *uuid, struct err *e);
/** Load the keys of a register; ERR_NOTFOUND when they are not on this machine. */
MUST_CHECK enum err_code keys_load(struct store_keys *k, const char *uuid, struct err *e);
/** The last signed checkpoint kept beside the log key; ERR_NOTFOUND if there is none. */
MUST_CHECK enum err_code keys_read_checkpoint(const char *uuid, struct buf *note, struct err *e);
/** Keep it, durably. */
MUST_CHECK enum err_code keys_write_checkpoint(const char *uuid, const char *note, size_t n,
                                               struct err *e);
/** Wipe. */
void keys_wipe(struct store_keys *k);

#endif
