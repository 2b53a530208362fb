/* What is added up from bills, and what is derived from it, against direct computations on the same numbers. */
#include <criterion/criterion.h>
#include <string.h>

#include "stats/results.h"
#include "support/payoff_model.h"

enum { PEOPLE = 500, MOST_CELLS = 4, MOST_MOMENTS = 3 };

/* Where a part of the model stands, whatever order it was written in. */
typedef struct {
    model_t model;
    int32_t usual, testing, unrelated;  /* strategies; `unrelated` may be MODEL_NONE */
    int32_t cost, qaly;                 /* outcomes */
    int32_t drug, care, life;           /* cells */
    int32_t start, death;               /* moments */
} study_t;

typedef struct {
    bool is_reversed;                   /* strategies, outcomes, cells and moments in the other order */
    bool has_unrelated;                 /* a third strategy */
    bool has_unused;                    /* a cell and a moment that never happen, and a helper slot */
} variant_t;

static study_t study(variant_t v)
{
    study_t s = {.model = payoff_model(1000), .unrelated = MODEL_NONE};
    model_t *m = &s.model;

    if (v.is_reversed) {
        if (v.has_unrelated) s.unrelated = add_strategy(m, "unrelated");
        s.testing = add_strategy(m, "testing");
        s.usual = add_strategy(m, "usual care");
        s.qaly = add_outcome(m, "qaly", 0, 0, 1, 30);
        s.cost = add_outcome(m, "cost", 0, 0, 1, 20);
        s.care = add_cell(m, s.cost, "care");
        s.drug = add_cell(m, s.cost, "drug");
        s.death = add_moment(m, "death", LIFE, LIFE_DEAD);
        s.start = add_moment(m, "start", DRUG, STANDARD);
    } else {
        s.usual = add_strategy(m, "usual care");
        s.testing = add_strategy(m, "testing");
        if (v.has_unrelated) s.unrelated = add_strategy(m, "unrelated");
        s.cost = add_outcome(m, "cost", 0, 0, 1, 20);
        s.qaly = add_outcome(m, "qaly", 0, 0, 1, 30);
        s.drug = add_cell(m, s.cost, "drug");
        s.care = add_cell(m, s.cost, "care");
        s.start = add_moment(m, "start", DRUG, STANDARD);
        s.death = add_moment(m, "death", LIFE, LIFE_DEAD);
    }
    if (v.has_unused) {
        add_cell(m, s.cost, "never charged");
        add_moment(m, "never happens", MODEL_NONE, 0);
        add_slot(m, "a helper", SLOT_OBSERVATION, (const char *const[]){"unknown", "known"}, 2);
        m->slots[m->n_slots - 1].is_reported = 0;
    }
    s.life = add_cell(m, s.qaly, "life");
    m->settings.cost = s.cost;
    m->settings.qaly = s.qaly;
    return s;
}

/* A person's amounts under a strategy: correlated between strategies, as with the same luck. */
static double drug_cost(const char *strategy, int i) { return i % 7 * 100 + (*strategy == 't' ? i % 5 * 30 + 0.0625 : 0); }
static double care_cost(const char *strategy, int i) { return i % 11 * 1000.5 - (*strategy == 't' ? i % 3 * 500 : 0); }
static double life_qaly(const char *strategy, int i) { return 5 + i % 13 * 0.5 + (*strategy == 't' ? i % 5 * 0.03125 - i % 3 * 0.015625 : 0); }
static bool is_dead(const char *strategy, int i) { return i % 10 == 0 && (*strategy != 't' || i % 20 == 0); }
static int starts(const char *strategy, int i) { return *strategy == 't' ? i % 4 : i % 2; }
static uint8_t final_drug(const char *strategy, int i) { return starts(strategy, i) ? STANDARD : NONE; }

