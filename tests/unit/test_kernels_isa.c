/* Every instruction set gives the bits of `ref`, also where a vector's tail begins and at the edges of the arithmetic. */
#include "kernels/kernels.h"
#include "kernels/keyed.h"
#include "model/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { N = 1003 }; /* no multiple of any vector width */

extern const kernels_t kernels_ref;

static uint64_t key[N];
static double first[N], second[N], origin[N], ratio[N], threshold[N], integral[N];
static int32_t now[N], earliest[N], occurrence[N], due[N], column[N], person[N];

static void fill(void)
{
    for (int32_t i = 0; i < N; i++) {
        key[i] = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) + 7;
        occurrence[i] = i % 5;
        now[i] = i % 3 == 0 ? 0 : i * 997;
        earliest[i] = i % 2 ? now[i] + 1 : 0;
        origin[i] = i % 4 == 0 ? -i * 3000.25 : 0;
        ratio[i] = 0.001 + i * 0.01;
        threshold[i] = 1e-12 + (double)i * i * 1e-4;
        column[i] = (i * 7919) % 1000;
        person[i] = (i * 19) % N; /* nobody twice: 19 does not divide N */
    }
}

static const double pieces[] = {0, 43200, 525600, /* starts */ 2e-7, 0, 1e-6, /* rates */ 0, 0.00864, 0.00864 /* sums */};

/* H = 2e-7 x + 1e-13 x^2, then nothing, then a straight line; the way back is no exact inverse, which bits do not mind. */
static const double rows[] = {0, 43200, 525600, /* starts */
                               2e-7, 1e-13, 3e-20, 1e-26, 1e-33, 4.9e6, -1e7, 1e8, -1e9, 1e10, 0, 0, 0, 0, 0, 1e300, 0, 0, 0, 0,
                               1e-6, 0, 0, 0, 0, 1e6, 0, 0, 0, 0, /* rows */
                               0, 0.00883, 0.00883 /* sums */};

static const kernel_curve_t curves[] = {
    {.kind = CURVE_NEVER},
    {.kind = CURVE_EXPONENTIAL, .a = 1e-7},
    {.kind = CURVE_WEIBULL, .a = 1.3, .b = 1 / 1.3, .c = 13.5},
    {.kind = CURVE_WEIBULL, .a = 0.4, .b = 2.5, .c = 15},
    {.kind = CURVE_GOMPERTZ, .a = 1.9e-7, .b = 8e-3, .c = 120},
    {.kind = CURVE_GOMPERTZ, .a = -1.9e-7, .b = -8e-3, .c = -120},
    {.kind = CURVE_PIECEWISE, .pieces = 3, .starts = pieces, .rates = pieces + 3, .sums = pieces + 6},
    {.kind = CURVE_PIECEWISE, .pieces = 1, .starts = pieces, .rates = pieces + 3, .sums = pieces + 6},
    {.kind = CURVE_LOGLOGISTIC, .a = 1.3, .b = 1 / 1.3, .c = 13.5},
    {.kind = CURVE_LOGLOGISTIC, .a = 7, .b = 1 / 7.0, .c = 15},
    {.kind = CURVE_TABULATED, .pieces = 3, .starts = rows, .rates = rows + 3, .sums = rows + 33},
};

#define FOR_EACH_OTHER(k) \
    for (const kernels_t *const *k = kernels_all; *k; k++) \
        if ((*k)->is_supported() && *k != &kernels_ref)

static void expect_same(const void *a, const void *b, size_t bytes, const char *what, const char *isa)
{
    cr_assert(memcmp(a, b, bytes) == 0, "%s of %s differs from ref", what, isa);
}

/* Alone, in pairs, in lattices. */
static const int32_t LOT_BITS[] = {0, 1, 10};
enum { N_LOT_BITS = sizeof LOT_BITS / sizeof *LOT_BITS };

static void draws_are_the_same(const kernels_t *k, int32_t lot_bits)
{
    kernels_ref.uniforms(N, key, 99, lot_bits, first);
    k->uniforms(N, key, 99, lot_bits, second);
    expect_same(first, second, sizeof first, "uniforms", k->isa);
    kernels_ref.exponentials(N, key, 99, lot_bits, first);
    k->exponentials(N, key, 99, lot_bits, second);
    expect_same(first, second, sizeof first, "exponentials", k->isa);
    kernels_ref.exponentials_at(N, key, 99, occurrence, lot_bits, first);
    k->exponentials_at(N, key, 99, occurrence, lot_bits, second);
    expect_same(first, second, sizeof first, "exponentials_at", k->isa);
}

