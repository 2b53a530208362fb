/* Names to purposes. A purpose depends on its own name only, so adding anything to a model moves nobody else's luck. */
#include "rng/keyed.h"

uint64_t rng_purpose(const char *qualified_name)
{
    uint64_t hash = 14695981039346656037ull; /* FNV-1a, 64 bits */

    for (const unsigned char *c = (const unsigned char *)qualified_name; *c; c++) hash = (hash ^ *c) * 1099511628211ull;
    return rng_mix(hash);
}
