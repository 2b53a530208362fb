/*
 * What the engine tells of moves, or the ledger finds, spares it work and changes nothing: the bills of random lives in queues, with the
 * moves told, found, and, since somebody observes, neither, are the same to the last bit.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/engine.h"
#include "ledger/ledger.h"
#include "support/payoff_model.h"
#include "support/random_model.h"

enum { MODELS = 60, MANY = 300 };
enum { PROCESS_DRUG = 2, PROCESS_DISEASE = 3 }; /* of random_fusable_model, after the attribute and life */

/* Flows of one state, of several, of all with a rate for each, in one account and in several; and flows that are no stays. */
static void add_payoffs(model_t *m, double discount)
{
    const int32_t n_states = hand_levels(m, PROCESS_DISEASE);
    double rates[] = {3, 3, 0, 5, 7}, utilities[] = {1, 0.8, 0.6, 0.4, 0.2};

    int32_t cost = add_outcome(m, "cost", discount, 2 * discount, 1, 20);
    int32_t care = add_cell(m, cost, "care"), other = add_cell(m, cost, "other");
    for (int32_t s = 0; s < n_states; s++) add_flow(m, care, where(m, PROCESS_DISEASE, 1ull << s), constant(m, 10 + s % 2));
    add_flow(m, care, where(m, PROCESS_DISEASE, 3), constant(m, 0.25));
    add_flow(m, other, (model_span_t){0}, by_slot(m, PROCESS_DISEASE, rates));
    add_flow(m, other, where(m, PROCESS_DISEASE, 1), by_slot(m, 0, rates + 2));
    add_flow(m, other, where(m, PROCESS_DRUG, 2), constant(m, 1));
    for (int32_t i = 0; i < m->n_moments; i++) add_lump(m, care, i, i % 2 ? constant(m, 100 + i) : by_slot(m, PROCESS_DISEASE, rates));
    int32_t qaly = add_outcome(m, "qaly", discount / 2, 0, 1 / YEAR, 30);
    add_flow(m, add_cell(m, qaly, "states"), (model_span_t){0}, by_slot(m, PROCESS_DISEASE, utilities));
    add_flow(m, add_cell(m, qaly, "alive"), (model_span_t){0}, constant(m, 1));
    if (discount == 0) return;
    m->outcomes[cost].flow_course = add_course(m, true, discount, m->settings.horizon / 2, discount / 3);
    m->outcomes[cost].lump_course = add_course(m, false, discount, m->settings.horizon / 2, discount / 3);
}

static void silence(trajectory_t *trajectory)
{
    trajectory->process = MODEL_NONE;
    for (size_t r = 0; r < trajectory->n_runs; r++)
        trajectory->runs[r] = (trajectory_run_t){.moment = trajectory->runs[r].moment, .count = trajectory->runs[r].count};
}

static void look_away(void *context, size_t person, int32_t cell, const char *why, int32_t from, int32_t to, int64_t amount)
{
    (void)context, (void)person, (void)cell, (void)why, (void)from, (void)to, (void)amount;
}

static void expect_same_bills(const model_t *m, const ledger_bill_t *told, const ledger_bill_t *silent, int seed)
{
    cr_assert_eq(memcmp(told->events, silent->events, (size_t)m->n_moments * sizeof *told->events), 0, "events of model %d", seed);
    cr_assert_eq(memcmp(told->events_squared, silent->events_squared, (size_t)m->n_moments * sizeof *told->events), 0,
                 "squares of model %d", seed);
    for (int32_t p = 0; p < m->settings.n_processes; p++)
        cr_assert_eq(memcmp(told->state[p], silent->state[p], told->n), 0, "final states of model %d", seed);
    for (int32_t c = 0; c < m->n_cells; c++)
        for (size_t i = 0; i < told->n; i++)
            cr_assert_eq(told->cell[c][i], silent->cell[c][i], "model %d, person %zu, `%s`: told %lld, silent %lld", seed, i,
                         model_text(m, m->cells[c].name), (long long)told->cell[c][i], (long long)silent->cell[c][i]);
}

