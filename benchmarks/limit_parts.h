/* What the files of a limit share: how they are named for their instruction set, and searches by counting. */
#ifndef POPGX_BENCHMARKS_LIMIT_PARTS_H
#define POPGX_BENCHMARKS_LIMIT_PARTS_H

#include "benchmarks/limits.h"
#include "kernels/elementary.h"

#define SIMD _Pragma("omp simd")
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define LIMITS JOIN(limits_, LIMITS_ISA)
#define LIMITS_NAME TEXT(LIMITS_ISA)
#define LIMIT_LANES_NEW JOIN(limit_lanes_new_, LIMITS_ISA)
#define LIMIT_LIVE JOIN(limit_live_, LIMITS_ISA)
#define LIMIT_FMA JOIN(limit_fma_, LIMITS_ISA)
#define LIMIT_TRIAD JOIN(limit_triad_, LIMITS_ISA)

limit_lanes_t *LIMIT_LANES_NEW(void);
void LIMIT_LIVE(const four_risks_t *model, uint64_t first_id, limit_lanes_t *lanes, limit_trajectory_t *trajectory, limit_bill_t *bill);
void LIMIT_FMA(double *restrict x);
void LIMIT_TRIAD(int64_t n, double *restrict a, const double *restrict b, const double *restrict c);

/* The last of LIMIT_PIECES pieces that starts at or before x. Written out, since gcc does not vectorise around an inner loop, and
 * with 64 bits, the width of x. */
#define REACHED(k) (starts[k] <= x ? (int64_t)1 : 0)
static inline int64_t counted_piece(const double *starts, double x)
{
    return REACHED(1) + REACHED(2) + REACHED(3) + REACHED(4) + REACHED(5) + REACHED(6) + REACHED(7);
}

static inline double counted_integral(const limit_columns_t *c, double u)
{
    int64_t k = counted_piece(c->starts, u);
    return fused(c->rates[k], u - c->starts[k], c->sums[k]);
}

static inline double counted_solve(const limit_columns_t *c, double target)
{
    int64_t k = counted_piece(c->sums, target);
    return c->starts[k] + (target - c->sums[k]) / c->rates[k];
}
#endif
