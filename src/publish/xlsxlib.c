#include "publish/xlsxlib.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* FALLOW_XLSX_SONAME comes from the build: the very ABI whose headers were read. */
static struct xlsxlib table;
static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* POSIX lets a data pointer carry a function; ISO C does not, so the bytes are copied. */
static bool
find(void *lib, const char *name, void *ret_pointer)
{
	void *at = dlsym(lib, name);

	if (!at)
		return false;
	memcpy(ret_pointer, &at, sizeof(at));
	return true;
}

static void
load(void)
{
	void *lib = dlopen(FALLOW_XLSX_SONAME, RTLD_NOW | RTLD_LOCAL);
	bool all = lib != NULL;

	if (!all)
		return;
#define XLSXLIB_FIND(name) all = all && find(lib, #name, &table.name);
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
