/* Keyed random numbers: their arithmetic (kernels/keyed.h), and names to purposes. */
#ifndef POPGX_RNG_KEYED_H
#define POPGX_RNG_KEYED_H

#include "kernels/keyed.h"

/**
 * The purpose of a qualified name such as "event coronary.infarction": a 64-bit hash (FNV-1a, then mixed).
 * The spec compiler refuses a model in which two names collide.
 */
uint64_t rng_purpose(const char *qualified_name);
#endif