Test(kernels_isa, draws_have_the_bits_of_ref)
{
    uint64_t keys[N], other_keys[N];

    fill();
    kernels_ref.person_keys(N, 42, 1000, keys);
    FOR_EACH_OTHER(k)
    {
        (*k)->person_keys(N, 42, 1000, other_keys);
        expect_same(keys, other_keys, sizeof keys, "person_keys", (*k)->isa);
    }
    for (int32_t b = 0; b < N_LOT_BITS; b++)
        FOR_EACH_OTHER(k) draws_are_the_same(*k, LOT_BITS[b]);
}

Test(kernels_isa, who_leaves_is_the_same)
{
    static const double leaving[] = {0.1, 0, 0.9};
    int32_t row[N], who[N], leaver[N], other[N];

    fill();
    for (int32_t i = 0; i < N; i++) {
        row[i] = i % 3;
        who[i] = (i * 7) % N;
    }
    for (int32_t way = 0; way < 2 * N_LOT_BITS; way++) {
        const int32_t listed = way % 2, lot_bits = LOT_BITS[way / 2];
        int32_t n = kernels_ref.find_leavers(N, listed ? who : NULL, key, 7, 3, lot_bits, leaving, row, first, leaver);
        for (int32_t j = 0, k = 0; j < N; j++) {
            cr_assert_eq(first[j], rng_uniform_in_lot(key[listed ? who[j] : j], 7, 3, lot_bits));
            if (first[j] < leaving[row[j]]) cr_assert_eq(leaver[k++], j);
        }
        FOR_EACH_OTHER(k)
        {
            cr_assert_eq((*k)->find_leavers(N, listed ? who : NULL, key, 7, 3, lot_bits, leaving, row, second, other), n, "%s", (*k)->isa);
            expect_same(first, second, sizeof first, "uniforms of find_leavers", (*k)->isa);
            expect_same(leaver, other, (size_t)n * sizeof *leaver, "find_leavers", (*k)->isa);
        }
    }
}

Test(kernels_isa, quantiles_and_choices_have_the_bits_of_ref)
{
    /* two rows of five, then rows of two and of one; an outcome of probability 0 in the first */
    static const double cumulative[] = {0.1, 0.1, 0.4, 0.9, 1, 0.5, 0.6, 0.7, 0.8, 1, 0.25, 1, 1};
    static const int32_t start[] = {0, 10, 12}, width[] = {5, 2, 1};
    int32_t row[N], outcome[N], other[N];

    fill();
    kernels_ref.uniforms(N, key, 5, 0, threshold);
    threshold[0] = 0x1p-53, threshold[1] = 1 - 0x1p-53, threshold[2] = 0.5, threshold[3] = 0.075, threshold[4] = 1e-12, threshold[5] = 0.1;
    FOR_EACH_OTHER(k)
    {
        kernels_ref.normal_quantiles(N, threshold, first);
        (*k)->normal_quantiles(N, threshold, second);
        expect_same(first, second, sizeof first, "normal_quantiles", (*k)->isa);
        for (int w = 0; w < 3; w++) {
            for (int32_t i = 0; i < N; i++) row[i] = start[w] + (w == 0 ? 5 * (i % 2) : 0);
            kernels_ref.choose(N, cumulative, row, width[w], threshold, outcome);
            (*k)->choose(N, cumulative, row, width[w], threshold, other);
            expect_same(outcome, other, sizeof outcome, "choose", (*k)->isa);
        }
    }
}

/* The definition, one person at a time. */
Test(kernels_isa, choices_are_the_first_outcome_whose_cumulative_probability_is_above_the_uniform)
{
    double cumulative[37];
    int32_t row[N] = {0}, outcome[N];

    fill();
    kernels_ref.uniforms(N, key, 6, 0, first);
    for (int32_t width = 1; width <= 37; width++) {
        for (int32_t k = 0; k < width; k++) cumulative[k] = (k + 1.0) / width;
        first[0] = cumulative[width / 2] < 1 ? cumulative[width / 2] : 0.5; /* on the edge: it belongs to the next */
        kernels_ref.choose(N, cumulative, row, width, first, outcome);
        for (int32_t i = 0; i < N; i++) {
            int32_t k = 0;
            while (first[i] >= cumulative[k]) k++;
            cr_assert_eq(outcome[i], k, "width %d, u = %g", width, first[i]);
        }
    }
}

