/* The two roofs of the roofline: how many multiply-adds, and how many bytes, one core does in a second. */
#include "benchmarks/limit_parts.h"

/* Chains that do not wait for each other: LIMIT_FMA_LANES of them, LIMIT_FMA_CHAIN long. */
void LIMIT_FMA(double *restrict x)
{
    SIMD for (int32_t i = 0; i < LIMIT_FMA_LANES; i++) {
        double y = x[i];
        y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0);
        y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0);
        y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0);
        y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0), y = fused(y, 0.5, 1.0);
        x[i] = y;
    }
}

/* 24 bytes an element, as the STREAM benchmark counts them (McCalpin 1995). */
void LIMIT_TRIAD(int64_t n, double *restrict a, const double *restrict b, const double *restrict c)
{
    SIMD for (int64_t i = 0; i < n; i++) a[i] = fused(c[i], 3.0, b[i]);
}
