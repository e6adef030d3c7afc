/* Killed and injured as an accident says them, against the victims listed for it. Notes only. */
#ifndef INGEST_TOLL_H
#define INGEST_TOLL_H

#include "store/rowkey.h"
#include "store/store.h"

/**
 * Keep a note, in the open submission, for each accident whose numbers are not those of its
 * victims, if it or one of them has a revision in a submission from `since` on. Accidents without
 * numbers, or with no victim listed, say nothing. *ret counts them. ERR_NOMEM, ERR_IO.
 */
MUST_CHECK enum err_code toll_note(struct store *st, int64_t since, struct rowkey_reader *notes,
                                   int64_t *ret, struct err *e);

#endif
