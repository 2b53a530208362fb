/* Chooses the table of kernels once. POPGX_ISA overrides, so that anybody can check that the bits are the same. */
#include "kernels/kernels.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern const kernels_t kernels_ref;
#ifdef KERNELS_X86
extern const kernels_t kernels_avx2, kernels_avx512;
#endif

const kernels_t *const kernels_all[] = {
#ifdef KERNELS_X86
    &kernels_avx512, &kernels_avx2,
#endif
    &kernels_ref, NULL,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const kernels_t *chosen;
static bool is_named_wrongly;

static void choose(void)
{
    const char *wanted = getenv("POPGX_ISA");

    for (const kernels_t *const *k = kernels_all; *k && !chosen; k++)
        if ((!wanted || !*wanted || strcmp(wanted, (*k)->isa) == 0) && (*k)->is_supported()) chosen = *k;
    is_named_wrongly = !chosen;
    if (!chosen) chosen = &kernels_ref;
}

const kernels_t *kernels(void)
{
    pthread_once(&once, choose);
    return chosen;
}

const char *kernels_isa(void)
{
    const kernels_t *table = kernels();
    return is_named_wrongly ? NULL : table->isa;
}
