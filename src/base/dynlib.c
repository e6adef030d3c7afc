#include "base/dynlib.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

void *
dynlib_open(const char *soname)
{
	return dlopen(soname, RTLD_NOW | RTLD_LOCAL);
}

/* POSIX lets a data pointer carry a function; ISO C does not, so the bytes are copied. */
bool
dynlib_find(void *lib, const char *name, void *ret_pointer)
{
	void *at = lib ? dlsym(lib, name) : NULL;

	if (!at)
		return false;
	memcpy(ret_pointer, &at, sizeof(at));
	return true;
}
