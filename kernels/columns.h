/* Columns of files: from the byte planes in which they are stored to numbers, and what is looked at before they are used. */
#ifndef POPGX_KERNELS_COLUMNS_H
#define POPGX_KERNELS_COLUMNS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernels.h"

/* Sixteen numbers that live in registers: gcc would make vectors of them, and keep what was stored to store it once more behind the loop. */
#if defined(__GNUC__) && !defined(__clang__)
#define IN_REGISTERS __attribute__((optimize("no-tree-vectorize", "no-tree-slp-vectorize", "no-tree-loop-im")))
#else
#define IN_REGISTERS
#endif

/*
 * None of the planes waits for another, so a processor works at all of them at once. The bits that wait end in a 1 that is none of them: how far it
 * has been shifted says how many were taken (Giesen, "Reading bits in far too many ways"). `found` is shifted by as it is, since a shift looks at
 * its 6 lowest bits alone.
 */
IN_REGISTERS static void read_planes(size_t rounds, const uint32_t (*restrict tables)[1 << KERNEL_LOOKUP_BITS], kernel_plane_t *restrict planes)
{
    const uint64_t end_mark = (uint64_t)1 << 63;
    uint64_t waiting[KERNEL_PLANES];
    const uint8_t *at[KERNEL_PLANES];
    uint8_t *to[KERNEL_PLANES];
    bool is_stuck = false;

    for (int k = 0; k < KERNEL_PLANES; k++) {
        at[k] = planes[k].at;
        to[k] = planes[k].to;
        waiting[k] = end_mark >> planes[k].bit;
    }
    for (; rounds > 0 && !is_stuck; rounds--) {
#pragma GCC unroll 8
        for (int k = 0; k < KERNEL_PLANES; k++) {
            const int taken = __builtin_clzll(waiting[k]);
            uint64_t next;
            at[k] += taken >> 3;
            memcpy(&next, at[k], sizeof next);
            waiting[k] = (le64toh(next) | end_mark) >> (taken & 7);
        }
#pragma GCC unroll 8
        for (int i = 0; i < KERNEL_LOOKUPS; i++) {
#pragma GCC unroll 8
            for (int k = 0; k < KERNEL_PLANES; k++) {
                const uint32_t found = tables[k][waiting[k] & ((1 << KERNEL_LOOKUP_BITS) - 1)], bytes = htole32(found >> 8);
                waiting[k] >>= found & 63;
                memcpy(to[k], &bytes, sizeof bytes);
                to[k] += found >> 6 & 3;
                if (i == KERNEL_LOOKUPS - 1) is_stuck |= found == 0; /* once it is, it stays so */
            }
        }
    }
    for (int k = 0; k < KERNEL_PLANES; k++) {
        const int taken = __builtin_clzll(waiting[k]);
        planes[k] = (kernel_plane_t){.at = at[k] + (taken >> 3), .bit = taken & 7, .to = to[k]};
    }
}

static void join_planes(int32_t n, const uint8_t *restrict first, const uint8_t *restrict second, const uint8_t *restrict third,
                        const uint8_t *restrict fourth, uint32_t *restrict number)
{
    SIMD for (int32_t i = 0; i < n; i++)
        number[i] = first[i] | (uint32_t)second[i] << 8 | (uint32_t)third[i] << 16 | (uint32_t)fourth[i] << 24;
}

static bool goes_back(int32_t n, const int32_t *restrict minute, const int32_t *restrict before, const uint8_t *restrict is_first, int32_t horizon)
{
    uint32_t any = 0;

    _Pragma("omp simd reduction(| : any)") for (int32_t i = 0; i < n; i++)
    {
        const uint32_t is_outside = (uint32_t)minute[i] >= (uint32_t)horizon, is_back = minute[i] < before[i];
        any |= is_outside | (is_back & (is_first[i] ^ 1u));
    }
    return any;
}
#endif