/* Returns how many strategies were told. */
static int bill_thrice(uint64_t seed)
{
    model_t m;
    engine_t *engine;
    ledger_t *ledgers[3];
    trajectory_t trajectory;
    int n_told = 0;

    random_fusable_model(seed, &m);
    add_payoffs(&m, seed % 2 ? 1e-5 : 0);
    hand_people_t people = random_people(seed, &m, MANY);
    trajectory_init(&trajectory);
    cr_assert_eq(engine_new(&m, MANY, &engine), POPGX_OK);
    for (int i = 0; i < 3; i++) cr_assert_eq(ledger_new(&m, MANY, &ledgers[i]), POPGX_OK);
    ledger_observe(ledgers[2], look_away, NULL);
    engine_start(engine, &people.view);
    for (int32_t s = 0; s < m.n_strategies; s++) {
        ledger_bill_t told, silent, observed;
        uint64_t n_fired = 0;
        cr_assert_eq(engine_run(engine, s, &trajectory, &n_fired), POPGX_OK);
        n_told += trajectory.process == PROCESS_DISEASE;
        cr_assert_eq(ledger_post(ledgers[0], &people.view, &trajectory, &told), POPGX_OK);
        silence(&trajectory);
        cr_assert_eq(ledger_post(ledgers[1], &people.view, &trajectory, &silent), POPGX_OK);
        expect_same_bills(&m, &told, &silent, (int)seed);
        cr_assert_eq(ledger_post(ledgers[2], &people.view, &trajectory, &observed), POPGX_OK);
        expect_same_bills(&m, &observed, &silent, (int)seed);
    }
    for (int i = 0; i < 3; i++) ledger_free(ledgers[i]);
    engine_free(engine);
    trajectory_release(&trajectory);
    hand_people_release(&m, &people);
    model_release(&m);
    return n_told;
}

Test(stays, are_billed_as_if_nothing_had_been_told)
{
    int n_told = 0;
    for (uint64_t seed = 0; seed < MODELS; seed++) n_told += bill_thrice(seed);
    cr_assert_eq(n_told, 2 * MODELS, "only %d of the runs were told", n_told);
}

/* A trajectory by hand: all of minute 10 in the first state at a rate that no account can hold. */
Test(stays, that_do_not_fit_are_refused_with_the_person_and_the_payoff)
{
    model_t m = payoff_model(1000);
    int32_t start = add_moment(&m, "start", DRUG, STANDARD), *person, *minute;
    int32_t cost = add_outcome(&m, "cost", 0, 0, 1, 20);
    uint64_t keys[3] = {0};
    uint8_t carrier[3] = {0};
    const uint8_t *levels[] = {carrier};
    cohort_view_t people = {.n = 3, .first_id = 40, .key = keys, .level = levels};
    trajectory_t trajectory;
    ledger_bill_t bill;
    ledger_t *ledger;

    add_flow(&m, add_cell(&m, cost, "gold"), where(&m, DRUG, 1 << NONE), constant(&m, 1e14));
    trajectory_init(&trajectory);
    cr_assert_eq(trajectory_reset(&trajectory, 3, 1000), POPGX_OK);
    trajectory.process = DRUG;
    trajectory_append_move(&trajectory, &(trajectory_run_t){.moment = start, .count = 1, .left = NONE, .entered = STANDARD}, &person, &minute);
    *person = 1, *minute = 10;
    cr_assert_eq(ledger_new(&m, 3, &ledger), POPGX_OK);
    cr_assert_eq(ledger_post(ledger, &people, &trajectory, &bill), POPGX_E_RANGE);
    cr_assert(strstr(popgx_err_detail(), "person 41, minute 10: cost gold (while drug: none)"), "%s", popgx_err_detail());
    ledger_free(ledger);
    trajectory_release(&trajectory);
    model_release(&m);
}
