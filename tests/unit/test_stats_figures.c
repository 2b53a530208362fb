/*
 * What is kept only when asked for, against what every run keeps and against a slow look at the same random lives: years add up to
 * their totals to the last bit, states at the horizon are those of the run, events have their counts.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/engine.h"
#include "model/report.h"
#include "stats/figures.h"
#include "support/payoff_model.h"
#include "support/random_model.h"

enum { MODELS = 40, MANY = 200 };

static void add_payoffs(model_t *m, double discount)
{
    const int32_t process = m->settings.n_attributes + 2;
    double rates[64] = {3, 3, 0, 5, 7}, utilities[64] = {1, 0.8, 0.6, 0.4, 0.2};

    int32_t cost = add_outcome(m, "cost", discount, 2 * discount, 1, 20);
    int32_t care = add_cell(m, cost, "care"), other = add_cell(m, cost, "other");
    add_flow(m, care, (model_span_t){0}, constant(m, -0.25));
    add_flow(m, other, (model_span_t){0}, by_slot(m, process, rates));
    for (int32_t i = 0; i < m->n_moments; i++) add_lump(m, care, i, constant(m, 100 + i));
    int32_t qaly = add_outcome(m, "qaly", discount / 2, 0, 1 / YEAR, 30);
    add_flow(m, add_cell(m, qaly, "states"), (model_span_t){0}, by_slot(m, process, utilities));
    m->settings.cost = cost;
    m->settings.qaly = qaly;
}

typedef struct {
    model_t model;
    hand_people_t people;
    engine_t *engine;
    ledger_t *ledger;
    trajectory_t trajectory;
    tally_t tally;
} study_t;

/* A fifth of the horizon is a year; the calendar begins before everybody and ends before some. */
static void begin(study_t *study, uint64_t seed)
{
    model_t *m = &study->model;

    random_fusable_model(seed, m);
    add_payoffs(m, seed % 2 ? 1e-5 : 0);
    m->settings.minutes_per_year = m->settings.horizon / 4.5;
    const int32_t times[] = {0, m->settings.horizon / 7, m->settings.horizon / 2, m->settings.horizon};
    cr_assert(report_ask_states(m, times, 4));
    if (seed % 3 == 0) cr_assert(report_ask_calendar(m, 2, 6));
    report_ask(m, REPORT_CATEGORIES | REPORT_EVENTS | REPORT_YEARS);
    study->people = random_people(seed, m, MANY);
    trajectory_init(&study->trajectory);
    cr_assert_eq(engine_new(m, MANY, &study->engine), POPGX_OK);
    cr_assert_eq(ledger_new(m, MANY, &study->ledger), POPGX_OK);
    cr_assert_eq(tally_init(&study->tally, m, MANY), POPGX_OK);
    engine_start(study->engine, &study->people.view);
}

static void end(study_t *study)
{
    tally_release(&study->tally);
    ledger_free(study->ledger);
    engine_free(study->engine);
    trajectory_release(&study->trajectory);
    hand_people_release(&study->model, &study->people);
    model_release(&study->model);
}

static exact_sum_t figure_sum(const study_t *study, int32_t strategy, int32_t figure)
{
    return study->tally.sums[study->tally.layout.figure + strategy * figures_count(&study->model) + figure];
}

static double people_where(const study_t *study, int32_t process, int32_t level, int32_t minute)
{
    const model_t *m = &study->model;
    int n = 0;

    for (size_t i = 0; i < MANY; i++) {
        const bool is_dead = study->trajectory.end[i] <= minute && study->trajectory.end[i] < m->settings.horizon;
        int32_t state = m->slots[process].initial;
        for (size_t r = 0, at = 0; r < study->trajectory.n_runs; r++)
            for (int32_t k = 0; k < study->trajectory.runs[r].count; k++, at++)
                for (int32_t e = 0; e < m->moments[study->trajectory.runs[r].moment].effects.count; e++) {
                    const model_effect_t *effect = &m->effects[m->moments[study->trajectory.runs[r].moment].effects.first + e];
                    if (study->trajectory.person[at] == (int32_t)i && study->trajectory.minute[at] <= minute && effect->slot == process) state = effect->level;
                }
        n += process == m->settings.life ? is_dead == (level == LIFE_DEAD) : !is_dead && state == level;
    }
    return (double)n / MANY;
}

/* While the trajectory of the strategy is at hand. */
static void check_states(const study_t *study, int32_t s, uint64_t seed)
{
    const model_t *m = &study->model;

    for (int32_t k = 0; k < m->settings.report.n_times; k++)
        for (int32_t p = m->settings.n_attributes; p < m->settings.n_attributes + m->settings.n_processes; p++)
            for (int32_t l = 0; l < m->slots[p].level_names.count; l++) {
                double share = (double)figure_sum(study, s, figure_of_state(m, k, p, l)) / MANY;
                double truth = people_where(study, p, l, m->settings.report.time[k]);
                cr_assert_float_eq(share, truth, 1e-12, "model %d: %g of people are in state %d of slot %d at time %d, not %g", (int)seed, share, l, p, k, truth);
            }
    int64_t lived = 0;
    for (size_t i = 0; i < MANY; i++) lived += study->trajectory.end[i] < m->settings.report.time[2] ? study->trajectory.end[i] : m->settings.report.time[2];
    cr_assert_eq(figure_sum(study, s, figure_of_survival(m, 2)), (exact_sum_t)lived);
}