Test(kernels_isa, clocks_are_burned_and_aimed_with_the_bits_of_ref)
{
    double other_integral[N];
    int32_t other_due[N];

    fill();
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++)
        FOR_EACH_OTHER(k)
        {
            memset(integral, 0, sizeof integral);
            memcpy(first, threshold, sizeof first);
            memcpy(second, threshold, sizeof second);
            kernels_ref.burn(N, &curves[c], now, origin, ratio, integral, first);
            (*k)->burn(N, &curves[c], now, origin, ratio, integral, second);
            expect_same(first, second, sizeof first, "burn", (*k)->isa);
            kernels_ref.aim(N, &curves[c], now, origin, ratio, threshold, earliest, integral, due);
            (*k)->aim(N, &curves[c], now, origin, ratio, threshold, earliest, other_integral, other_due);
            expect_same(integral, other_integral, sizeof integral, "the integrals of aim", (*k)->isa);
            expect_same(due, other_due, sizeof due, "the minutes of aim", (*k)->isa);
            /* aimed again is burned, then aimed */
            memset(other_integral, 0, sizeof other_integral);
            memcpy(second, threshold, sizeof second);
            kernels_ref.aim(N, &curves[c], now, origin, ratio, first, earliest, integral, due);
            (*k)->aim_again(N, &curves[c], now, origin, ratio, ratio, earliest, other_integral, second, other_due);
            expect_same(first, second, sizeof first, "the thresholds of aim_again", (*k)->isa);
            expect_same(integral, other_integral, sizeof integral, "the integrals of aim_again", (*k)->isa);
            expect_same(due, other_due, sizeof due, "the minutes of aim_again", (*k)->isa);
        }
}

/* ---- clocks' records ---- */

static kernel_clock_t record_of(int32_t i)
{
    return (kernel_clock_t){.threshold = 1e-3 * i, .integral = 0.5 + i, .situation = i % 3, .earliest = i + 1, .started = i % 2 ? i : 0};
}

Test(kernels_isa, records_are_taken_and_put_back)
{
    static _Alignas(32) kernel_clock_t records[N], put[N];
    static int32_t started[N], situation[N];

    fill();
    for (int32_t i = 0; i < N; i++) records[i] = record_of(i);
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        memset(put, 0, sizeof put);
        (*k)->take_clocks(N, person, records, threshold, integral, earliest, started);
        for (int32_t j = 0; j < N; j++) {
            kernel_clock_t expected = record_of(person[j]);
            cr_assert(threshold[j] == expected.threshold && integral[j] == expected.integral && earliest[j] == expected.earliest
                      && started[j] == expected.started, "%s took another record for member %d", (*k)->isa, j);
            situation[j] = expected.situation;
        }
        (*k)->put_clocks(N, person, threshold, integral, situation, earliest, started, put);
        expect_same(records, put, sizeof put, "records put back", (*k)->isa);
    }
}

Test(kernels_isa, situations_are_found_in_packed_levels)
{
    static uint32_t word[2][N];
    static uint8_t level[3][N];
    static int32_t situation[N];
    static const int32_t of_row[24 + 32] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4};

    fill();
    for (int32_t i = 0; i < N; i++) level[0][i] = (uint8_t)(i % 4), level[1][i] = (uint8_t)(i % 3), level[2][i] = (uint8_t)(i / 5 % 2);
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        memset(word, 0, sizeof word);
        (*k)->pack_levels(N, level[0], 5, word[0]);
        (*k)->pack_levels(N, level[1], 30, word[0]);
        (*k)->pack_levels(N, level[2], 0, word[1]);
        const kernel_field_t fields[] = {{.word = word[0], .shift = 5, .mask = 3, .stride = 1},
                                         {.word = word[0], .shift = 30, .mask = 3, .stride = 4},
                                         {.word = word[1], .shift = 0, .mask = 1, .stride = 12}};
        const kernel_inputs_t inputs = {.n_fields = 3, .n_rows = 24, .fields = fields, .of_row = of_row, .most = INT32_MAX};
        const kernel_inputs_t no_inputs = {.n_rows = 1, .of_row = of_row, .fired = occurrence, .most = 3};
        (*k)->find_situations(N, person, &inputs, situation);
        for (int32_t j = 0; j < N; j++) {
            int32_t i = person[j];
            cr_assert_eq(situation[j], of_row[level[0][i] + 4 * level[1][i] + 12 * level[2][i]], "%s, person %d", (*k)->isa, i);
        }
        (*k)->find_situations(N, person, &no_inputs, situation);
        for (int32_t j = 0; j < N; j++)
            cr_assert_eq(situation[j], occurrence[person[j]] < 3 ? of_row[0] : 0, "%s, no levels, person %d", (*k)->isa, person[j]);
    }
}

