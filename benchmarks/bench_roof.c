/* bench_roof: what one core can do at most, for every instruction set: multiply-adds, and bytes from L2 and from memory. One JSON object. */
#include <stdio.h>
#include <stdlib.h>

#include "benchmarks/limits.h"
#include "benchmarks/timing.h"
#include "kernels/kernels.h"

enum { FMA_REPEATS = 256 };

typedef struct {
    const limits_t *limits;
    int64_t n;
    double *a, *b, *c;
} roof_t;

static void run_fma(void *context)
{
    roof_t *roof = context;
    for (int r = 0; r < FMA_REPEATS; r++) roof->limits->fma(roof->a);
}

static void run_triad(void *context)
{
    roof_t *roof = context;
    roof->limits->triad(roof->n, roof->a, roof->b, roof->c);
}

static double triad_bytes(roof_t *roof, int64_t n)
{
    timed_t timed = {.run = run_triad, .context = roof};

    roof->n = n;
    timing_compare(&timed, 1, 5, 0.02);
    return 24.0 * (double)n / timed.best;
}

int main(void)
{
    enum { L2 = 16384, MEMORY = 1 << 23 }; /* doubles in each of three columns: 384 KiB, 192 MiB */
    roof_t roof = {0};
    double **columns[] = {&roof.a, &roof.b, &roof.c};

    for (int k = 0; k < 3; k++) {
        *columns[k] = aligned_alloc(64, MEMORY * sizeof(double));
        if (!*columns[k]) return EXIT_FAILURE;
        for (int64_t i = 0; i < MEMORY; i++) (*columns[k])[i] = 1;
    }
    printf("{\"benchmark\": \"roof\", \"isas\": [");
    for (int i = 0; kernels_all[i]; i++) {
        if (!kernels_all[i]->is_supported()) continue;
        timed_t fma = {.run = run_fma, .context = &roof};
        roof.limits = limits_all[i];
        timing_compare(&fma, 1, 5, 0.02);
        double operations = 2.0 * LIMIT_FMA_LANES * LIMIT_FMA_CHAIN * FMA_REPEATS / fma.best;
        printf("%s\n  {\"isa\": \"%s\", \"operations_per_second\": %.4g, \"l2_bytes_per_second\": %.4g, \"memory_bytes_per_second\": %.4g}",
               i ? "," : "", roof.limits->isa, operations, triad_bytes(&roof, L2), triad_bytes(&roof, MEMORY));
    }
    printf("\n]}\n");
    for (int k = 0; k < 3; k++) free(*columns[k]);
    return EXIT_SUCCESS;
}
