/*
 * bench_loop FOUR_RISKS.yaml: the program's engine and ledger against the limit program (limit_loop.c) on the same model, in turns
 * in one run, each with the instruction set that the program has chosen (POPGX_ISA overrides). Prints one JSON object.
 *
 * Both draw the people, live their lives, write trajectories and bill every person; they must agree on events, costs and QALYs.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/limits.h"
#include "benchmarks/simulated.h"
#include "benchmarks/timing.h"
#include "kernels/kernels.h"
#include "rng/keyed.h"

enum { SEED = 1, BLOCKS = 16 };

/* What one of the two has simulated: sums over people of events, costs and QALYs. */
typedef struct {
    double people, events, cost, cost_squared, qaly, qaly_squared;
} sums_t;

static _Noreturn void give_up(const char *why)
{
    fprintf(stderr, "bench_loop: %s\n", why);
    exit(EXIT_FAILURE);
}

static void need(popgx_err_t err)
{
    if (err) give_up(popgx_err_detail());
}

/* ---- the program ---- */

typedef struct {
    simulated_t s;
    uint64_t n_blocks;          /* done so far: every call takes up new people */
    sums_t sums;
} program_t;

static int64_t total_of(const ledger_bill_t *bill, model_span_t cells, size_t person)
{
    int64_t total = 0;
    for (int32_t c = 0; c < cells.count; c++) total += bill->cell[cells.first + c][person];
    return total;
}

static void add_people(sums_t *sums, uint64_t n_fired, size_t n, const int64_t *cost, double cost_unit, const int64_t *qaly, double qaly_unit)
{
    sums->people += (double)n;
    sums->events += (double)n_fired;
    for (size_t i = 0; i < n; i++) {
        double c = (double)cost[i] * cost_unit, q = (double)qaly[i] * qaly_unit;
        sums->cost += c;
        sums->cost_squared += c * c;
        sums->qaly += q;
        sums->qaly_squared += q * q;
    }
}

static double unit_of(const model_t *m, int32_t outcome) { return ldexp(1, -m->outcomes[outcome].grid_bits); }

static void run_program(void *context)
{
    program_t *p = context;
    workspace_t *w = &p->s.work;

    for (int b = 0; b < BLOCKS; b++) {
        ledger_bill_t bill;
        uint64_t n_fired = 0;
        cohort_view_t people = cohort_fill(w->cohort, rng_run_key(SEED, 0), p->n_blocks * LIMIT_N, LIMIT_N);

        engine_start(w->engine, &people);
        need(engine_run(w->engine, 0, &w->trajectory, &n_fired));
        need(ledger_post(w->ledger, &people, &w->trajectory, &bill));
        if (p->n_blocks < BLOCKS) { /* once is enough to see that both agree, and costs no time later */
            static int64_t cost[LIMIT_N], qaly[LIMIT_N];
            const model_t *m = &p->s.model;
            for (size_t i = 0; i < LIMIT_N; i++) {
                cost[i] = total_of(&bill, m->outcomes[m->settings.cost].cells, i);
                qaly[i] = total_of(&bill, m->outcomes[m->settings.qaly].cells, i);
            }
            add_people(&p->sums, n_fired, LIMIT_N, cost, unit_of(m, m->settings.cost), qaly, unit_of(m, m->settings.qaly));
        }
        p->n_blocks++;
    }
}

/* ---- the limit ---- */

typedef struct {
    const limits_t *limits;
    four_risks_t model;
    double cost_unit, qaly_unit;
    limit_lanes_t *lanes;
    limit_trajectory_t *trajectory;
    uint64_t n_blocks;
    sums_t sums;
} limit_t;

static void run_limit(void *context)
{
    static limit_bill_t bill;
    limit_t *l = context;

    for (int b = 0; b < BLOCKS; b++) {
        bill.n_fired = 0;
        l->limits->live(&l->model, l->n_blocks * LIMIT_N, l->lanes, l->trajectory, &bill);
        if (l->n_blocks < BLOCKS) add_people(&l->sums, bill.n_fired, LIMIT_N, bill.cost, l->cost_unit, bill.qaly, l->qaly_unit);
        l->n_blocks++;
    }
}

/* The clock whose moment has this name. */
static const model_clock_t *clock_of(const model_t *m, const char *name)
{
    for (int32_t k = 0; k < m->n_clocks; k++)
        if (strcmp(model_text(m, m->moments[m->clocks[k].moment].name), name) == 0) return &m->clocks[k];
    give_up("the model lacks one of the events relief, change, relapse and death");
}

/* The rate of the outcome's flow that holds in this state, a minute, on the outcome's grid. */
static double flow_in(const model_t *m, int32_t outcome, uint8_t *levels)
{
    double rate = 0;

    for (int32_t f = 0; f < m->n_flows; f++) {
        const model_flow_t *flow = &m->flows[f];
        if (m->cells[flow->cell].outcome == outcome && model_holds(m, flow->condition, levels))
            rate += m->reals[model_row_first(m, &flow->rate, levels)];
    }
    return rate * m->outcomes[outcome].per_unit / unit_of(m, outcome);
}

