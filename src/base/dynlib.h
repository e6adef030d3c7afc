/* Shared libraries opened at first use, so that starting the program costs nothing for them. */
#ifndef BASE_DYNLIB_H
#define BASE_DYNLIB_H

#include <stdbool.h>

/**
 * Open a library by its soname; NULL if it is not there. Never close it: libraries keep static
 * objects, and a function handed out must stay good.
 */
void *dynlib_open(const char *soname);
/**
 * Put the address of a function into the function pointer at ret_pointer. False if the library has
 * none of that name or lib is NULL.
 */
bool dynlib_find(void *lib, const char *name, void *ret_pointer);

#endif
