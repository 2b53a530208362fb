/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that tells nothing of what went in to those without the key. */
#ifndef POPGX_CORE_SIPHASH_H
#define POPGX_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_BYTES = 16 };

/** The hash of `n` bytes. The same on every machine. */
uint64_t siphash(const unsigned char key[SIPHASH_KEY_BYTES], const void *bytes, size_t n);
#endif
