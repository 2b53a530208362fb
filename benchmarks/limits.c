/* The limits of every instruction set that this build has kernels for. */
#include "benchmarks/limits.h"

#include <stddef.h>

extern const limits_t limits_ref;
#ifdef LIMITS_X86
extern const limits_t limits_avx2, limits_avx512;
#endif

const limits_t *const limits_all[] = {
#ifdef LIMITS_X86
    &limits_avx512, &limits_avx2,
#endif
    &limits_ref, NULL,
};
