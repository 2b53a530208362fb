/*
 * Random blocks of people against a slow reading of the rules: minute by minute, everything that is going on is looked
 * up and added. And: the order in which records come makes no difference to the last bit.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/ledger.h"
#include "rng/keyed.h"
#include "spec/distribution.h"
#include "support/payoff_model.h"

enum { PEOPLE = 600, HORIZON = 400, N_RECORDS = 12, N_SPELLS = 6, N_COST_CELLS = 3 };
enum { START, CHANGE, STOP, SICK, WELL, DEATH, N_MOMENTS };

/* Where the rate of discounting changes, if it does; the rate from then on. */
enum { CHANGE_OF_RATE = 150 };
static const double later_rate = 5e-3;

/* Normal factors, twice as large for carriers: their quantiles lie on a line. */
static int32_t add_variation(model_t *m, uint64_t purpose, double mean, double sd)
{
    const int32_t axis = builder_add_axes(m, 1), first = builder_add_reals(m, 2 * VARIATION_WIDTH), v = builder_add_variations(m, 1);

    m->axes[axis] = (model_axis_t){CARRIER, 1};
    for (int r = 0; r < 2; r++) {
        double *row = m->reals + first + r * VARIATION_WIDTH;
        row[0] = (1 + r) * mean;
        for (int k = 0; k < DISTRIBUTION_NODES; k++) row[1 + k] = (1 + r) * (mean + sd * DISTRIBUTION_FARTHEST * (2.0 * k / (DISTRIBUTION_NODES - 1) - 1));
    }
    m->variations[v] = (model_variation_t){.purpose = purpose, .table = {.axes = {axis, 1}, .first = first, .width = VARIATION_WIDTH}};
    return 1 + v;
}

/* The n-th factor of a person. */
static double slow_factor(const model_t *m, int32_t variation, uint64_t key, uint8_t carrier, int n)
{
    if (!variation) return 1;
    const model_variation_t *v = &m->variations[variation - 1];
    const double *row = m->reals + v->table.first + carrier * VARIATION_WIDTH, sd = (row[DISTRIBUTION_NODES] - row[1]) / (2 * DISTRIBUTION_FARTHEST);
    return row[0] + sd * normal_quantile(rng_uniform(key, v->purpose, (uint64_t)n));
}

/* A factor in three steps, half as large for carriers. */
static int32_t add_profile(model_t *m, model_profile_t profile, const double *cuts, const double *factors)
{
    const int32_t axis = builder_add_axes(m, 1), first = builder_add_reals(m, 9), p = builder_add_profiles(m, 1);

    m->axes[axis] = (model_axis_t){CARRIER, 1};
    for (int k = 0; k < 3; k++) m->reals[first + k] = cuts[k], m->reals[first + 3 + k] = factors[k], m->reals[first + 6 + k] = factors[k] / 2;
    profile.cuts = (model_span_t){first, 3};
    profile.table = (model_table_t){.axes = {axis, 1}, .first = first + 3, .width = 3};
    m->profiles[p] = profile;
    return 1 + p;
}

/* Factors of age, of the time since `sick` or `well`, and of the time on a drug; the last two also of rates under the floor. */
static void add_profiles(model_t *m)
{
    const int32_t starts = builder_add_indices(m, 2), number = builder_add_numbers(m, 1);
    const double ages[] = {0, 40.5, 333}, times[] = {0, 20, 75};

    m->numbers[number] = (model_number_t){.name = builder_text(m, "age"), .unit = builder_text(m, "minutes"), .per_unit = 1};
    m->settings.age = number;
    m->indices[starts] = SICK;
    m->indices[starts + 1] = WELL;
    const int32_t age = add_profile(m, (model_profile_t){.kind = PROFILE_AGE}, ages, (const double[]){1, 0.5, 0.25});
    const int32_t since = add_profile(m, (model_profile_t){.kind = PROFILE_EVENT, .starts = {starts, 2}}, times, (const double[]){2, 0, 1});
    const int32_t drug = add_profile(m, (model_profile_t){.kind = PROFILE_STATES, .slot = DRUG, .levels = 1 << STANDARD | 1 << ALTERNATE}, times, (const double[]){1, 3, 2});
    m->flows[0].profile = drug;
    m->flows[1].profile = age;
    m->flows[2].profile = age;
    m->flows[3].profile = since;
}

