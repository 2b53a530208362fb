/*
 * The key of pseudonyms: 32 hexadecimal digits in a file of the user's alone, never in a run. The environment variable
 * POPGX_PSEUDONYM_KEY names the file; else it is popgx/pseudonym.key in $XDG_CONFIG_HOME or ~/.config, made when it is first needed.
 */
#ifndef POPGX_SPEC_PSEUDONYM_H
#define POPGX_SPEC_PSEUDONYM_H

#include "core/err.h"
#include "core/siphash.h"

/** Bits of a pseudonym: a double holds it, and people of one file hardly ever share one. */
enum { PSEUDONYM_BITS = 52 };

/** @retval POPGX_E_INPUT  the file holds no key, or others may read it  @retval POPGX_E_IO  it can be neither read nor made */
MUST_USE popgx_err_t pseudonym_key(unsigned char key[SIPHASH_KEY_BYTES]);

/** A whole number below 2^PSEUDONYM_BITS. */
double pseudonym_of(const unsigned char key[SIPHASH_KEY_BYTES], const char *identifier);
#endif
