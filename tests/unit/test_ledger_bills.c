/* Bills worked out by hand: one person, one or two payoffs, and what each of them must come to. */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/ledger.h"
#include "support/payoff_model.h"

typedef struct {
    int32_t moment, minute;
} record_t;

enum { MOST_CELLS = 8 };

/* The bill of one person, in units of the outcome. */
typedef struct {
    double cell[MOST_CELLS];
    int64_t grid[MOST_CELLS];
    uint8_t drug;
} bill_t;

static trajectory_t life_of(const model_t *m, const record_t *records, size_t n, int32_t end)
{
    trajectory_t t;
    int32_t *person, *minute;

    trajectory_init(&t);
    cr_assert_eq(trajectory_reset(&t, 1, m->settings.horizon), POPGX_OK);
    for (size_t r = 0; r < n; r++) {
        trajectory_append(&t, records[r].moment, 1, &person, &minute);
        person[0] = 0;
        minute[0] = records[r].minute;
    }
    t.end[0] = end;
    return t;
}

/* Bills one carrier; the model is released. */
static bill_t bill(model_t *m, const record_t *records, size_t n, int32_t end)
{
    const uint8_t carrier = 1;
    const cohort_view_t people = {.n = 1, .first_id = 7, .level = (const uint8_t *const[]){&carrier}};
    trajectory_t t = life_of(m, records, n, end);
    ledger_t *ledger;
    ledger_bill_t b;
    bill_t out = {0};

    cr_assert_eq(ledger_new(m, 1, &ledger), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_eq(ledger_post(ledger, &people, &t, &b), POPGX_OK, "%s", popgx_err_detail());
    for (int32_t c = 0; c < m->n_cells; c++) {
        out.grid[c] = b.cell[c][0];
        out.cell[c] = ldexp((double)b.cell[c][0], -m->outcomes[m->cells[c].outcome].grid_bits);
    }
    out.drug = b.state[DRUG - 1][0];
    ledger_free(ledger);
    trajectory_release(&t);
    model_release(m);
    return out;
}

#define BILL(m, end, ...) bill(m, (const record_t[]){__VA_ARGS__}, sizeof((const record_t[]){__VA_ARGS__}) / sizeof(record_t), end)

/* Within one step of a grid of 2^-20. */
#define EXPECT_NEAR(actual, expected)                                                                   \
    do {                                                                                                \
        double is = (actual), should_be = (expected);                                                   \
        cr_expect_float_eq(is, should_be, 0x1p-20, "%.9g, expected %.9g", is, should_be);                \
    } while (0)

static const model_span_t always = {0, 0};
static const double a_year_at_3_percent = 0.029558802241544391 / YEAR; /* ln 1.03 */

Test(ledger_bills, a_life_of_ten_years_discounted_annually)
{
    model_t m = payoff_model(40 * (int32_t)YEAR);
    int32_t death = add_moment(&m, "death", LIFE, LIFE_DEAD);
    int32_t qaly = add_outcome(&m, "qaly", a_year_at_3_percent, a_year_at_3_percent, 1 / YEAR, 30);
    add_flow(&m, add_cell(&m, qaly, "life"), where(&m, LIFE, 1 << LIFE_ALIVE), constant(&m, 1));
    /* (1 - 1.03^-10) / ln 1.03 = 0.25590608510 / 0.02955880224 */
    EXPECT_NEAR(BILL(&m, 10 * (int32_t)YEAR, {death, 10 * (int32_t)YEAR}).cell[0], 8.6575255);
}

Test(ledger_bills, flows_and_lumps_have_discounts_of_their_own)
{
    model_t m = payoff_model(365 * DAY);
    int32_t visit = add_moment(&m, "visit", MODEL_NONE, 0);
    double per_day = pow(1.03, 1 / 365.0) - 1; /* 8.0986e-5, taken as a continuous rate */
    int32_t cost = add_outcome(&m, "cost", per_day / DAY, a_year_at_3_percent, 1, 20);
    add_flow(&m, add_cell(&m, cost, "drug"), always, constant(&m, 12.0 / DAY));
    add_lump(&m, add_cell(&m, cost, "visits"), visit, constant(&m, 1000));
    bill_t b = BILL(&m, 365 * DAY, {visit, 100 * DAY});
    EXPECT_NEAR(b.cell[0], 12 * (1 - exp(-365 * per_day)) / per_day);
    EXPECT_NEAR(b.cell[1], 1000 * pow(1.03, -100 / 365.25));
}

Test(ledger_bills, nothing_is_discounted_at_a_rate_of_zero)
{
    model_t m = payoff_model(50 * DAY);
    int32_t visit = add_moment(&m, "visit", MODEL_NONE, 0);
    int32_t cost = add_outcome(&m, "cost", 0, 0, 1, 20);
    add_flow(&m, add_cell(&m, cost, "drug"), always, constant(&m, 2.0 / DAY));
    add_lump(&m, add_cell(&m, cost, "visits"), visit, constant(&m, 30));
    bill_t b = BILL(&m, 50 * DAY, {visit, 7 * DAY}, {visit, 20 * DAY});
    EXPECT_NEAR(b.cell[0], 100);
    EXPECT_NEAR(b.cell[1], 60);
}

/* None for 10 days, standard for 20 days at 0.25, alternate for 20 days at 3. */
Test(ledger_bills, a_rate_follows_the_state)
{
    model_t m = payoff_model(365 * DAY);
    int32_t start = add_moment(&m, "start", DRUG, STANDARD), change = add_moment(&m, "change", DRUG, ALTERNATE);
    int32_t cost = add_outcome(&m, "cost", 0, 0, 1, 20);
    add_flow(&m, add_cell(&m, cost, "by state"), always, by_slot(&m, DRUG, (const double[]){0, 0.25 / DAY, 3.0 / DAY}));
    add_flow(&m, add_cell(&m, cost, "standard"), where(&m, DRUG, 1 << STANDARD), constant(&m, 1.0 / DAY));
    add_flow(&m, add_cell(&m, cost, "either"), where(&m, DRUG, 1 << STANDARD | 1 << ALTERNATE), constant(&m, 1.0 / DAY));
    add_flow(&m, add_cell(&m, cost, "carriers"), where(&m, CARRIER, 1 << 1), constant(&m, 1.0 / DAY));
    add_flow(&m, add_cell(&m, cost, "others"), where(&m, CARRIER, 1 << 0), constant(&m, 1.0 / DAY));
    add_flow(&m, add_cell(&m, cost, "the dead"), where(&m, LIFE, 1 << LIFE_DEAD), constant(&m, 1.0 / DAY));
    bill_t b = BILL(&m, 50 * DAY, {start, 10 * DAY}, {change, 30 * DAY});
    EXPECT_NEAR(b.cell[0], 0.25 * 20 + 3 * 20);
    EXPECT_NEAR(b.cell[1], 20);
    EXPECT_NEAR(b.cell[2], 40);
    EXPECT_NEAR(b.cell[3], 50);
    EXPECT_NEAR(b.cell[4], 0);
    EXPECT_NEAR(b.cell[5], 0);
    cr_expect_eq(b.drug, ALTERNATE);
}

Test(ledger_bills, amounts_are_looked_up_with_the_states_that_the_moment_leaves)
{
    model_t m = payoff_model(365 * DAY);
    int32_t start = add_moment(&m, "start", DRUG, STANDARD), change = add_moment(&m, "change", DRUG, ALTERNATE);
    int32_t cost = add_outcome(&m, "cost", 0, 0, 1, 20);
    int32_t first = add_cell(&m, cost, "first dose"), visit = add_cell(&m, cost, "visit");
    add_lump(&m, first, start, by_slot(&m, DRUG, (const double[]){1, 10, 100}));
    add_lump(&m, first, change, by_slot(&m, DRUG, (const double[]){1, 10, 100}));
    add_lump(&m, visit, change, by_slot(&m, CARRIER, (const double[]){3, 5}));
    bill_t b = BILL(&m, 50 * DAY, {start, 0}, {change, 3 * DAY});
    EXPECT_NEAR(b.cell[0], 110);
    EXPECT_NEAR(b.cell[1], 5);
}

Test(ledger_bills, a_flow_that_an_entry_rule_switches_off_posts_nothing)
{
    model_t m = payoff_model(365 * DAY);
    int32_t start = add_moment(&m, "start", DRUG, STANDARD);
    int32_t cost = add_outcome(&m, "cost", 0, 0, 1, 20);
    add_flow(&m, add_cell(&m, cost, "no drug"), where(&m, DRUG, 1 << NONE), constant(&m, 1));
    cr_expect_eq(BILL(&m, 50 * DAY, {start, 0}).grid[0], 0);
}

/* 1400 over 14 days from day 3; death at day 10; horizon at day 15. */
static bill_t spread_cost(bool is_paid_on)
{
    model_t m = payoff_model(15 * DAY);
    int32_t bypass = add_moment(&m, "bypass", MODEL_NONE, 0), death = add_moment(&m, "death", LIFE, LIFE_DEAD);
    int32_t cell = add_cell(&m, add_outcome(&m, "cost", 0, 0, 1, 20), "procedure");
    int32_t spell = add_spell(&m, cell, bypass, 14 * DAY, constant(&m, 100.0 / DAY));
    if (is_paid_on) set_paid_on(&m, spell);
    return BILL(&m, 10 * DAY, {bypass, 3 * DAY}, {death, 10 * DAY});
}

Test(ledger_bills, a_spread_cost_stops_at_death) { EXPECT_NEAR(spread_cost(false).cell[0], 700); }

Test(ledger_bills, a_spread_cost_that_is_paid_on_stops_at_the_horizon) { EXPECT_NEAR(spread_cost(true).cell[0], 1200); }

/* -0.05 for 30 days from day 10. */
static model_t until_model(int32_t *start, int32_t *end)
{
    model_t m = payoff_model(365 * DAY);
    *start = add_moment(&m, "indication", MODEL_NONE, 0);
    *end = add_moment(&m, "adverse event", MODEL_NONE, 0);
    int32_t cell = add_cell(&m, add_outcome(&m, "qaly", 0, 0, 1.0 / DAY, 30), "indication"); /* in days */
    set_until(&m, add_spell(&m, cell, *start, 30 * DAY, constant(&m, -0.05)), *end);
    return m;
}

Test(ledger_bills, a_temporary_effect_lasts_until_the_event_that_ends_it)
{
    int32_t start, end;
    model_t m = until_model(&start, &end);
    EXPECT_NEAR(BILL(&m, 100 * DAY, {start, 10 * DAY}, {end, 15 * DAY}, {end, 20 * DAY}).cell[0], -0.05 * 5);
}

Test(ledger_bills, a_temporary_effect_runs_out_before_an_event_that_comes_too_late)
{
    int32_t start, end;
    model_t m = until_model(&start, &end);
    EXPECT_NEAR(BILL(&m, 100 * DAY, {end, 5 * DAY}, {start, 10 * DAY}, {end, 41 * DAY}).cell[0], -0.05 * 30);
}

Test(ledger_bills, a_temporary_effect_is_cut_at_death)
{
    int32_t start, end;
    model_t m = until_model(&start, &end);
    EXPECT_NEAR(BILL(&m, 17 * DAY, {start, 10 * DAY}).cell[0], -0.05 * 7);
}

/* -0.5 for 14 days at days 0 and 10, until `last` day; in days. */
static double repeated(model_repeat_t repeats, int32_t last)
{
    model_t m = payoff_model(365 * DAY);
    int32_t event = add_moment(&m, "revascularisation", MODEL_NONE, 0);
    int32_t cell = add_cell(&m, add_outcome(&m, "qaly", 0, 0, 1.0 / DAY, 30), "procedure");
    set_repeats(&m, add_spell(&m, cell, event, 14 * DAY, constant(&m, -0.5)), repeats);
    return BILL(&m, last * DAY, {event, 0}, {event, 10 * DAY}).cell[0];
}

Test(ledger_bills, a_second_effect_is_stacked_on_the_first)
{
    EXPECT_NEAR(repeated(REPEAT_STACK, 100), -0.5 * 28);
    EXPECT_NEAR(repeated(REPEAT_STACK, 12), -0.5 * (12 + 2));
}

Test(ledger_bills, a_second_effect_replaces_the_first)
{
    EXPECT_NEAR(repeated(REPEAT_REPLACE, 100), -0.5 * 24);
    EXPECT_NEAR(repeated(REPEAT_REPLACE, 12), -0.5 * 12);
}

Test(ledger_bills, a_second_effect_extends_the_first)
{
    EXPECT_NEAR(repeated(REPEAT_EXTEND, 100), -0.5 * 28);
    EXPECT_NEAR(repeated(REPEAT_EXTEND, 26), -0.5 * 26);
}

/* Utility 1; -0.61 for life from day 10; -0.5 for 14 days from day 20, which leaves -0.11 instead of 0. */
static bill_t floored(int32_t last)
{
    model_t m = payoff_model(365 * DAY);
    int32_t bleed = add_moment(&m, "bleed", MODEL_NONE, 0), bypass = add_moment(&m, "bypass", MODEL_NONE, 0);
    int32_t qaly = add_outcome(&m, "qaly", 0, 0, 1.0 / DAY, 30);
    add_flow(&m, add_cell(&m, qaly, "life"), always, constant(&m, 1));
    add_spell(&m, add_cell(&m, qaly, "bleed"), bleed, MODEL_NEVER, constant(&m, -0.61));
    add_spell(&m, add_cell(&m, qaly, "bypass"), bypass, 14 * DAY, constant(&m, -0.5));
    add_floor(&m, qaly, 0);
    return BILL(&m, last * DAY, {bleed, 10 * DAY}, {bypass, 20 * DAY});
}

Test(ledger_bills, a_floor_lifts_what_is_below_it)
{
    bill_t b = floored(100);
    EXPECT_NEAR(b.cell[0], 100);
    EXPECT_NEAR(b.cell[1], -0.61 * 90);
    EXPECT_NEAR(b.cell[2], -0.5 * 14);
    EXPECT_NEAR(b.cell[3], 0.11 * 14);
}

Test(ledger_bills, a_floor_lifts_nobody_after_death) { EXPECT_NEAR(floored(30).cell[3], 0.11 * 10); }

Test(ledger_bills, a_floor_that_is_never_reached_adds_nothing) { cr_expect_eq(floored(20).grid[3], 0); }

typedef struct {
    int n_posts, n_floor;
    int64_t sum;
    char last_why[64];
} heard_t;

static void hear(void *context, size_t person, int32_t cell, const char *why, int32_t from, int32_t to, int64_t amount)
{
    heard_t *heard = context;
    cr_expect_eq(person, 0);
    cr_expect_geq(cell, 0);
    cr_expect_leq(from, to);
    heard->n_posts++;
    heard->n_floor += strcmp(why, "floor") == 0;
    heard->sum += amount;
    strncpy(heard->last_why, why, sizeof heard->last_why - 1);
}

/* Standard at -0.2, then at the same minute another drug at -0.2: the sum stays -0.2, so the floor posts once. */
Test(ledger_bills, changes_that_cancel_out_in_a_minute_do_not_cut_a_floored_interval)
{
    model_t m = payoff_model(10 * DAY);
    int32_t start = add_moment(&m, "start", DRUG, STANDARD), change = add_moment(&m, "change", DRUG, ALTERNATE);
    int32_t qaly = add_outcome(&m, "qaly", 0, 0, 1.0 / DAY, 30);
    add_flow(&m, add_cell(&m, qaly, "standard"), where(&m, DRUG, 1 << STANDARD), constant(&m, -0.2));
    add_flow(&m, add_cell(&m, qaly, "alternate"), where(&m, DRUG, 1 << ALTERNATE), constant(&m, -0.2));
    add_floor(&m, qaly, 0);

    const record_t records[] = {{start, 0}, {change, 4 * DAY}};
    const uint8_t carrier = 0;
    const cohort_view_t people = {.n = 1, .level = (const uint8_t *const[]){&carrier}};
    trajectory_t t = life_of(&m, records, 2, 10 * DAY);
    ledger_t *ledger;
    ledger_bill_t b;
    heard_t heard = {0};

    cr_assert_eq(ledger_new(&m, 1, &ledger), POPGX_OK);
    ledger_observe(ledger, hear, &heard);
    cr_assert_eq(ledger_post(ledger, &people, &t, &b), POPGX_OK);
    cr_expect_eq(heard.n_posts, 3, "two flows and one floor, not %d posts", heard.n_posts);
    cr_expect_eq(heard.n_floor, 1);
    cr_expect_eq(heard.sum, b.cell[0][0] + b.cell[1][0] + b.cell[2][0], "what the observer hears is what is in the cells");
    cr_expect_str_eq(heard.last_why, "while drug: alternate");
    EXPECT_NEAR(ldexp((double)b.cell[2][0], -30), 2);
    ledger_free(ledger);
    trajectory_release(&t);
    model_release(&m);
}

/* ---- what is refused ---- */

static popgx_err_t refused(model_t *m, const record_t *records, size_t n)
{
    const uint8_t carrier = 1;
    const cohort_view_t people = {.n = 1, .first_id = 7, .level = (const uint8_t *const[]){&carrier}};
    trajectory_t t = life_of(m, records, n, m->settings.horizon);
    ledger_t *ledger;
    ledger_bill_t b;

    popgx_err_t err = ledger_new(m, 1, &ledger);
    if (!err) err = ledger_post(ledger, &people, &t, &b);
    ledger_free(ledger);
    trajectory_release(&t);
    model_release(m);
    return err;
}

static void expect_message(const char *const *parts)
{
    for (; *parts; parts++) cr_expect_neq(strstr(popgx_err_detail(), *parts), NULL, "no '%s' in: %s", *parts, popgx_err_detail());
}

Test(ledger_bills, an_amount_that_is_not_finite_is_refused_with_person_payoff_and_minute)
{
    const double wrong[] = {NAN, INFINITY, -1e300, 0x1p31};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        model_t m = payoff_model(100);
        int32_t visit = add_moment(&m, "visit", MODEL_NONE, 0);
        add_lump(&m, add_cell(&m, add_outcome(&m, "cost", 0, 0, 1, 20), "care"), visit, constant(&m, wrong[i]));
        cr_expect_eq(refused(&m, (const record_t[]){{visit, 42}}, 1), POPGX_E_RANGE, "%g", wrong[i]);
        expect_message((const char *const[]){"person 7", "minute 42", "cost care", "visit", NULL});
    }
}

