/* Private to handin*.c: what a hand-in knows. */
#ifndef INGEST_HANDIN_STATE_H
#define INGEST_HANDIN_STATE_H

#include "ingest/convert.h"
#include "ingest/handin.h"
#include "ingest/reopen.h"
#include "ingest/source.h"
#include "ingest/territory.h"
#include "store/quarantine.h"
#include "store/rowkey.h"
#include "store/submit.h"

/* A row as it was handed out. */
struct handed {
	int kind;
	struct uuid id;
	uint8_t leaf[32];
	bool seen;
};

struct handin {
	struct store *st;
	const struct handin_options *o;
	struct handin_result *ret;
	struct arena mem, row_mem; /* of the whole, of one row */
	struct geo *geo;
	struct territory *territory;
	struct rowkey_reader *keys;
	struct quarantine *quarantine;
	struct handed *handed; /* sorted by kind and id */
	size_t handed_count, handed_room;
	int64_t today_days;
	bool open;
	struct uuid source;
	char source_text[UUID_TEXT], remark[80];
	/* the layer at hand */
	int kind;
	const struct form *form;
	const struct source_header *header;
	int *target; /* field of each column, -1 = none */
	int c_fid, c_record;
	struct converter *converter;
	struct form_checker *checker;
	struct reopen *reopen;
	bool *layer_there; /* by kind */
};

/** Order of handed-out rows: by kind, then by record. */
int handin_by_record(const void *a, const void *b);
void handin_note(struct handin_ids *ids, struct uuid id);
/** Before anything is written: begins the submission and adds the copy's source record, once. */
MUST_CHECK enum err_code handin_open(struct handin *h, struct err *e);
/** Take in one row of the layer at hand. */
MUST_CHECK enum err_code handin_row(struct handin *h, const struct source_row *row, struct err *e);
/** One that the reader could not read. */
MUST_CHECK enum err_code handin_bad(struct handin *h, const struct source_bad *bad, struct err *e);

#endif
