#include "publish/xlsxlib.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/dynlib.h"

/* FALLOW_XLSX_SONAME comes from the build: the very ABI whose headers were read. */
static struct xlsxlib table;
static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load(void)
{
	void *lib = dynlib_open(FALLOW_XLSX_SONAME);
	bool all = lib != NULL;

	if (!all)
		return;
#define XLSXLIB_FIND(name) all = all && dynlib_find(lib, #name, &table.name);
	XLSXLIB_EACH(XLSXLIB_FIND)
#undef XLSXLIB_FIND
	is_loaded = all; /* never closed: a pointer handed out must stay good */
}

const struct xlsxlib *
xlsxlib_get(void)
{
	if (pthread_once(&once, load) != 0)
		return NULL;
	return is_loaded ? &table : NULL;
}