/* Whom a change concerns, said one by one. */
static bool is_listed(int32_t list, const kernel_clock_t *record, int32_t is, bool has_restarted)
{
    bool ran = record->situation != 0, runs = is != 0;

    if (list == 0) return ran && !runs;
    if (list == 1) return !ran && runs;
    return ran && runs && (record->situation != is || has_restarted);
}

Test(kernels_isa, changes_are_sorted_by_what_they_do_to_the_clock)
{
    static _Alignas(32) kernel_clock_t records[N];
    static uint32_t word[N];
    static int32_t started[N], lists[3][3][N + 16];
    static const int32_t sizes[] = {9, 20, 40}; /* of tables, most rows of which nobody has */
    int32_t of_row[40 + 32] = {0, 1, 2};
    const kernel_field_t field = {.word = word, .mask = 63, .stride = 1};

    fill();
    for (int32_t i = 0; i < N; i++) records[i] = record_of(i), word[i] = (uint32_t)(i / 3 % 3), started[i] = i % 7 ? records[i].started : 1;
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        for (int32_t variant = 0; variant < 6; variant++) {
            bool with_start = variant % 2;
            const kernel_inputs_t inputs = {.n_fields = 1, .n_rows = sizes[variant / 2], .fields = &field, .of_row = of_row, .fired = occurrence,
                                            .most = variant == 5 ? 4 : INT32_MAX};
            kernel_changes_t changes[3];
            for (int32_t l = 0; l < 3; l++) changes[l] = (kernel_changes_t){0, lists[l][0], lists[l][1], lists[l][2]};
            (*k)->find_changes(N, person, &inputs, with_start ? started : NULL, records, &changes[0], &changes[1], &changes[2]);
            for (int32_t l = 0; l < 3; l++) {
                int32_t n = 0;
                for (int32_t j = 0; j < N; j++) {
                    const int32_t i = person[j], is = occurrence[i] < inputs.most ? (int32_t)word[i] : 0;
                    if (!is_listed(l, &records[i], is, with_start && records[i].started != started[i])) continue;
                    cr_assert_lt(n, changes[l].n, "%s left someone out", (*k)->isa);
                    cr_assert(changes[l].person[n] == i && changes[l].was[n] == records[i].situation && changes[l].is[n] == is,
                              "%s, list %d, place %d", (*k)->isa, l, n);
                    n++;
                }
                cr_assert_eq(changes[l].n, n, "%s listed too many", (*k)->isa);
            }
        }
    }
}

Test(kernels_isa, columns_are_taken_put_and_kept_by_person)
{
    static int32_t ints[N];
    static uint64_t words[N];
    static double doubles[N];
    static uint8_t level[N];

    fill();
    for (int32_t i = 0; i < N; i++) level[i] = (uint8_t)(i % 3);
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        (*k)->take_ints(N, person, column, ints);
        (*k)->take_words(N, person, key, words);
        (*k)->take_doubles(N, person, ratio, doubles);
        for (int32_t j = 0; j < N; j++)
            cr_assert(ints[j] == column[person[j]] && words[j] == key[person[j]] && doubles[j] == ratio[person[j]], "%s, member %d",
                      (*k)->isa, j);
        (*k)->put_at(N, person, person, ints, due);
        for (int32_t j = 0; j < N; j++) cr_assert_eq(due[person[person[j]]], ints[j], "%s put member %d elsewhere", (*k)->isa, j);
        int32_t kept[N + 16], n = 0, n_kept = (*k)->keep_at_level(N, person, level, 2, kept);
        for (int32_t j = 0; j < N; j++)
            if (level[person[j]] == 2) cr_assert_eq(kept[n++], person[j], "%s, member %d", (*k)->isa, j);
        cr_assert_eq(n_kept, n, "%s kept %d of %d", (*k)->isa, n_kept, n);
    }
}

Test(kernels_isa, the_earlier_clock_is_the_same)
{
    int32_t next[N], other_due[N], other_next[N];

    fill();
    FOR_EACH_OTHER(k)
    {
        for (int32_t i = 0; i < N; i++) {
            due[i] = other_due[i] = 500;
            next[i] = other_next[i] = 3;
        }
        kernels_ref.earlier_of_all(N, column, 9, due, next);
        (*k)->earlier_of_all(N, column, 9, other_due, other_next);
        expect_same(due, other_due, sizeof due, "the minutes of earlier", (*k)->isa);
        expect_same(next, other_next, sizeof next, "the clocks of earlier", (*k)->isa);
    }
}

Test(kernels_isa, discounts_have_the_bits_of_ref)
{
    const double rates[] = {0, 5.6e-8, 1e-3, 10}; /* per minute; the last is beyond what a double can hold */

    fill();
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        FOR_EACH_OTHER(k)
        {
            kernels_ref.discounts(N, rates[r], now, first);
            (*k)->discounts(N, rates[r], now, second);
            expect_same(first, second, sizeof first, "discounts", (*k)->isa);
        }
    cr_assert_eq(first[0], 1, "at entry nothing is discounted");
}