static double lump_at(const model_t *m, int32_t outcome, int32_t moment, uint8_t *levels)
{
    double amount = 0;

    for (int32_t l = 0; l < m->n_lumps; l++)
        if (m->lumps[l].moment == moment && m->cells[m->lumps[l].cell].outcome == outcome)
            amount += m->reals[model_row_first(m, &m->lumps[l].amount, levels)];
    return amount / unit_of(m, outcome);
}

/* Writes the compiled model's numbers where the limit program wants them; it has no others. */
static void take_model(limit_t *l, const model_t *m)
{
    static const char *const names[RISKS] = {"relief", "change", "relapse", "death"};
    int32_t condition = model_find_slot(m, "condition"), frailty = model_find_slot(m, "frailty");
    four_risks_t *r = &l->model;
    uint8_t levels[64] = {0};

    if (condition == MODEL_NONE || frailty == MODEL_NONE || m->n_slots > 64 || m->n_clocks != RISKS)
        give_up("this is not the model of four risks");
    *r = (four_risks_t){.run_key = rng_run_key(SEED, 0), .horizon = m->settings.horizon,
                        .discount = m->outcomes[m->settings.cost].flow_discount};
    for (int32_t s = 0; s < m->n_steps; s++)
        if (m->steps[s].to == frailty) r->frailty_purpose = m->steps[s].purpose;
    for (int k = 0; k < RISKS; k++) {
        const model_clock_t *clock = clock_of(m, names[k]);
        r->purpose[k] = clock->purpose;
        r->cost_lump[k] = lump_at(m, m->settings.cost, clock->moment, levels);
        for (uint8_t s = 0; s < STATES; s++) {
            levels[condition] = s;
            const model_curve_t *curve = &m->curves[model_row_first(m, &clock->curve, levels)];
            r->shape[k][s] = curve->a, r->inverse_shape[k][s] = curve->b, r->log_scale[k][s] = curve->c;
        }
        for (uint8_t f = 0; f < FRAILTIES; f++) {
            levels[frailty] = f;
            r->inverse_ratio[k][f] = 1;
            for (int32_t q = 0; q < clock->ratios.count; q++)
                r->inverse_ratio[k][f] /= m->reals[model_row_first(m, &m->ratios[clock->ratios.first + q], levels)];
        }
        levels[condition] = levels[frailty] = 0;
    }
    for (uint8_t s = 0; s < STATES; s++) {
        levels[condition] = s;
        r->cost_flow[s] = flow_in(m, m->settings.cost, levels) / r->discount;
        r->qaly_flow[s] = flow_in(m, m->settings.qaly, levels) / r->discount;
    }
    l->cost_unit = unit_of(m, m->settings.cost);
    l->qaly_unit = unit_of(m, m->settings.qaly);
}

/* ---- do they agree, and how fast are they ---- */

static double z_of(double sum_a, double squares_a, double sum_b, double squares_b, double n)
{
    double variance = (squares_a / n - sum_a / n * (sum_a / n) + squares_b / n - sum_b / n * (sum_b / n)) / n;
    return (sum_a - sum_b) / n / sqrt(variance);
}

static void print(const char *isa, const timed_t *program, const timed_t *limit, const sums_t *p, const sums_t *l)
{
    double program_rate = p->events / program->best, limit_rate = l->events / limit->best; /* the sums are those of one call */

    printf("{\"benchmark\": \"loop\", \"isa\": \"%s\", \"events_per_person\": %.4f, \"limit_events_per_person\": %.4f,\n"
           " \"z_cost\": %.2f, \"z_qaly\": %.2f,\n"
           " \"events_per_second\": %.0f, \"limit_events_per_second\": %.0f, \"share_of_limit\": %.3f}\n",
           isa, p->events / p->people, l->events / l->people, z_of(p->cost, p->cost_squared, l->cost, l->cost_squared, p->people),
           z_of(p->qaly, p->qaly_squared, l->qaly, l->qaly_squared, p->people), program_rate, limit_rate, program_rate / limit_rate);
}

int main(int argc, char **argv)
{
    static program_t program;
    static limit_t limit;

    if (argc != 2) give_up("usage: bench_loop FOUR_RISKS.yaml");
    need(simulated_open(&program.s, argv[1], LIMIT_N));
    take_model(&limit, &program.s.model);
    for (int i = 0; kernels_all[i]; i++)
        if (kernels_all[i] == kernels()) limit.limits = limits_all[i];
    limit.lanes = limit.limits->lanes_new();
    limit.trajectory = aligned_alloc(64, sizeof *limit.trajectory);
    if (!limit.lanes || !limit.trajectory) give_up("no memory");
    timed_t timed[] = {{.run = run_program, .context = &program}, {.run = run_limit, .context = &limit}};
    timing_compare(timed, 2, 5, 0.1);
    print(kernels()->isa, &timed[0], &timed[1], &program.sums, &limit.sums);
    free(limit.trajectory);
    free(limit.lanes);
    simulated_close(&program.s);
    return EXIT_SUCCESS;
}
