/*
 * bench_kernels [ISA]: every kernel of every instruction set (or of one) against its limit (limits.h), in one run, in turns.
 * Prints one JSON object: nanoseconds an element of both, and how much of the limit the kernel reaches (1: all of it).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/limits.h"
#include "benchmarks/timing.h"
#include "kernels/kernels.h"
#include "kernels/survival.h"
#include "model/model.h"

static limit_columns_t columns;

static kernel_curve_t curve_of(const limit_columns_t *c, int32_t kind)
{
    return (kernel_curve_t){.kind = kind, .pieces = LIMIT_PIECES, .a = c->a, .b = c->b, .c = c->c,
                            .starts = c->starts, .rates = c->rates, .sums = c->sums};
}

static kernel_weibull_t weibull_of(const limit_columns_t *c, double *threshold, int32_t clock)
{
    return (kernel_weibull_t){.shape = c->a, .inverse_shape = c->b, .log_scale = c->c, .factor = LIMIT_RATE, .threshold = threshold, .clock = clock};
}

/* ---- one call of each kernel ---- */

#define KERNEL(name, ...)                                               \
    static void run_##name(void *context)                               \
    {                                                                   \
        const kernels_t *k = context;                                   \
        limit_columns_t *c = &columns;                                  \
        __VA_ARGS__;                                                    \
    }

KERNEL(person_keys, k->person_keys(LIMIT_N, c->run_key, c->first_id, c->key))
KERNEL(uniforms, k->uniforms(LIMIT_N, c->key, c->purpose, 0, c->drawn))
KERNEL(exponentials, k->exponentials(LIMIT_N, c->key, c->purpose, 0, c->drawn))
KERNEL(exponentials_at, k->exponentials_at(LIMIT_N, c->key, c->purpose, c->occurrence, 0, c->drawn))
KERNEL(normal_quantiles, k->normal_quantiles(LIMIT_N, c->uniform, c->drawn))
KERNEL(choose, k->choose(LIMIT_N, c->cumulative, c->row, LIMIT_WIDTH, c->uniform, c->outcome))
KERNEL(add_levels, k->add_levels(LIMIT_N, c->level, 2, c->summed_row))
KERNEL(pick, k->pick(LIMIT_N, c->table, c->picked))
KERNEL(earlier_of_all, k->earlier_of_all(LIMIT_N, c->now, 7, c->due, c->next))
KERNEL(discounts, k->discounts(LIMIT_N, c->per_minute, c->now, c->factor))
KERNEL(count_both, c->sink[0] = k->count_both(LIMIT_N, c->level, 3, c->life, 1))
KERNEL(multiply, uint64_t low; k->multiply(LIMIT_N, c->coarse, c->row, &low, &c->sink[2]); c->sink[1] = (int64_t)low)
KERNEL(add_line, kernel_moments_t sums; k->add_line(LIMIT_N, c->amount, c->shift, c->total, &sums); c->sink[0] = sums.sum)
KERNEL(coarsen, kernel_moments_t sums; k->coarsen(LIMIT_N, c->amount, c->shift, c->coarse, &sums); c->sink[0] = sums.sum)

KERNEL(aim_entered_weibull, kernel_curve_t curve = curve_of(c, CURVE_WEIBULL);
       k->aim_entered(LIMIT_N, &curve, c->now, c->ratio, c->integral, c->threshold, c->earliest, c->due))
KERNEL(integrate_weibull, kernel_curve_t curve = curve_of(c, CURVE_WEIBULL); k->integrate(LIMIT_N, &curve, c->now, c->earliest, c->integral))
/* Two clocks of one curve. */
KERNEL(race_weibulls, kernel_weibull_t w[2] = {weibull_of(c, c->threshold, 0), weibull_of(c, c->burned, 1)};
       c->sink[0] = k->race_weibulls(LIMIT_N, 2, w, c->row, c->now, c->now, c->due, c->next))
KERNEL(burn_weibulls, kernel_weibull_t w[2] = {weibull_of(c, c->threshold, 0), weibull_of(c, c->burned, 1)};
       k->burn_weibulls(LIMIT_N, 2, w, c->row, c->now, c->earliest))
