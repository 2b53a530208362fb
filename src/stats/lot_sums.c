/* Adds up lots, one after the other. Sums of a lot fit 64 bits, since a lot has at most 2^12 people and numbers have 32. */
#include "stats/lot_sums.h"

#include <string.h>

exact_sum_t lot_sums_product(int32_t lot_bits, size_t n, const int32_t *restrict x, const int32_t *restrict y)
{
    const size_t size = (size_t)1 << lot_bits;
    exact_sum_t sum = 0;

    for (size_t first = 0; first < n; first += size) {
        int64_t of_x = 0, of_y = 0;
        for (size_t i = first; i < first + size; i++) {
            of_x += x[i];
            of_y += y[i];
        }
        sum += (exact_sum_t)of_x * of_y;
    }
    return sum;
}

void lot_sums_levels(int32_t lot_bits, size_t n, const uint8_t *level, const uint8_t *life, int32_t n_levels, exact_sum_t *squares)
{
    const size_t size = (size_t)1 << lot_bits;
    int64_t count[256];

    for (size_t first = 0; first < n; first += size) {
        memset(count, 0, (size_t)n_levels * sizeof *count);     /* pairs are small: of 256, that would be most of the work */
        for (size_t i = first; i < first + size; i++) count[level[i]] += !life || life[i] == LIFE_ALIVE;
        for (int32_t l = 0; l < n_levels; l++) squares[l] += count[l] * count[l];
    }
}

void lot_sums_events(const model_t *model, size_t n, const trajectory_t *trajectory, int32_t *count, exact_sum_t *squares)
{
    const int32_t bits = model->settings.lot_bits, *person = trajectory->person;
    const size_t n_lots = n >> bits;

    memset(count, 0, (size_t)model->n_moments * n_lots * sizeof *count);
    for (size_t r = 0; r < trajectory->n_runs; person += trajectory->runs[r].count, r++) {
        int32_t *of_moment = count + (size_t)trajectory->runs[r].moment * n_lots;
        for (int32_t k = 0; k < trajectory->runs[r].count; k++) of_moment[person[k] >> bits]++;
    }
    for (int32_t m = 0; m < model->n_moments; m++)
        for (size_t l = 0; l < n_lots; l++) squares[m] += (int64_t)count[(size_t)m * n_lots + l] * count[(size_t)m * n_lots + l];
}
