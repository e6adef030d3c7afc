/* Folding of one code point for comparing names. Behind text_fold. Pure functions, thread-safe. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stddef.h>
#include <stdint.h>

/**
 * Write the folded form of cp as UTF-8 and return its bytes (1..4). 0: cp parts words (blanks,
 * punctuation, symbols). FOLD_DROP: a combining mark, which vanishes.
 */
size_t fold_code_point(uint32_t cp, char out[4]);
#define FOLD_DROP ((size_t)9)

#endif