KERNEL(count_again, c->sink[0] = k->count_again(LIMIT_N, c->outcome))
KERNEL(mark_late, k->mark_late(LIMIT_N, 5, c->now, c->due, c->next))
KERNEL(choose_winners, c->n_chosen = k->choose_winners(LIMIT_N, c->occurrence, 1, c->now, INT32_MAX, c->is_chosen, c->index))
KERNEL(compact_ints, k->compact_ints(LIMIT_N, c->is_chosen, c->index, c->n_chosen, c->now, c->chosen_ints))
KERNEL(compact_words, k->compact_words(LIMIT_N, c->is_chosen, c->index, c->n_chosen, c->key, c->chosen_words))
KERNEL(compact_doubles, k->compact_doubles(LIMIT_N, c->is_chosen, c->index, c->n_chosen, c->threshold, c->chosen_doubles))
KERNEL(change_rates, c->sink[0] = k->change_rates(LIMIT_N, c->person, c->next_rate, c->until, LIMIT_SCALE, c->rate, c->from, c->flowed))
KERNEL(switch_off, kernel_fit_t fit;
       k->switch_off(LIMIT_N, c->person, c->until, LIMIT_RATE, LIMIT_SCALE, LIMIT_BITS, c->from, c->flowed, c->total, &fit))
KERNEL(switch_on, k->switch_on(LIMIT_N, c->person, c->until, c->from))
KERNEL(switch_post, kernel_fit_t fit;
       k->switch_post(LIMIT_N, c->from, c->until, LIMIT_RATE, LIMIT_SCALE, LIMIT_BITS, c->flowed, c->total, &fit))
KERNEL(take_since, k->take_since(LIMIT_N, c->person, c->until, c->from, c->since))
KERNEL(post_stay, kernel_fit_t fit;
       k->post_stay(LIMIT_N, c->person, c->from, c->until, LIMIT_RATE, LIMIT_SCALE, LIMIT_BITS, c->total, &fit))
KERNEL(close_stays, kernel_fit_t fit;
       k->close_stays(LIMIT_N, c->level, c->level_rates, c->from, c->until, LIMIT_SCALE, LIMIT_BITS, c->total, &fit))
KERNEL(post_lump, kernel_fit_t fit;
       k->post_lump(LIMIT_N, c->person, LIMIT_RATE, c->factor, LIMIT_BITS, c->flowed, c->total, &fit))
KERNEL(post, kernel_fit_t fit; k->post(LIMIT_N, c->person, c->factor, LIMIT_BITS, c->total, &fit))
KERNEL(post_flow, kernel_fit_t fit;
       k->post_flow(LIMIT_N, c->rate, c->from, c->until, LIMIT_SCALE, LIMIT_BITS, c->flowed, c->total, &fit))
KERNEL(count_up, c->sink[0] = k->count_up(LIMIT_N, c->person, c->count))

/* Two slots, 16 rows. */
#define INPUTS                                                                                                                        \
    const kernel_field_t fields[] = {{.word = c->packed, .mask = 3, .stride = 1}, {.word = c->packed, .shift = 4, .mask = 3, .stride = 4}}; \
    const kernel_inputs_t inputs = {.n_fields = 2, .n_rows = 16, .fields = fields, .of_row = c->table, .most = INT32_MAX}
#define CHANGES(list) {.person = c->changed[3 * (list)], .was = c->changed[3 * (list) + 1], .is = c->changed[3 * (list) + 2]}
KERNEL(pack_levels, k->pack_levels(LIMIT_N, c->level, 4, c->packed))
KERNEL(find_situations, INPUTS; k->find_situations(LIMIT_N, c->person, &inputs, c->situation))
KERNEL(find_changes, INPUTS; kernel_changes_t stop = CHANGES(0), start = CHANGES(1), go_on = CHANGES(2);
       k->find_changes(LIMIT_N, c->person, &inputs, NULL, c->clocks, &stop, &start, &go_on); c->sink[0] = stop.n + start.n + go_on.n)