/* Two outcomes: cost (discounted differently for flows and lumps) and qaly (floored at 0.5, discounted). */
static model_t everything(bool has_more)
{
    model_t m = payoff_model(HORIZON);
    add_moment(&m, "start", DRUG, STANDARD);
    add_moment(&m, "change", DRUG, ALTERNATE);
    add_moment(&m, "stop", DRUG, NONE);
    add_moment(&m, "sick", MODEL_NONE, 0);
    add_moment(&m, "well", MODEL_NONE, 0);
    add_moment(&m, "death", LIFE, LIFE_DEAD);

    int32_t cost = add_outcome(&m, "cost", 1e-3, 2e-3, 1, 20);
    int32_t drug = add_cell(&m, cost, "drug"), care = add_cell(&m, cost, "care"), spread = add_cell(&m, cost, "spread");
    add_flow(&m, drug, (model_span_t){0}, by_slot(&m, DRUG, (const double[]){0, 2, 7}));
    add_flow(&m, drug, where(&m, DRUG, 1 << STANDARD | 1 << ALTERNATE), by_slot(&m, CARRIER, (const double[]){0.5, 1.5}));
    add_lump(&m, care, SICK, by_slot(&m, DRUG, (const double[]){10, 20, 40}));
    add_lump(&m, care, DEATH, constant(&m, 1000));
    set_paid_on(&m, add_spell(&m, spread, SICK, 50, constant(&m, 3)));
    set_repeats(&m, add_spell(&m, spread, CHANGE, 70, by_slot(&m, CARRIER, (const double[]){1, 4})), REPEAT_EXTEND);

    int32_t qaly = add_outcome(&m, "qaly", 1e-3, 1e-3, 1 / 525.96, 30);
    int32_t life = add_cell(&m, qaly, "life"), harm = add_cell(&m, qaly, "harm");
    add_flow(&m, life, where(&m, LIFE, 1 << LIFE_ALIVE), constant(&m, 1));
    add_flow(&m, life, where(&m, DRUG, 1 << ALTERNATE), constant(&m, -0.3));
    add_spell(&m, harm, SICK, 90, constant(&m, -0.4));
    set_until(&m, add_spell(&m, harm, START, 120, constant(&m, 0.25)), WELL);
    set_repeats(&m, add_spell(&m, harm, SICK, MODEL_NEVER, constant(&m, -0.15)), REPEAT_REPLACE);
    add_spell(&m, harm, CHANGE, MODEL_NEVER, constant(&m, -0.05));
    add_floor(&m, qaly, 0.5);
    for (int32_t o = cost; has_more && o <= qaly; o++) {
        m.outcomes[o].flow_course = add_course(&m, true, m.outcomes[o].flow_discount, CHANGE_OF_RATE, later_rate);
        m.outcomes[o].lump_course = add_course(&m, false, m.outcomes[o].lump_discount, CHANGE_OF_RATE, later_rate);
    }
    if (!has_more) return m;
    m.lumps[0].variation = add_variation(&m, 17, 2, 0.1);       /* the care of the sick, and what spreads from it */
    m.spells[0].variation = add_variation(&m, 18, -1, 0.2);
    m.spells[2].variation = add_variation(&m, 18, 1, 0.05);
    add_profiles(&m);
    return m;
}

typedef struct {
    int32_t n, end;
    int32_t moment[N_RECORDS], minute[N_RECORDS];
} life_t;

static uint64_t random_below(uint64_t *state, uint64_t n)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (*state >> 33) % n;
}

/* Up to 11 things, several of them often in the same minute, then perhaps a death. */
static void make_lives(life_t *lives)
{
    uint64_t state = 20;
    for (int i = 0; i < PEOPLE; i++) {
        life_t *l = &lives[i];
        int32_t minute = 0, n = (int32_t)random_below(&state, N_RECORDS - 1);
        for (l->n = 0; l->n < n && minute < HORIZON; l->n++) {
            l->moment[l->n] = (int32_t)random_below(&state, DEATH);
            l->minute[l->n] = minute;
            minute += random_below(&state, 3) ? (int32_t)random_below(&state, 80) : 0;
        }
        l->end = HORIZON;
        if (minute < HORIZON && random_below(&state, 2)) {
            l->moment[l->n] = DEATH;
            l->minute[l->n++] = l->end = minute;
        }
    }
}