typedef struct {
    int64_t cell[MOST_CELLS][PEOPLE];
    const int64_t *cells[MOST_CELLS];
    uint8_t life[PEOPLE], drug[PEOPLE];
    const uint8_t *states[2];
    int32_t end[PEOPLE];
    int64_t events[MOST_MOMENTS], squared[MOST_MOMENTS];
    uint8_t carrier[PEOPLE];
    const uint8_t *levels[1];
} columns_t;

/* Bills people first .. first + n - 1. */
static void add_block(const study_t *s, tally_t *tally, int first, int n)
{
    static columns_t c;
    cohort_view_t people = {.n = (size_t)n, .first_id = (uint64_t)first, .level = c.levels};
    const ledger_bill_t bill = {.n = (size_t)n, .cell = c.cells, .state = c.states, .end = c.end, .events = c.events,
                                .events_squared = c.squared};

    c.levels[0] = c.carrier;
    c.states[0] = c.life;
    c.states[1] = c.drug;
    for (int k = 0; k < MOST_CELLS; k++) c.cells[k] = c.cell[k];
    for (int i = 0; i < n; i++) c.carrier[i] = (first + i) % 5 == 0;
    for (int32_t strategy = 0; strategy < s->model.n_strategies; strategy++) {
        const char *name = model_text(&s->model, s->model.strategies[strategy].name);
        memset(c.cell, 0, sizeof c.cell);
        memset(c.events, 0, sizeof c.events);
        memset(c.squared, 0, sizeof c.squared);
        for (int i = 0; i < n; i++) {
            c.cell[s->drug][i] = (int64_t)ldexp(drug_cost(name, first + i), 20);
            c.cell[s->care][i] = (int64_t)ldexp(care_cost(name, first + i), 20);
            c.cell[s->life][i] = (int64_t)ldexp(life_qaly(name, first + i), 30);
            c.life[i] = is_dead(name, first + i);
            c.drug[i] = final_drug(name, first + i);
            c.events[s->death] += c.life[i];
            c.squared[s->death] += c.life[i];
            c.events[s->start] += starts(name, first + i);
            c.squared[s->start] += starts(name, first + i) * starts(name, first + i);
        }
        cr_assert_eq(tally_add(tally, strategy, &people, &bill), POPGX_OK, "%s", popgx_err_detail());
    }
    tally_close(tally, &people);
}

static tally_t new_tally(const study_t *s)
{
    tally_t tally;
    cr_assert_eq(tally_init(&tally, &s->model, PEOPLE), POPGX_OK);
    return tally;
}

static tally_t whole(const study_t *s)
{
    tally_t tally = new_tally(s);
    add_block(s, &tally, 0, PEOPLE);
    return tally;
}

/* ---- direct computations ---- */

typedef double column_t[PEOPLE];

static estimate_t direct(const column_t x)
{
    double mean = 0, square = 0;
    for (int i = 0; i < PEOPLE; i++) mean += x[i] / PEOPLE;
    for (int i = 0; i < PEOPLE; i++) square += (x[i] - mean) * (x[i] - mean);
    return (estimate_t){mean, sqrt(square / (PEOPLE - 1) / PEOPLE)};
}

static double total_cost(const char *strategy, int i) { return drug_cost(strategy, i) + care_cost(strategy, i); }

#define EXPECT_ESTIMATE(estimate, direct_column)                                                               \
    do {                                                                                                       \
        estimate_t is = (estimate), should_be = direct(direct_column);                                         \
        cr_expect_float_eq(is.mean, should_be.mean, 1e-9 * (1 + fabs(should_be.mean)), "mean %.15g, directly %.15g", is.mean, should_be.mean); \
        cr_expect_float_eq(is.se, should_be.se, 1e-7 * (1 + should_be.se), "se %.15g, directly %.15g", is.se, should_be.se); \
    } while (0)