Test(kernels_isa, rows_of_tables_are_found_alike)
{
    uint8_t level[N];
    int32_t table[1024], row[N], other_row[N];

    for (int32_t i = 0; i < 1024; i++) table[i] = 1024 - i;
    FOR_EACH_OTHER(k)
    {
        for (int32_t i = 0; i < N; i++) {
            level[i] = (uint8_t)(i * 7 % 64);
            row[i] = other_row[i] = i % 10;
        }
        kernels_ref.add_levels(N, level, 10, row);
        (*k)->add_levels(N, level, 10, other_row);
        cr_assert_eq(row[13], 3 + 91 % 64 * 10); /* level 13 * 7 mod 64 = 27, stride 10 */
        kernels_ref.pick(N, table, row);
        (*k)->pick(N, table, other_row);
        expect_same(row, other_row, sizeof row, "the rows of pick", (*k)->isa);
    }
}

Test(kernels_isa, bills_are_added_up_alike)
{
    int64_t x[N], total[N], other_total[N];
    int32_t coarse[N], other_coarse[N];
    uint8_t level[N], life[N];

    for (int32_t i = 0; i < N; i++) {
        x[i] = (i % 3 - 1) * ((int64_t)i * i * i << 14) + i * 8191; /* both signs, halves included */
        level[i] = (uint8_t)(i % 5);
        life[i] = (uint8_t)(i % 2);
    }
    FOR_EACH_OTHER(k)
    {
        kernel_moments_t moments, other;
        uint64_t low, other_low;
        int64_t high, other_high;

        memset(total, 0, sizeof total);
        memset(other_total, 0, sizeof other_total);
        kernels_ref.add_line(N, x, 14, total, &moments);
        (*k)->add_line(N, x, 14, other_total, &other);
        expect_same(&moments, &other, sizeof moments, "the moments of add_line", (*k)->isa);
        expect_same(total, other_total, sizeof total, "the totals of add_line", (*k)->isa);
        kernels_ref.coarsen(N, x, 14, coarse, &moments);
        (*k)->coarsen(N, x, 14, other_coarse, &other);
        expect_same(&moments, &other, sizeof moments, "the moments of coarsen", (*k)->isa);
        expect_same(coarse, other_coarse, sizeof coarse, "the values of coarsen", (*k)->isa);
        kernels_ref.multiply(N, coarse, coarse, &low, &high);
        (*k)->multiply(N, coarse, coarse, &other_low, &other_high);
        cr_assert(low == other_low && high == other_high, "multiply of %s differs from ref", (*k)->isa);
        cr_assert_eq((*k)->count_both(N, level, 3, life, 1), 100); /* i = 3, 13, ..., 993 */
        cr_assert_eq(kernels_ref.count_both(N, level, 3, life, 1), 100);
    }
}

Test(kernels_isa, stays_are_posted_alike)
{
    int64_t cell[N], other_cell[N];
    double from[N], other_from[N], until[N];
    const double rates[] = {0, 2.5, -1e3};
    uint8_t level[N];
    kernel_fit_t fit, other_fit;

    fill();
    for (int32_t i = 0; i < N; i++) {
        from[i] = other_from[i] = 1 - i * 1e-4;
        until[i] = from[i] * 0.7;
        cell[i] = other_cell[i] = i - 500;
        level[i] = (uint8_t)(i % 3);
    }
    FOR_EACH_OTHER(k)
    {
        kernels_ref.take_since(N, person, until, from, first);
        (*k)->take_since(N, person, until, other_from, second);
        expect_same(first, second, sizeof first, "what take_since takes", (*k)->isa);
        expect_same(from, other_from, sizeof from, "what take_since leaves", (*k)->isa);
        kernels_ref.post_stay(N, person, first, until, 1.5, 1e4, 20, cell, &fit);
        (*k)->post_stay(N, person, first, until, 1.5, 1e4, 20, other_cell, &other_fit);
        expect_same(cell, other_cell, sizeof cell, "the cells of post_stay", (*k)->isa);
        expect_same(&fit, &other_fit, sizeof fit, "the fit of post_stay", (*k)->isa);
        kernels_ref.post_lump(N, person, 0.1, until, 20, first, cell, &fit);
        (*k)->post_lump(N, person, 0.1, until, 20, second, other_cell, &other_fit);
        expect_same(first, second, sizeof first, "the amounts of post_lump", (*k)->isa);
        expect_same(cell, other_cell, sizeof cell, "the cells of post_lump", (*k)->isa);
        expect_same(&fit, &other_fit, sizeof fit, "the fit of post_lump", (*k)->isa);
        kernels_ref.close_stays(N, level, rates, first, until, 1e4, 20, cell, &fit);
        (*k)->close_stays(N, level, rates, first, until, 1e4, 20, other_cell, &other_fit);
        expect_same(cell, other_cell, sizeof cell, "the cells of close_stays", (*k)->isa);
        expect_same(&fit, &other_fit, sizeof fit, "the fit of close_stays", (*k)->isa);
    }
    int64_t posted = 0;
    int32_t who = 0;
    double at_start = 1, at_end = 0.5;
    kernels_ref.post_stay(1, &who, &at_start, &at_end, 2, 16, 4, &posted, &fit);
    cr_assert_eq(posted, 256, "2 * 16 * (1 - 0.5) is 16, 256 steps of 1/16");
}

