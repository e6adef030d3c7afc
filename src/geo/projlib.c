#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/dynlib.h"
#include "geo/projlib.h"

/* FALLOW_PROJ_SONAME comes from the build: the very ABI whose headers were read. */
static struct projlib table;
static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load(void)
{
	void *lib = dynlib_open(FALLOW_PROJ_SONAME);
	bool all = lib != NULL;

	if (!all)
		return;
#define PROJLIB_FIND(name) all = all && dynlib_find(lib, #name, &table.name);
	PROJLIB_EACH(PROJLIB_FIND)
#undef PROJLIB_FIND
	/* Never closed: PROJ keeps static objects, and a pointer handed out must stay good. */
	is_loaded = all;
}

const struct projlib *
projlib_get(void)
{
	if (pthread_once(&once, load) != 0)
		return NULL;
	return is_loaded ? &table : NULL;
}
