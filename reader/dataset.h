/* From what was given to what is read: unwraps gzip and zip, finds the data set inside, names its
 * format. Threads: one. */
#ifndef READER_DATASET_H
#define READER_DATASET_H

#include <stdbool.h>

#include "base/err.h"
#include "reader/detect.h"
#include "reader/files.h"
#include "reader/limits.h"
#include "reader/out.h"
#include "reader/unpack.h"

struct dataset {
	const struct limits *limits;
	bool raster;          /* look for a raster, not for rows */
	const char *member;   /* of an archive; NULL = the only one */
	const char *layer;    /* as asked for; set to NULL where it named a member */
	struct files given;   /* the descriptors */
	struct files found;   /* what was unpacked and belongs to the data set; empty = given */
	struct files zip;     /* entries of an XLSX or ODS, for GDAL's eyes */
	struct files members; /* names, when an archive holds several and none was chosen */
	struct unpack unpack;
	enum format format;
	struct file file; /* the main one; of a FileGDB only its name counts */
};

void dataset_init(struct dataset *d, const struct limits *limits);
void dataset_done(struct dataset *d);
/**
 * Find it. given holds the main file first (or a FileGDB's files). When an archive holds several
 * data sets and none is named, members lists them and the format is FORMAT_ZIP. Fails with
 * ERR_UNSUPPORTED (no format we read), ERR_INVALID, ERR_LIMIT, ERR_NOTFOUND (member).
 */
MUST_CHECK enum err_code dataset_find(struct dataset *d, const char *name, struct err *e);
/** The files among which the main one's companions are. */
const struct files *dataset_files(const struct dataset *d);

#endif