Test(ledger_bills, a_rate_that_is_not_finite_is_refused)
{
    model_t m = payoff_model(100);
    add_flow(&m, add_cell(&m, add_outcome(&m, "cost", 0, 0, 1, 20), "care"), always, constant(&m, NAN));
    cr_expect_eq(refused(&m, NULL, 0), POPGX_E_RANGE);
    expect_message((const char *const[]){"person 7", "cost care", NULL});
}

/* Totals stay below 2^56 steps of 2^-20, that is 2^36: 68 lumps of 10^9 fit, the 69th does not. */
Test(ledger_bills, a_total_that_could_wrap_is_refused)
{
    model_t m = payoff_model(100);
    int32_t visit = add_moment(&m, "visit", MODEL_NONE, 0);
    int32_t cell = add_cell(&m, add_outcome(&m, "cost", 0, 0, 1, 20), "care");
    record_t records[100];
    add_lump(&m, cell, visit, constant(&m, 1e9));
    for (int32_t i = 0; i < 100; i++) records[i] = (record_t){visit, i};
    cr_expect_eq(refused(&m, records, 100), POPGX_E_RANGE);
    expect_message((const char *const[]){"person 7", "minute 68", "total of cost care", NULL});
}

Test(ledger_bills, a_ninth_overlapping_effect_is_refused_but_not_one_that_follows_others)
{
    for (int32_t apart = 5; apart <= 10; apart += 5) {
        int32_t start, end;
        model_t m = until_model(&start, &end);
        record_t records[9];
        m.spells[0].minutes = 80;
        for (int32_t i = 0; i < 9; i++) records[i] = (record_t){start, 100 + i * apart};
        cr_expect_eq(refused(&m, records, 9), apart == 5 ? POPGX_E_RANGE : POPGX_OK);
        if (apart == 5) expect_message((const char *const[]){"person 7", "minute 140", "indication", NULL});
    }
}

Test(ledger_bills, a_rate_too_large_for_a_floor_is_refused_before_anybody_is_billed)
{
    model_t m = payoff_model(100);
    int32_t qaly = add_outcome(&m, "qaly", 0, 0, 1, 30);
    add_flow(&m, add_cell(&m, qaly, "life"), always, by_slot(&m, CARRIER, (const double[]){1, 1e6}));
    add_floor(&m, qaly, 0);
    cr_expect_eq(refused(&m, NULL, 0), POPGX_E_RANGE);
    expect_message((const char *const[]){"life", "while alive", "1e+06", NULL});
}