/* ---- the slow reading ---- */

typedef struct {
    double rate;
    int32_t stop, spell;
} effect_t;

typedef struct {
    uint8_t level[N_SLOTS];
    effect_t effects[64];
    int n_effects;
    uint64_t key;
    int drawn[8];               /* [variations] */
    double origin[3];           /* [profiles]: when their times began; INFINITY: not yet */
} situation_t;

/* The factor of a flow in the minute from t on. */
static double slow_profile(const model_t *m, int32_t profile, const situation_t *s, double t)
{
    if (!profile) return 1;
    const model_profile_t *p = &m->profiles[profile - 1];
    const double *cut = m->reals + p->cuts.first, *factor = m->reals + p->table.first + 3 * s->level[CARRIER], time = t - s->origin[profile - 1];
    return time < 0 ? 0 : factor[(time >= cut[1]) + (time >= cut[2])];
}

static double factor_at(double rate, model_span_t course, double t)
{
    return course.count && t > CHANGE_OF_RATE ? exp(-rate * CHANGE_OF_RATE - later_rate * (t - CHANGE_OF_RATE)) : exp(-rate * t);
}

static void happens(const model_t *m, situation_t *s, int32_t moment, int32_t minute, int32_t end, double *cell)
{
    const model_moment_t *what = &m->moments[moment];
    const bool was_treated = s->level[DRUG] != NONE;

    for (int32_t e = 0; e < what->effects.count; e++) s->level[m->effects[what->effects.first + e].slot] = (uint8_t)m->effects[what->effects.first + e].level;
    if (moment == SICK || moment == WELL) s->origin[1] = minute;
    if (!was_treated && s->level[DRUG] != NONE) s->origin[2] = minute;
    for (int32_t l = 0; l < m->n_lumps; l++)
        if (m->lumps[l].moment == moment) {
            const model_outcome_t *outcome = &m->outcomes[m->cells[m->lumps[l].cell].outcome];
            const int32_t v = m->lumps[l].variation;
            cell[m->lumps[l].cell] += m->reals[model_row_first(m, &m->lumps[l].amount, s->level)] * slow_factor(m, v, s->key, s->level[CARRIER], s->drawn[v]++) *
                                      factor_at(outcome->lump_discount, outcome->lump_course, minute);
        }
    for (int e = 0; e < s->n_effects; e++)
        for (int32_t u = 0; u < m->spells[s->effects[e].spell].until.count; u++)
            if (m->indices[m->spells[s->effects[e].spell].until.first + u] == moment && s->effects[e].stop > minute) s->effects[e].stop = minute;
    for (int32_t i = 0; i < m->n_spells; i++) {
        const model_spell_t *spell = &m->spells[i];
        if (spell->moment != moment) continue;
        int32_t limit = spell->is_paid_on ? HORIZON : end;
        effect_t new = {.rate = m->reals[model_row_first(m, &spell->rate, s->level)] *
                                slow_factor(m, spell->variation, s->key, s->level[CARRIER], s->drawn[spell->variation]++), .spell = i};
        new.stop = spell->minutes == MODEL_NEVER || minute + spell->minutes > limit ? limit : minute + spell->minutes;
        bool is_extended = false;
        for (int e = 0; e < s->n_effects; e++) {
            if (s->effects[e].spell != i || s->effects[e].stop <= minute) continue;
            if (spell->repeats == REPEAT_REPLACE) s->effects[e].stop = minute;
            if (spell->repeats == REPEAT_EXTEND) {
                is_extended = true;
                s->effects[e].stop += spell->minutes;
                if (s->effects[e].stop > limit) s->effects[e].stop = limit;
            }
        }
        if (!is_extended) s->effects[s->n_effects++] = new;
    }
}

/* What the minute from t to t + 1 is worth at a rate of 1. */
static double worth(const model_outcome_t *o, int32_t t)
{
    double d = o->flow_course.count && t >= CHANGE_OF_RATE ? later_rate : o->flow_discount;
    return o->per_unit * (d > 0 ? (factor_at(o->flow_discount, o->flow_course, t) - factor_at(o->flow_discount, o->flow_course, t + 1)) / d : 1);
}