Test(stats_tally, means_and_standard_errors_are_those_of_the_people)
{
    study_t s = study((variant_t){0});
    tally_t tally = whole(&s);
    column_t cost, care, qaly, dead, started, treated, carrier;

    for (int i = 0; i < PEOPLE; i++) {
        cost[i] = total_cost("testing", i);
        care[i] = care_cost("testing", i);
        qaly[i] = life_qaly("testing", i);
        dead[i] = is_dead("testing", i);
        started[i] = starts("testing", i);
        treated[i] = !is_dead("testing", i) && final_drug("testing", i) == STANDARD;
        carrier[i] = i % 5 == 0;
    }
    EXPECT_ESTIMATE(results_outcome(&tally, s.testing, s.cost), cost);
    EXPECT_ESTIMATE(results_outcome(&tally, s.testing, s.qaly), qaly);
    EXPECT_ESTIMATE(results_cell(&tally, s.testing, s.care), care);
    EXPECT_ESTIMATE(results_events(&tally, s.testing, s.start), started);
    EXPECT_ESTIMATE(results_events(&tally, s.testing, s.death), dead);
    EXPECT_ESTIMATE(results_occupancy(&tally, s.testing, LIFE, LIFE_DEAD), dead);
    EXPECT_ESTIMATE(results_occupancy(&tally, s.testing, DRUG, STANDARD), treated);
    EXPECT_ESTIMATE(results_share(&tally, CARRIER, 1), carrier);
    cr_expect_float_eq(results_sd(&tally, s.testing, s.cost), direct(cost).se * sqrt(PEOPLE), 1e-4);
    tally_release(&tally);
    model_release(&s.model);
}

Test(stats_tally, the_dead_occupy_no_state_but_dead)
{
    study_t s = study((variant_t){0});
    tally_t tally = whole(&s);
    double drugs = 0;
    for (int32_t l = NONE; l <= ALTERNATE; l++) drugs += results_occupancy(&tally, s.usual, DRUG, l).mean;
    cr_expect_float_eq(drugs, 0.9, 1e-12); /* every tenth is dead */
    cr_expect_float_eq(results_occupancy(&tally, s.usual, LIFE, LIFE_ALIVE).mean, 0.9, 1e-12);
    tally_release(&tally);
    model_release(&s.model);
}

Test(stats_tally, comparisons_are_paired_person_by_person)
{
    study_t s = study((variant_t){.is_reversed = true});
    tally_t tally = whole(&s);
    column_t cost, qaly, nmb;
    double covariance = 0;

    for (int i = 0; i < PEOPLE; i++) {
        cost[i] = total_cost("testing", i) - total_cost("usual care", i);
        qaly[i] = life_qaly("testing", i) - life_qaly("usual care", i);
        nmb[i] = 20000 * qaly[i] - cost[i];
    }
    estimate_t c = direct(cost), q = direct(qaly);
    for (int i = 0; i < PEOPLE; i++) covariance += (cost[i] - c.mean) * (qaly[i] - q.mean) / (PEOPLE - 1);
    EXPECT_ESTIMATE(results_difference(&tally, s.testing, s.usual, s.cost), cost);
    EXPECT_ESTIMATE(results_difference(&tally, s.testing, s.usual, s.qaly), qaly);
    EXPECT_ESTIMATE(results_nmb_difference(&tally, s.testing, s.usual, 20000), nmb);
    comparison_t comparison = results_comparison(&tally, s.testing, s.usual);
    cr_expect_float_eq(comparison.cov_cost_qaly, covariance, 1e-6);
    cr_expect_float_eq(comparison.icer, c.mean / q.mean, 1e-6 * fabs(c.mean / q.mean));

    /* The delta method is the standard error of (cost - icer * qaly) / mean qaly. */
    column_t linear;
    for (int i = 0; i < PEOPLE; i++) linear[i] = (cost[i] - c.mean / q.mean * qaly[i]) / q.mean;
    cr_expect_float_eq(comparison.icer_se, direct(linear).se, 1e-6 * direct(linear).se);

    estimate_t there = results_nmb_difference(&tally, s.testing, s.usual, 5000), back = results_nmb_difference(&tally, s.usual, s.testing, 5000);
    cr_expect_float_eq(there.mean, -back.mean, 1e-9);
    cr_expect_float_eq(there.se, back.se, 1e-9);
    tally_release(&tally);
    model_release(&s.model);
}