Test(kernels_isa, clocks_that_start_with_a_state_have_the_bits_of_ref_and_of_the_general_ones)
{
    int32_t entered[N], left[N], other_due[N], one_later[N];
    double origin_column[N], zero[N], inverse[N];

    fill();
    for (int32_t i = 0; i < N; i++) {
        entered[i] = i * 997;
        one_later[i] = entered[i] + 1;
        left[i] = entered[i] + i * 31;
        origin_column[i] = entered[i];
        inverse[i] = 1 / ratio[i];
        zero[i] = 0;
    }
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++)
        for (const kernels_t *const *k = kernels_all; *k; k++) {
            if (!(*k)->is_supported()) continue;
            kernels_ref.aim(N, &curves[c], entered, origin_column, ratio, threshold, one_later, integral, due);
            (*k)->aim_entered(N, &curves[c], entered, inverse, zero, threshold, one_later, other_due);
            expect_same(due, other_due, sizeof due, "aim_entered", (*k)->isa);
            kernels_ref.aim(N, &curves[c], left, origin_column, ratio, threshold, one_later, integral, due);
            (*k)->integrate(N, &curves[c], entered, left, first);
            expect_same(integral, first, sizeof first, "integrate", (*k)->isa);
        }
}

/* Three Weibull clocks of everybody: with ratios by row, aimed in the midst, and one that sometimes does not fire. */
static void race(const kernels_t *k, kernel_weibull_t clocks[3], double thresholds[3][N], const int32_t *row, const int32_t *entered,
                 int32_t *minute, int32_t *winner)
{
    static const double ratios[] = {0.5, 1.25, 2}, inverses[] = {2, 0.8, 0.5};

    clocks[0] = (kernel_weibull_t){.shape = 1.3, .inverse_shape = 1 / 1.3, .log_scale = 13.5, .factors = inverses, .clock = 2};
    clocks[1] = (kernel_weibull_t){.shape = 0.8, .inverse_shape = 1.25, .log_scale = 14, .factor = 1 / 1.5, .integral = integral, .clock = 5};
    clocks[2] = (kernel_weibull_t){.shape = 1, .inverse_shape = 1, .log_scale = 12, .factor = 1, .clock = 7};
    for (int32_t c = 0; c < 3; c++) {
        clocks[c].threshold = thresholds[c];
        for (int32_t i = 0; i < N; i++) thresholds[c][i] = 1e-12 + (double)((i * (7 + c) + 13 * c) % 1000) * 0.003;
    }
    for (int32_t i = 0; i < N; i += 3) thresholds[2][i] = INFINITY;
    k->race_weibulls(N, 3, clocks, row, entered, entered, minute, winner);
    clocks[0].factors = ratios;
    clocks[1].factor = 1.5;
}