static void slow_bill(const model_t *m, const life_t *life, uint64_t key, uint8_t carrier, double age, double *cell)
{
    situation_t s = {.origin = {-age, INFINITY, INFINITY}, .key = key, .level = {carrier, LIFE_ALIVE, NONE}};
    int32_t r = 0;

    for (int32_t t = 0; t <= HORIZON; t++) {
        for (; r < life->n && life->minute[r] == t; r++) happens(m, &s, life->moment[r], t, life->end, cell);
        if (t == HORIZON) break;
        double sum[2] = {0};
        for (int32_t f = 0; f < m->n_flows && t < life->end; f++) {
            const model_flow_t *flow = &m->flows[f];
            if (!model_holds(m, flow->condition, s.level)) continue;
            double rate = m->reals[model_row_first(m, &flow->rate, s.level)] * slow_profile(m, flow->profile, &s, t);
            sum[m->cells[flow->cell].outcome] += rate;
            cell[flow->cell] += rate * worth(&m->outcomes[m->cells[flow->cell].outcome], t);
        }
        for (int e = 0; e < s.n_effects; e++) {
            int32_t c = m->spells[s.effects[e].spell].cell;
            if (s.effects[e].stop <= t) continue;
            sum[m->cells[c].outcome] += s.effects[e].rate;
            cell[c] += s.effects[e].rate * worth(&m->outcomes[m->cells[c].outcome], t);
        }
        for (int o = 0; o < 2; o++) {
            const model_outcome_t *outcome = &m->outcomes[o];
            if (t < life->end && sum[o] < outcome->floor) cell[outcome->floor_cell] += (outcome->floor - sum[o]) * worth(outcome, t);
        }
    }
}

/* ---- the orders ---- */

static void add_record(trajectory_t *t, int32_t moment, int32_t who, int32_t when)
{
    int32_t *person, *minute;
    trajectory_append(t, moment, 1, &person, &minute);
    *person = who;
    *minute = when;
}

static void by_person(const life_t *lives, trajectory_t *t)
{
    for (int32_t i = PEOPLE - 1; i >= 0; i--)
        for (int32_t r = 0; r < lives[i].n; r++) add_record(t, lives[i].moment[r], i, lives[i].minute[r]);
}

/* Everybody's first record, then everybody's second...; those of one moment in one run. */
static void by_step(const life_t *lives, trajectory_t *t)
{
    for (int32_t r = 0; r < N_RECORDS; r++)
        for (int32_t moment = 0; moment < N_MOMENTS; moment++) {
            int32_t count = 0, *person, *minute;
            for (int32_t i = 0; i < PEOPLE; i++) count += r < lives[i].n && lives[i].moment[r] == moment;
            if (!count) continue;
            trajectory_append(t, moment, count, &person, &minute);
            for (int32_t i = 0, k = 0; i < PEOPLE; i++) {
                if (r >= lives[i].n || lives[i].moment[r] != moment) continue;
                person[k] = i;
                minute[k++] = lives[i].minute[r];
            }
        }
}

typedef struct {
    model_t model;
    life_t lives[PEOPLE];
    uint8_t carrier[PEOPLE];
    uint64_t key[PEOPLE];
    const uint8_t *columns[1];
    double age[PEOPLE];
    const double *numbers[1];
    cohort_view_t people;
    ledger_t *ledger;
    trajectory_t trajectory;
    ledger_bill_t bill;
} block_t;

static void block_init_with(block_t *b, bool has_more)
{
    memset(b, 0, sizeof *b);
    b->model = everything(has_more);
    make_lives(b->lives);
    for (int i = 0; i < PEOPLE; i++) b->carrier[i] = i % 3 == 0, b->age[i] = i % 350 + 0.25, b->key[i] = rng_person_key(rng_run_key(1, 0), (uint64_t)i);
    b->columns[0] = b->carrier;
    b->numbers[0] = b->age;
    b->people = (cohort_view_t){.n = PEOPLE, .key = b->key, .level = b->columns, .number = b->numbers};
    cr_assert_eq(ledger_new(&b->model, PEOPLE + 5, &b->ledger), POPGX_OK, "%s", popgx_err_detail());
    trajectory_init(&b->trajectory);
}

static void block_init(block_t *b) { block_init_with(b, false); }

static void block_release(block_t *b)
{
    ledger_free(b->ledger);
    trajectory_release(&b->trajectory);
    model_release(&b->model);
}