KERNEL(take_clocks, k->take_clocks(LIMIT_N, c->person, c->clocks, c->burned, c->drawn, c->picked, c->outcome))
KERNEL(put_clocks, k->put_clocks(LIMIT_N, c->person, c->threshold, c->integral, c->situation, c->earliest, c->now, c->clocks))
KERNEL(take_ints, k->take_ints(LIMIT_N, c->person, c->now, c->picked))
KERNEL(take_words, k->take_words(LIMIT_N, c->person, c->key, c->chosen_words))
KERNEL(take_doubles, k->take_doubles(LIMIT_N, c->person, c->ratio, c->drawn))
KERNEL(put_ints, k->put_ints(LIMIT_N, c->person, c->now, c->due))
KERNEL(put_at, k->put_at(LIMIT_N, c->person, c->person, c->now, c->due))
KERNEL(look_up, k->look_up(LIMIT_N, c->picked, 8, c->numbers, c->drawn))
KERNEL(take_group, c->sink[0] = k->take_group(LIMIT_N, c->occurrence, 1, c->person, c->chosen_ints))
KERNEL(join_planes, k->join_planes(LIMIT_N, c->level, c->life, c->is_chosen, c->level, c->packed))
KERNEL(goes_back, c->sink[0] = k->goes_back(LIMIT_N - 1, c->now + 1, c->now, c->life + 1, INT32_MAX))
/* A byte is an element. */
KERNEL(read_planes, kernel_plane_t planes[KERNEL_PLANES];
       for (int p = 0; p < KERNEL_PLANES; p++) planes[p] = (kernel_plane_t){.at = (const uint8_t *)c->key + p * 2048, .to = c->bytes[p]};
       k->read_planes(LIMIT_N / KERNEL_PLANES / KERNEL_LOOKUPS, (const uint32_t(*)[1 << KERNEL_LOOKUP_BITS])c->tables, planes))
KERNEL(keep_at_level, c->sink[0] = k->keep_at_level(LIMIT_N, c->person, c->life, 1, c->chosen_ints))

#define CURVE(name, kind)                                                                                              \
    KERNEL(burn_##name, kernel_curve_t curve = curve_of(c, kind);                                                      \
           k->burn(LIMIT_N, &curve, c->now, c->origin, c->ratio, c->integral, c->burned))                              \
    KERNEL(aim_##name, kernel_curve_t curve = curve_of(c, kind);                                                       \
           k->aim(LIMIT_N, &curve, c->now, c->origin, c->ratio, c->threshold, c->earliest, c->integral, c->due))
CURVE(exponential, CURVE_EXPONENTIAL)
CURVE(weibull, CURVE_WEIBULL)
CURVE(gompertz, CURVE_GOMPERTZ)
CURVE(piecewise, CURVE_PIECEWISE)

static const struct {
    const char *name;
    void (*run)(void *kernels);
    size_t limit;               /* offset in limits_t */
} subjects[] = {
#define X(name) {#name, run_##name, offsetof(limits_t, name)},
    LIMIT_KERNELS(X)
#undef X
};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

/* Entries of kernels_t; burn and aim are measured once for each of four curves. */
enum { N_KERNELS = (sizeof(kernels_t) - offsetof(kernels_t, person_keys)) / sizeof(void (*)(void)), N_MEASURED = N_SUBJECTS - 6 };

/* ---- columns that are worth computing on ---- */