Test(kernels_isa, weibull_clocks_race_and_burn_with_the_bits_of_ref_and_of_the_general_ones)
{
    static double thresholds[3][N], expected[3][N];
    kernel_weibull_t clocks[3];
    int32_t row[N], entered[N], minute[N], winner[N], expected_minute[N], expected_winner[N], one_later[N], n_clear = 0;
    double origin_column[N], ratio_column[N], zero[N] = {0};

    fill();
    for (int32_t i = 0; i < N; i++) {
        row[i] = i % 3;
        origin_column[i] = entered[i] = i * 997;
        one_later[i] = entered[i] + 1;
        integral[i] = i % 7 * 0.01;
    }
    race(&kernels_ref, clocks, thresholds, row, entered, expected_minute, expected_winner);
    for (int32_t c = 0; c < 3; c++) { /* one by one, from when they were entered: what the others do in logarithms */
        const kernel_curve_t curve = {.kind = CURVE_WEIBULL, .a = clocks[c].shape, .b = clocks[c].inverse_shape, .c = clocks[c].log_scale};
        for (int32_t i = 0; i < N; i++) {
            ratio_column[i] = clocks[c].factors ? clocks[c].factors[row[i]] : clocks[c].factor;
            second[i] = 1 / ratio_column[i];
        }
        kernels_ref.aim_entered(N, &curve, entered, second, clocks[c].integral ? integral : zero, thresholds[c], one_later, due);
        for (int32_t i = 0; i < N; i++) {
            if (expected_winner[i] == KERNEL_DOUBT || thresholds[c][i] > 1e300) continue;
            if (clocks[c].clock == expected_winner[i]) cr_assert_eq(due[i], expected_minute[i], "clock %d of %d", c, i);
            else cr_assert_gt(due[i], expected_minute[i], "clock %d of %d", c, i);
            n_clear++;
        }
        memcpy(expected[c], thresholds[c], sizeof expected[c]);
        kernels_ref.burn(N, &curve, expected_minute, origin_column, ratio_column, clocks[c].integral ? integral : zero, expected[c]);
    }
    cr_assert_gt(n_clear, 2 * N, "most races are clear: %d", n_clear);
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        race(*k, clocks, thresholds, row, entered, minute, winner);
        expect_same(expected_minute, minute, sizeof minute, "the minutes of race_weibulls", (*k)->isa);
        expect_same(expected_winner, winner, sizeof winner, "the winners of race_weibulls", (*k)->isa);
        (*k)->burn_weibulls(N, 3, clocks, row, entered, minute);
        expect_same(expected, thresholds, sizeof thresholds, "burn_weibulls", (*k)->isa);
    }
}

Test(kernels_isa, what_has_fired_is_counted_and_late_alike)
{
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        int32_t fired[N], last[N], late[N];
        if (!(*k)->is_supported()) continue;
        for (int32_t i = 0; i < N; i++) {
            fired[i] = i;
            now[i] = 100 + i % 2;
            last[i] = 100;
            late[i] = 8;
        }
        cr_assert_eq((*k)->count_again(N, fired), 502503, "the sum of 0 to 1002");
        (*k)->mark_late(N, 1, now, last, late);
        for (int32_t i = 0; i < N; i++) {
            cr_assert(fired[i] == i + 1 && last[i] == now[i], "person %d of %s", i, (*k)->isa);
            cr_assert_eq(late[i], i % 2 ? 1 : 9, "person %d of %s", i, (*k)->isa);
        }
    }
}

Test(kernels_isa, weibull_clocks_that_minutes_cannot_tell_apart_are_in_doubt)
{
    /* Exponential with mean 1000 minutes: due at minutes 500, 501.5 and 510 of a state entered at minute 0. */
    double thresholds[3] = {0.5, 0.5015, 0.51}, soon = 0.0005;
    int32_t row = 0, entered = 0, minute, winner;
    kernel_weibull_t clocks[3];

    for (int32_t c = 0; c < 3; c++)
        clocks[c] = (kernel_weibull_t){.shape = 1, .inverse_shape = 1, .log_scale = log(1000), .factor = 1, .clock = c, .threshold = &thresholds[c]};
    cr_assert(kernels_ref.race_weibulls(1, 2, clocks, &row, &entered, &entered, &minute, &winner));
    cr_assert_eq(winner, KERNEL_DOUBT);
    clocks[1] = clocks[2];
    cr_assert_not(kernels_ref.race_weibulls(1, 2, clocks, &row, &entered, &entered, &minute, &winner));
    cr_assert(winner == 0 && minute == 500);
    clocks[1].threshold = &soon; /* half a minute: sooner than it may fire */
    cr_assert(kernels_ref.race_weibulls(1, 2, clocks, &row, &entered, &entered, &minute, &winner));
}

Test(kernels_isa, a_later_clock_does_not_win_a_tie)
{
    int32_t minute = 500, clock = 3, same = 500;

    kernels_ref.earlier_of_all(1, &same, 8, &minute, &clock);
    cr_assert_eq(clock, 3);
}

/* ---- columns of files ---- */

Test(kernels_isa, numbers_are_joined_from_their_bytes)
{
    uint8_t plane[4][N];
    uint32_t number[N];

    for (int32_t i = 0; i < N; i++)
        for (int b = 0; b < 4; b++) plane[b][i] = (uint8_t)((uint32_t)i * 2654435761u >> 8 * b);
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        (*k)->join_planes(N, plane[0], plane[1], plane[2], plane[3], number);
        for (int32_t i = 0; i < N; i++) cr_assert_eq(number[i], (uint32_t)i * 2654435761u, "%s, %d", (*k)->isa, i);
    }
}