static void block_post(block_t *b, void (*in_order)(const life_t *, trajectory_t *))
{
    cr_assert_eq(trajectory_reset(&b->trajectory, PEOPLE, HORIZON), POPGX_OK);
    for (int i = 0; i < PEOPLE; i++) b->trajectory.end[i] = b->lives[i].end;
    in_order(b->lives, &b->trajectory);
    cr_assert_eq(ledger_post(b->ledger, &b->people, &b->trajectory, &b->bill), POPGX_OK, "%s", popgx_err_detail());
}

static void expect_slow_bills(bool has_more)
{
    static block_t b;
    int n_lifted = 0;
    block_init_with(&b, has_more);
    block_post(&b, by_step);
    for (int i = 0; i < PEOPLE; i++) {
        double expected[8] = {0};
        slow_bill(&b.model, &b.lives[i], b.key[i], b.carrier[i], b.age[i], expected);
        for (int32_t c = 0; c < b.model.n_cells; c++) {
            int32_t bits = b.model.outcomes[b.model.cells[c].outcome].grid_bits;
            double amount = ldexp((double)b.bill.cell[c][i], -bits);
            cr_expect_float_eq(amount, expected[c], ldexp(30, -bits), "person %d, cell %s: %.12g, expected %.12g", i, /* at most 60 posts */
                               model_text(&b.model, b.model.cells[c].name), amount, expected[c]);
        }
        n_lifted += expected[b.model.n_cells - 1] > 0;
    }
    cr_expect_gt(n_lifted, PEOPLE / 10, "the floor binds for some");
    cr_expect_lt(n_lifted, PEOPLE, "and not for all");
    block_release(&b);
}

Test(ledger_blocks, every_bill_is_what_a_slow_reading_of_the_rules_makes_it) { expect_slow_bills(false); }

Test(ledger_blocks, so_it_is_where_rates_of_discounting_change_amounts_are_drawn_and_factors_follow_time) { expect_slow_bills(true); }

Test(ledger_blocks, steps_and_persons_in_any_order_give_the_same_bits_also_in_a_ledger_that_was_used)
{
    static block_t b;
    static int64_t first[8][PEOPLE];
    int64_t events[N_MOMENTS], squared[N_MOMENTS];

    block_init_with(&b, true);
    block_post(&b, by_step);
    for (int32_t c = 0; c < b.model.n_cells; c++) memcpy(first[c], b.bill.cell[c], sizeof first[c]);
    memcpy(events, b.bill.events, sizeof events);
    memcpy(squared, b.bill.events_squared, sizeof squared);
    block_post(&b, by_person);
    for (int32_t c = 0; c < b.model.n_cells; c++) cr_expect_arr_eq(first[c], b.bill.cell[c], sizeof first[c], "cell %d", c);
    cr_expect_arr_eq(events, b.bill.events, sizeof events);
    cr_expect_arr_eq(squared, b.bill.events_squared, sizeof squared);
    block_release(&b);
}

Test(ledger_blocks, events_and_their_squares_are_counted_per_person)
{
    static block_t b;
    block_init(&b);
    block_post(&b, by_step);
    for (int32_t moment = 0; moment < N_MOMENTS; moment++) {
        int64_t events = 0, squared = 0;
        for (int i = 0; i < PEOPLE; i++) {
            int64_t of_person = 0;
            for (int32_t r = 0; r < b.lives[i].n; r++) of_person += b.lives[i].moment[r] == moment;
            events += of_person;
            squared += of_person * of_person;
        }
        cr_expect_eq(b.bill.events[moment], events);
        cr_expect_eq(b.bill.events_squared[moment], squared);
    }
    block_release(&b);
}

Test(ledger_blocks, final_states_are_those_that_the_records_leave)
{
    static block_t b;
    block_init(&b);
    block_post(&b, by_person);
    for (int i = 0; i < PEOPLE; i++) {
        uint8_t level[N_SLOTS] = {0};
        for (int32_t r = 0; r < b.lives[i].n; r++) {
            const model_moment_t *what = &b.model.moments[b.lives[i].moment[r]];
            if (what->effects.count) level[b.model.effects[what->effects.first].slot] = (uint8_t)b.model.effects[what->effects.first].level;
        }
        cr_expect_eq(b.bill.state[0][i], level[LIFE]);
        cr_expect_eq(b.bill.state[1][i], level[DRUG]);
        cr_expect_eq(b.bill.end[i], b.lives[i].end);
    }
    block_release(&b);
}