Test(stats_tally, a_strategy_does_not_differ_from_itself)
{
    study_t s = study((variant_t){0});
    tally_t tally = whole(&s);
    estimate_t none = results_nmb_difference(&tally, s.usual, s.usual, 50000);
    cr_expect_eq(none.mean, 0);
    cr_expect_eq(none.se, 0);
    cr_expect(isnan(results_comparison(&tally, s.usual, s.usual).icer));
    tally_release(&tally);
    model_release(&s.model);
}

Test(stats_tally, blocks_merge_in_any_order_and_size_to_the_same_sums)
{
    study_t s = study((variant_t){0});
    tally_t once = whole(&s), a = new_tally(&s), b = new_tally(&s), merged = new_tally(&s);

    add_block(&s, &a, 400, 100);
    add_block(&s, &b, 0, 1);
    add_block(&s, &a, 1, 136);
    add_block(&s, &b, 137, 263);
    tally_merge(&merged, &b);
    tally_merge(&merged, &a);
    cr_expect_arr_eq(merged.sums, once.sums, (size_t)once.layout.n_sums * sizeof *once.sums);
    cr_expect_eq((int64_t)once.sums[once.layout.people], PEOPLE);
    tally_release(&once);
    tally_release(&a);
    tally_release(&b);
    tally_release(&merged);
    model_release(&s.model);
}

/* ---- bills made by hand: three people to whom nothing but drug costs happened ---- */

typedef struct {
    int64_t drug[3], zero[3];
    const int64_t *cell[3];
    uint8_t level[3];
    const uint8_t *column[2];
    int64_t events[2];
    cohort_view_t people;
    ledger_bill_t bill;
} three_t;

static void three_people(three_t *t, const study_t *s, int64_t first, int64_t second, int64_t third)
{
    *t = (three_t){.drug = {first, second, third}};
    for (int c = 0; c < 3; c++) t->cell[c] = c == s->drug ? t->drug : t->zero;
    t->column[0] = t->column[1] = t->level;
    t->people = (cohort_view_t){.n = 3, .level = t->column};
    t->bill = (ledger_bill_t){.n = 3, .cell = t->cell, .state = t->column, .events = t->events, .events_squared = t->events};
}

static tally_t tally_three(const study_t *s, const three_t *t)
{
    tally_t tally = new_tally(s);
    for (int32_t strategy = 0; strategy < 2; strategy++) cr_assert_eq(tally_add(&tally, strategy, &t->people, &t->bill), POPGX_OK);
    tally_close(&tally, &t->people);
    return tally;
}

/* Halves of 64-bit integers are added apart: sums of large amounts of both signs must come out right. */
Test(stats_tally, large_amounts_of_both_signs_add_up_exactly)
{
    study_t s = study((variant_t){0});
    const int32_t bits = s.model.outcomes[s.cost].grid_bits, coarse_bits = s.model.outcomes[s.cost].coarse_bits;
    three_t t;
    int64_t expected = 0;

    three_people(&t, &s, (1ll << 40) - 1, -(1ll << 40) - 3, -5);
    tally_t tally = tally_three(&s, &t);
    cr_expect_eq((int64_t)tally.sums[tally.layout.cell + s.drug], -9);
    for (int i = 0; i < 3; i++) expected += exact_coarsen(t.drug[i], bits, coarse_bits) * exact_coarsen(t.drug[i], bits, coarse_bits);
    cr_expect_eq((int64_t)tally.sums[tally.layout.cell_squared + s.drug], expected);

    t.drug[1] = 1ll << 41; /* 2^31 steps of the coarse grid: one more than fits */
    cr_expect_eq(tally_add(&tally, s.testing, &t.people, &t.bill), POPGX_E_RANGE);
    cr_expect_neq(strstr(popgx_err_detail(), "person 1 under testing: the total of cost drug is 2.09715e+06"), NULL, "%s", popgx_err_detail());
    t.drug[1] = -t.drug[1]; /* -2^31 fits */
    cr_expect_eq(tally_add(&tally, s.testing, &t.people, &t.bill), POPGX_OK);
    tally_release(&tally);
    model_release(&s.model);
}