static void fill(limit_columns_t *c, const char *name)
{
    memset(c, 0, sizeof *c);
    c->run_key = 42;
    c->purpose = 99;
    c->per_minute = 6e-8;
    c->shift = 14;
    for (int32_t k = 0; k < LIMIT_PIECES; k++) {
        c->starts[k] = k * 200000.0;
        c->rates[k] = 1e-7 * (k + 1);
        c->sums[k] = k ? c->sums[k - 1] + c->rates[k - 1] * 200000.0 : 0;
    }
    for (int32_t k = 0; k < 2 * LIMIT_WIDTH; k++) c->cumulative[k] = (k % LIMIT_WIDTH + 1.0) / LIMIT_WIDTH;
    for (int32_t k = 0; k < 4; k++) c->level_rates[k] = k;
    for (int32_t k = 0; k < 8; k++) c->numbers[k] = k;
    for (int32_t k = 0; k < 64; k++) c->table[k] = (k * 29 + 11) % 64;
    for (uint32_t i = 0; i < 1 << KERNEL_LOOKUP_BITS; i++)
        for (int p = 0; p < KERNEL_PLANES; p++) c->tables[p][i] = (i & 255) << 8 | 1 << 6 | 8;
    for (int32_t i = 0; i < LIMIT_N; i++) {
        c->key[i] = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
        c->uniform[i] = (i + 0.5) / LIMIT_N;
        c->origin[i] = i * 10.0;
        c->now[i] = i * 400 % 1500000 + 60000;
        c->earliest[i] = c->now[i] + 1;
        c->ratio[i] = 0.5 + i % 7 * 0.2;
        c->threshold[i] = c->burned[i] = 0.001 * (i % 3000) + 1e-9;
        c->amount[i] = (i % 3 - 1) * ((int64_t)i << 20) + 8191;
        c->occurrence[i] = i % 5;
        c->person[i] = i * 17 % LIMIT_N;
        c->due[i] = INT32_MAX;
        c->row[i] = i % 2 * LIMIT_WIDTH;
        c->picked[i] = strcmp(name, "look_up") == 0 ? i % 8 : i % 64;
        c->packed[i] = (uint32_t)(i % 4 + (i / 4 % 4 << 4));
        c->clocks[i] = (kernel_clock_t){.threshold = 1, .situation = c->table[i / 3 % 16]};
        c->level[i] = (uint8_t)(i % 4);
        c->life[i] = (uint8_t)(i / 8 % 2);
        c->factor[i] = 1.0 / (i + 1);
        c->rate[i] = i % 2;
        c->next_rate[i] = 1;
        c->from[i] = 0.5;
        c->until[i] = 0.25;
        c->is_chosen[i] = c->occurrence[i] == 1;
        c->index[c->n_chosen] = i;
        c->n_chosen += c->is_chosen[i];
    }
}

/* Parameters under which every family of curves is at home: a shape or a rate. */
static void choose_curve(limit_columns_t *c, const char *name)
{
    if (strstr(name, "weibull")) c->a = 1.3, c->b = 1 / 1.3, c->c = 14.0;
    else if (strstr(name, "gompertz")) c->a = 1.9e-7, c->b = 8e-3, c->c = 120;
    else c->a = 1e-7;
}

/* A limit as something to be timed. */
typedef struct {
    void (*run)(limit_columns_t *columns);
} limit_call_t;

static void run_limit(void *context) { ((const limit_call_t *)context)->run(&columns); }

static void measure(const kernels_t *kernels, const limits_t *limits, bool is_first)
{
    printf("%s\n    {\"isa\": \"%s\", \"kernels\": [", is_first ? "" : ",", kernels->isa);
    for (int s = 0; s < N_SUBJECTS; s++) {
        limit_call_t limit;
        fill(&columns, subjects[s].name);
        choose_curve(&columns, subjects[s].name);
        memcpy(&limit.run, (const char *)limits + subjects[s].limit, sizeof limit.run);
        timed_t timed[] = {{.run = subjects[s].run, .context = (void *)(uintptr_t)kernels},
                           {.run = run_limit, .context = &limit}};
        timing_compare(timed, 2, 5, 2e-3);
        printf("%s\n      {\"name\": \"%s\", \"ns_per_element\": %.4f, \"limit_ns_per_element\": %.4f, \"share_of_limit\": %.3f}",
               s ? "," : "", subjects[s].name, timed[0].best * 1e9 / LIMIT_N, timed[1].best * 1e9 / LIMIT_N,
               timed[1].best / timed[0].best);
    }
    printf("\n    ]}");
}

int main(int argc, char **argv)
{
    bool is_first = true;

    printf("{\"benchmark\": \"kernels\", \"elements\": %d, \"isas\": [", LIMIT_N);
    for (int i = 0; kernels_all[i]; i++) {
        if (!kernels_all[i]->is_supported() || (argc > 1 && strcmp(argv[1], kernels_all[i]->isa) != 0)) continue;
        measure(kernels_all[i], limits_all[i], is_first);
        is_first = false;
    }
    printf("\n  ]}\n");
    if ((int)N_KERNELS != (int)N_MEASURED)
        fprintf(stderr, "bench_kernels: kernels_t has %d kernels, %d are measured: add the others to LIMIT_KERNELS\n", (int)N_KERNELS,
                (int)N_MEASURED);
    return is_first ? EXIT_FAILURE : EXIT_SUCCESS;
}