static void check_sums(const study_t *study, int32_t s, uint64_t seed)
{
    const model_t *m = &study->model;
    const tally_t *tally = &study->tally;

    for (int32_t c = 0; c < m->n_cells; c++) {
        exact_sum_t whole = tally->sums[tally->layout.cell + s * m->n_cells + c], sum = 0;
        for (int32_t y = 0; y < m->settings.report.n_years; y++) sum += figure_sum(study, s, figure_of_year(m, y, c));
        cr_assert(sum == whole, "model %d: the years of %s do not add up", (int)seed, model_text(m, m->cells[c].name));
        cr_assert(figure_sum(study, s, figure_of_cell(m, c)) == whole);
        estimate_t same = results_cell(tally, s, c), mine = figure_mean(tally, s, figure_of_cell(m, c));
        cr_assert(same.mean == mine.mean && same.se == mine.se);
    }
    for (int32_t i = 0; i < m->n_moments; i++) {
        estimate_t same = results_events(tally, s, i), mine = figure_mean(tally, s, figure_of_event(m, i));
        cr_assert(same.mean == mine.mean && same.se == mine.se, "model %d: event %d has %g (%g), not %g (%g)", (int)seed, i, mine.mean, mine.se, same.mean, same.se);
        cr_assert_leq(figure_mean(tally, s, figure_of_ever(m, i)).mean, mine.mean);
    }
}

Test(figures, are_those_of_the_run_and_of_a_slow_look_at_the_same_lives)
{
    for (uint64_t seed = 0; seed < MODELS; seed++) {
        study_t study;
        begin(&study, seed);
        for (int32_t s = 0; s < study.model.n_strategies; s++) {
            ledger_bill_t bill;
            uint64_t n_fired = 0;
            cr_assert_eq(engine_run(study.engine, s, &study.trajectory, &n_fired), POPGX_OK);
            cr_assert_eq(ledger_post(study.ledger, &study.people.view, &study.trajectory, &bill), POPGX_OK);
            cr_assert_eq(tally_add(&study.tally, s, &study.people.view, &bill), POPGX_OK);
            cr_assert_eq(tally_observe(&study.tally, s, &study.people.view, &study.trajectory, &bill), POPGX_OK);
            check_states(&study, s, seed);
        }
        tally_close(&study.tally, &study.people.view);
        for (int32_t s = 0; s < study.model.n_strategies; s++) check_sums(&study, s, seed);
        end(&study);
    }
}

/* A trajectory by hand: one flow of 1 a minute until death, one lump; what falls into a year is counted on fingers. */
Test(figures, of_years_are_those_counted_by_hand)
{
    model_t m = payoff_model(1000);
    int32_t start = add_moment(&m, "start", DRUG, STANDARD), *person, *minute;
    int32_t cost = add_outcome(&m, "cost", 0, 0, 1, 20);
    uint64_t keys[2] = {0};
    uint8_t carrier[2] = {0};
    const uint8_t *levels[] = {carrier};
    const cohort_view_t people = {.n = 2, .key = keys, .level = levels};
    const int64_t wanted[3][2] = {{300, 300}, {300 + 100 + 50, 250}, {0, 0}}; /* person 0 lives 600 minutes and starts at 300, person 1 lives 550 */
    trajectory_t trajectory;
    ledger_bill_t bill;
    ledger_t *ledger;

    m.settings.minutes_per_year = 300;
    report_ask(&m, REPORT_YEARS);
    cr_assert_eq(m.settings.report.n_years, 4);
    add_flow(&m, add_cell(&m, cost, "time"), (model_span_t){0}, constant(&m, 1));
    add_lump(&m, 0, start, constant(&m, 100));
    add_flow(&m, 0, where(&m, DRUG, 1 << STANDARD), constant(&m, 50.0 / 300));
    trajectory_init(&trajectory);
    cr_assert_eq(trajectory_reset(&trajectory, 2, 1000), POPGX_OK);
    trajectory_append(&trajectory, start, 1, &person, &minute);
    *person = 0, *minute = 300;
    trajectory.end[0] = 600, trajectory.end[1] = 550;
    cr_assert_eq(ledger_new(&m, 2, &ledger), POPGX_OK);
    cr_assert_eq(ledger_post(ledger, &people, &trajectory, &bill), POPGX_OK);
    for (int y = 0; y < 3; y++)
        for (int i = 0; i < 2; i++)
            cr_expect_eq(bill.year[y] ? bill.year[y][i] : 0, wanted[y][i] << 20, "year %d, person %d", y, i);
    cr_expect_null(bill.year[3]);
    ledger_free(ledger);
    trajectory_release(&trajectory);
    model_release(&m);
}