Test(kernels_isa, minutes_that_go_back_are_seen_wherever_they_are)
{
    int32_t minute[N + 1];
    uint8_t is_first[N + 1];

    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        for (int32_t i = 0; i <= N; i++) {
            minute[i] = i / 3; /* equal ones are in order */
            is_first[i] = 0;
        }
        cr_assert_not((*k)->goes_back(N, minute + 1, minute, is_first + 1, 1000), "%s", (*k)->isa);
        cr_assert((*k)->goes_back(N, minute + 1, minute, is_first + 1, N / 3), "%s: the horizon is half-open", (*k)->isa);
        for (int32_t i = 1; i <= N; i++) {
            const int32_t kept = minute[i];
            minute[i] = minute[i - 1] - 1;
            cr_assert((*k)->goes_back(N, minute + 1, minute, is_first + 1, 1000), "%s, %d", (*k)->isa, i);
            is_first[i] = 1;
            cr_assert_eq((*k)->goes_back(N, minute + 1, minute, is_first + 1, 1000), minute[i] < 0, "%s, %d", (*k)->isa, i);
            is_first[i] = 0;
            minute[i] = kept;
        }
    }
}

/* Codes of 2 bits for 0, of 4 for 1 to 12: two noughts and a number in one lookup; and none for the rest, where planes get stuck. */
Test(kernels_isa, planes_are_read_to_the_same_bit)
{
    static uint32_t tables[KERNEL_PLANES][1 << KERNEL_LOOKUP_BITS];
    static uint8_t stream[KERNEL_PLANES][4096], expected[KERNEL_PLANES][8192], found[KERNEL_PLANES][8192];
    kernel_plane_t planes[KERNEL_PLANES], first_planes[KERNEL_PLANES];
    uint64_t state = 7;

    for (uint32_t i = 0; i < 1 << KERNEL_LOOKUP_BITS; i++) {
        uint32_t n_bits = 0, n = 0, bytes = 0;
        for (; n < KERNEL_LOOKUP_BYTES && n_bits + 4 <= KERNEL_LOOKUP_BITS; n++) {
            const uint32_t next = i >> n_bits & 15, code = next & 3 ? next : 0;
            bytes |= code << 8 * n;
            n_bits += code ? 4 : 2;
        }
        for (int k = 0; k < KERNEL_PLANES; k++) tables[k][i] = k == 1 && i == 1000 ? 0 : bytes << 8 | n << 6 | n_bits;
    }
    for (int k = 0; k < KERNEL_PLANES; k++)
        for (int i = 0; i < 4096; i++) stream[k][i] = (uint8_t)rng_mix(state++);
    for (const kernels_t *const *k = kernels_all; *k; k++) {
        if (!(*k)->is_supported()) continue;
        memset(found, 0, sizeof found);
        for (int p = 0; p < KERNEL_PLANES; p++) planes[p] = (kernel_plane_t){.at = stream[p] + p, .bit = 2 * p, .to = found[p]};
        (*k)->read_planes(500, (const uint32_t(*)[1 << KERNEL_LOOKUP_BITS])tables, planes);
        if (k == kernels_all) {
            memcpy(expected, found, sizeof found);
            memcpy(first_planes, planes, sizeof planes);
            cr_assert_lt(planes[0].to - found[0], 500 * KERNEL_LOOKUPS * KERNEL_LOOKUP_BYTES);
            cr_assert_gt(planes[0].to - found[0], 100);
        }
        for (int p = 0; p < KERNEL_PLANES; p++) {
            cr_assert(planes[p].at == first_planes[p].at && planes[p].bit == first_planes[p].bit, "%s, plane %d", (*k)->isa, p);
            cr_assert(planes[p].to == first_planes[p].to && memcmp(found[p], expected[p], (size_t)(planes[p].to - found[p])) == 0,
                      "%s, plane %d", (*k)->isa, p);
        }
    }
    /* from the definition: bit by bit, lowest first */
    size_t bit = 0;
    for (uint8_t *at = expected[0]; at < expected[0] + (first_planes[0].to - found[0]); at++) {
        const uint32_t next = (uint32_t)(stream[0][bit / 8] | stream[0][bit / 8 + 1] << 8) >> bit % 8 & 15;
        cr_assert_eq(*at, next & 3 ? next : 0, "bit %zu", bit);
        bit += next & 3 ? 4 : 2;
    }
    cr_assert_eq(bit, 8 * (size_t)(first_planes[0].at - stream[0]) + (size_t)first_planes[0].bit);
}