/* 192.23 is off the coarse grid of 2^-6, by a third of a step: rounding is no variance. */
Test(stats_tally, what_costs_the_same_for_everybody_has_no_standard_error)
{
    study_t s = study((variant_t){0});
    const int64_t price = exact_round(192.23, s.model.outcomes[s.cost].grid_bits);
    three_t t;

    three_people(&t, &s, price, price, price);
    tally_t tally = tally_three(&s, &t);
    cr_expect_float_eq(results_outcome(&tally, s.usual, s.cost).mean, 192.23, 1e-6);
    cr_expect_eq(results_outcome(&tally, s.usual, s.cost).se, 0);
    cr_expect_eq(results_cell(&tally, s.usual, s.drug).se, 0);
    cr_expect_eq(results_difference(&tally, s.testing, s.usual, s.cost).se, 0);
    tally_release(&tally);
    model_release(&s.model);
}

/* ---- checksums ---- */

typedef struct {
    char all[33], usual[33], testing[33];
} checksums_t;

static checksums_t checksums(variant_t v)
{
    study_t s = study(v);
    tally_t tally = whole(&s);
    checksums_t c;

    tally_checksum(&tally, c.all);
    tally_strategy_checksum(&tally, s.usual, c.usual);
    tally_strategy_checksum(&tally, s.testing, c.testing);
    tally_release(&tally);
    model_release(&s.model);
    return c;
}

Test(stats_tally, a_checksum_is_32_hexadecimal_digits)
{
    checksums_t c = checksums((variant_t){0});
    cr_expect_eq(strspn(c.all, "0123456789abcdef"), 32);
    cr_expect_eq(strlen(c.all), 32);
    cr_expect_str_neq(c.usual, c.testing);
}

Test(stats_tally, the_order_in_the_model_file_changes_no_checksum)
{
    checksums_t one = checksums((variant_t){0}), other = checksums((variant_t){.is_reversed = true});
    cr_expect_str_eq(one.all, other.all);
    cr_expect_str_eq(one.usual, other.usual);
    cr_expect_str_eq(one.testing, other.testing);
}

Test(stats_tally, another_strategy_leaves_the_checksums_of_the_others)
{
    checksums_t without = checksums((variant_t){0}), with = checksums((variant_t){.has_unrelated = true, .is_reversed = true});
    cr_expect_str_neq(with.all, without.all);
    cr_expect_str_eq(with.usual, without.usual);
    cr_expect_str_eq(with.testing, without.testing);
}

Test(stats_tally, what_never_happens_changes_no_checksum)
{
    checksums_t without = checksums((variant_t){0}), with = checksums((variant_t){.has_unused = true});
    cr_expect_str_eq(with.all, without.all);
    cr_expect_str_eq(with.usual, without.usual);
}

Test(stats_tally, one_step_of_the_grid_in_any_sum_changes_the_checksum)
{
    study_t s = study((variant_t){0});
    tally_t tally = whole(&s);
    char before[33], after[33];

    tally_checksum(&tally, before);
    for (int32_t i = 0; i < tally.layout.n_sums; i++) {
        if (tally.sums[i] == 0) continue;
        tally.sums[i]++;
        tally_checksum(&tally, after);
        tally.sums[i]--;
        cr_expect_str_neq(after, before, "sum %d", i);
    }
    tally_release(&tally);
    model_release(&s.model);
}
