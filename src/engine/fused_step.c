/*
 * A step of the fused path: the clocks of everybody in a queue race, and the people whom a clock has won move together, column by
 * column, to the queue of their next state. There the thresholds of the clocks that lost are burned and that of the winner is drawn
 * anew. Those whose earliest clock is at the horizon or beyond are done and simply left behind.
 *
 * Weibull clocks race by the logarithms of their times, so that only the winner's is taken back to a minute. Where that cannot
 * decide who is first (within two minutes of each other, or right after the last event), each person's clocks are aimed one by one.
 */
#include <math.h> /* INFINITY */
#include <string.h>

#include "engine/fused_queues.h"

static const model_clock_t *clock_of(const fused_crowd_t *crowd, int32_t c)
{
    return &crowd->engine->model->clocks[crowd->plan->clock[c]];
}

static bool is_running(const fused_crowd_t *crowd, int32_t q, int32_t c) { return crowd->class->runs[q] >> c & 1; }

static const model_curve_t *curve_of(const fused_crowd_t *crowd, int32_t q, int32_t c)
{
    return &crowd->engine->model->curves[crowd->class->curve[q][c]];
}

static bool is_weibull(const fused_crowd_t *crowd, int32_t q, int32_t c) { return curve_of(crowd, q, c)->kind == CURVE_WEIBULL; }

/* Clock c in state q as the kernels of Weibull clocks want it; `table` holds its ratios or their inverses. */
static kernel_weibull_t weibull_of(const fused_crowd_t *crowd, int32_t q, int32_t c, const double *table, const fused_queue_t *queue, int32_t at)
{
    const model_curve_t *curve = curve_of(crowd, q, c);
    const double *by_row = fused_by_row(crowd->plan, table, q, c);

    return (kernel_weibull_t){.shape = curve->a, .inverse_shape = curve->b, .log_scale = curve->c, .factor = by_row[crowd->class->row],
                              .factors = crowd->class->is_uniform[q][c] ? NULL : by_row,
                              .integral = crowd->plan->may_repeat[c] ? queue->integral[c] + at : NULL,
                              .threshold = queue->threshold[c] + at, .clock = c};
}

/* Dense columns for clocks of other families. */
static const double *factors_of(const fused_crowd_t *crowd, int32_t q, int32_t c, const double *table, int32_t n, const int32_t *row)
{
    const double *by_row = fused_by_row(crowd->plan, table, q, c);
    double *factor = crowd->fused->ratio;

    if (crowd->class->is_uniform[q][c])
        for (int32_t j = 0; j < n; j++) factor[j] = by_row[crowd->class->row];
    else
        for (int32_t j = 0; j < n; j++) factor[j] = by_row[row[j]];
    return factor;
}

static const double *integrals_of(const fused_crowd_t *crowd, int32_t c, const fused_queue_t *queue, int32_t at)
{
    return crowd->plan->may_repeat[c] ? queue->integral[c] + at : crowd->fused->zero;
}

/* ---- who wins ---- */

/* The first minute in which clock c of person j may fire. */
static int32_t first_of(const fused_crowd_t *crowd, const fused_queue_t *queue, int32_t c, int32_t j)
{
    return crowd->plan->is_simple ? queue->entered[j] + 1 : queue->last[j] + (queue->late[j] >> c & 1);
}

/* Aims person j's clocks one by one: the lowest of the earliest wins. */
static void decide(const fused_crowd_t *crowd, int32_t q, const fused_queue_t *queue, int32_t j)
{
    const model_t *m = crowd->engine->model;
    int32_t *minute = &crowd->fused->minute[j];

    *minute = MODEL_NEVER;
    crowd->fused->winner[j] = MODEL_NONE;
    for (int32_t c = 0; c < crowd->plan->n_clocks; c++) {
        if (!is_running(crowd, q, c) || queue->threshold[c][j] >= (double)INFINITY) continue;
        const double inverse = fused_by_row(crowd->plan, crowd->plan->inverse, q, c)[crowd->plan->has_kinds ? queue->row[j] : crowd->class->row];
        const double integral = crowd->plan->may_repeat[c] ? queue->integral[c][j] : 0;
        int32_t due = hazard_minute(queue->entered[j] + hazard_solve(m, curve_of(crowd, q, c), integral + queue->threshold[c][j] * inverse));
        if (due < first_of(crowd, queue, c, j)) due = first_of(crowd, queue, c, j);
        if (due >= *minute) continue;
        *minute = due;
        crowd->fused->winner[j] = c;
    }
}

static void race_weibulls(const fused_crowd_t *crowd, int32_t q, const fused_queue_t *queue)
{
    fused_t *fused = crowd->fused;
    kernel_weibull_t clocks[FUSED_MOST_CLOCKS];
    int32_t n_clocks = 0;

    for (int32_t c = 0; c < crowd->plan->n_clocks; c++)
        if (is_running(crowd, q, c) && is_weibull(crowd, q, c))
            clocks[n_clocks++] = weibull_of(crowd, q, c, crowd->plan->inverse, queue, 0);
    if (n_clocks == 0) {
        for (int32_t j = 0; j < queue->n; j++) fused->minute[j] = MODEL_NEVER, fused->winner[j] = MODEL_NONE;
        return;
    }
    if (!crowd->engine->kernels->race_weibulls(queue->n, n_clocks, clocks, queue->row, queue->entered,
                                               crowd->plan->is_simple ? queue->entered : queue->last, fused->minute, fused->winner))
        return;
    for (int32_t j = 0; j < queue->n; j++)
        if (fused->winner[j] == KERNEL_DOUBT) decide(crowd, q, queue, j);
}

/* minute and winner become those of everybody's earliest clock, the lowest one in a tie. */
static void race(const fused_crowd_t *crowd, int32_t q, const fused_queue_t *queue)
{
    fused_t *fused = crowd->fused;
    const kernels_t *kernels = crowd->engine->kernels;

    race_weibulls(crowd, q, queue);
    for (int32_t c = 0; c < crowd->plan->n_clocks; c++) {
        if (!is_running(crowd, q, c) || is_weibull(crowd, q, c)) continue;
        const kernel_curve_t curve = situation_curve(crowd->engine->model, crowd->class->curve[q][c]);
        for (int32_t j = 0; j < queue->n; j++)
            fused->first[j] = queue->threshold[c][j] < (double)INFINITY ? first_of(crowd, queue, c, j) : MODEL_NEVER;
        kernels->aim_entered(queue->n, &curve, queue->entered, factors_of(crowd, q, c, crowd->plan->inverse, queue->n, queue->row),
                             integrals_of(crowd, c, queue, 0), queue->threshold[c], fused->first, fused->due);
        kernels->earlier_of_all(queue->n, fused->due, c, fused->minute, fused->winner);
    }
}

/* ---- what becomes of the winners ---- */

/* The people of a queue for whom one clock has won. */
typedef struct {
    const fused_crowd_t *crowd;
    const fused_queue_t *from;
    int32_t q, clock;           /* of the plan */
    int32_t next;               /* state; MODEL_NONE: they die */
    int32_t n;
} winners_t;

static void keep_ints(const winners_t *won, const int32_t *from, int32_t *to)
{
    const fused_t *fused = won->crowd->fused;
    won->crowd->engine->kernels->compact_ints(won->from->n, fused->is_chosen, fused->index, won->n, from, to);
}

static void keep_doubles(const winners_t *won, const double *from, double *to)
{
    const fused_t *fused = won->crowd->fused;
    won->crowd->engine->kernels->compact_doubles(won->from->n, fused->is_chosen, fused->index, won->n, from, to);
}

/* Puts them on record; `earlier` is how often it had happened to them before. */
static void record(const winners_t *won, int64_t earlier, int32_t **person, int32_t **minute)
{
    const trajectory_run_t move = {.moment = clock_of(won->crowd, won->clock)->moment, .count = won->n, .left = won->q,
                                   .entered = won->next, .earlier = earlier};

    won->crowd->engine->n_fired += (uint64_t)won->n;
    trajectory_append_move(won->crowd->engine->trajectory, &move, person, minute);
    keep_ints(won, won->from->person, *person);
    keep_ints(won, won->crowd->fused->minute, *minute);
}

static void bury(const winners_t *won)
{
    int32_t *end = won->crowd->engine->trajectory->end, *person, *minute;

    record(won, 0, &person, &minute);
    for (int32_t j = 0; j < won->n; j++) end[person[j]] = minute[j];
}

/* From when on which of the clocks may fire: see fused_queue_t. */
static void mark_late(const winners_t *won, const int32_t *minute, fused_queue_t *to, int32_t at)
{
    const uint32_t begin = won->next == won->q ? 0 : ~won->crowd->class->runs[won->q];

    keep_ints(won, won->from->late, to->late + at);
    keep_ints(won, won->from->last, to->last + at);
    won->crowd->engine->kernels->mark_late(won->n, (int32_t)(begin | 1u << won->clock), minute, to->last + at, to->late + at);
}

/* The clocks that ran in the state that is left lose what they burned there. */
static void burn_losers(const winners_t *won, const int32_t *entered, const int32_t *minute, const fused_queue_t *to, int32_t at)
{
    const fused_crowd_t *crowd = won->crowd;
    fused_t *fused = crowd->fused;
    kernel_weibull_t weibulls[FUSED_MOST_CLOCKS];
    int32_t n_weibulls = 0;
    bool has_origin = false;

    for (int32_t c = 0; c < crowd->plan->n_clocks; c++) {
        if (!is_running(crowd, won->q, c) || c == won->clock) continue;
        if (is_weibull(crowd, won->q, c)) {
            weibulls[n_weibulls++] = weibull_of(crowd, won->q, c, crowd->plan->ratio, to, at);
            continue;
        }
        const kernel_curve_t curve = situation_curve(crowd->engine->model, crowd->class->curve[won->q][c]);
        for (int32_t j = 0; !has_origin && j < won->n; j++) fused->origin[j] = entered[j];
        has_origin = true;
        crowd->engine->kernels->burn(won->n, &curve, minute, fused->origin, factors_of(crowd, won->q, c, crowd->plan->ratio, won->n, to->row + at),
                                     integrals_of(crowd, c, to, at), to->threshold[c] + at);
    }
    if (n_weibulls > 0) crowd->engine->kernels->burn_weibulls(won->n, n_weibulls, weibulls, to->row + at, entered, minute);
}

/* The winner's next thresholds; none if it has fired as often as it may. */
static void draw_again(const winners_t *won, fused_queue_t *to, int32_t at)
{
    const model_clock_t *clock = clock_of(won->crowd, won->clock);
    const int32_t *fired = to->fired[won->clock] + at;
    double *threshold = to->threshold[won->clock] + at;

    won->crowd->engine->kernels->exponentials_at(won->n, to->key + at, clock->purpose, fired, won->crowd->engine->model->settings.lot_bits, threshold);
    if (clock->most == MODEL_NEVER) return;
    for (int32_t j = 0; j < won->n; j++)
        if (fired[j] >= clock->most) threshold[j] = (double)INFINITY;
}

/* They go on in the state in which they are; the winner is aimed from now on. */
static void stay(const winners_t *won, const int32_t *minute, fused_queue_t *to, int32_t at)
{
    const kernel_curve_t curve = situation_curve(won->crowd->engine->model, won->crowd->class->curve[won->q][won->clock]);

    keep_ints(won, won->from->entered, to->entered + at);
    won->crowd->engine->kernels->integrate(won->n, &curve, to->entered + at, minute, to->integral[won->clock] + at);
}

/* They enter another state, where all clocks begin at 0. */
static void go(const winners_t *won, const int32_t *minute, fused_queue_t *to, int32_t at)
{
    int32_t *entered = won->crowd->fused->due; /* free once the winners are known */

    keep_ints(won, won->from->entered, entered);
    burn_losers(won, entered, minute, to, at);
    memcpy(to->entered + at, minute, (size_t)won->n * sizeof *minute);
    for (int32_t c = 0; c < won->crowd->plan->n_clocks; c++)
        if (won->crowd->plan->may_repeat[c]) memset(to->integral[c] + at, 0, (size_t)won->n * sizeof *to->integral[c]);
}

/* The winners leave for the end of the queue `to`. */
static void move(const winners_t *won, fused_queue_t *to)
{
    const fused_crowd_t *crowd = won->crowd;
    const fused_plan_t *plan = crowd->plan;
    const int32_t at = to->n;
    int32_t *person, *minute;

    for (int32_t c = 0; c < plan->n_clocks; c++) {
        if (plan->next[c] != MODEL_NONE) keep_ints(won, won->from->fired[c], to->fired[c] + at);
        if (c == won->clock) continue;
        keep_doubles(won, won->from->threshold[c], to->threshold[c] + at);
        if (plan->may_repeat[c]) keep_doubles(won, won->from->integral[c], to->integral[c] + at);
    }
    record(won, crowd->engine->kernels->count_again(won->n, to->fired[won->clock] + at), &person, &minute);
    memcpy(to->person + at, person, (size_t)won->n * sizeof *person);
    crowd->engine->kernels->compact_words(won->from->n, crowd->fused->is_chosen, crowd->fused->index, won->n, won->from->key, to->key + at);
    if (plan->has_kinds) keep_ints(won, won->from->row, to->row + at);
    if (!plan->is_simple) mark_late(won, minute, to, at);
    if (won->next == won->q) stay(won, minute, to, at);
    else go(won, minute, to, at);
    draw_again(won, to, at);
    to->n += won->n;
}

void fused_step(const fused_crowd_t *crowd, int32_t q)
{
    fused_t *fused = crowd->fused;
    const fused_queue_t leaving = fused->queue[q];

    fused->queue[q] = fused->leaving; /* some may come back to this state in this very step */
    fused->queue[q].n = 0;
    fused->leaving = leaving;
    race(crowd, q, &leaving);
    for (int32_t c = 0; c < crowd->plan->n_clocks; c++) {
        if (!is_running(crowd, q, c)) continue;
        const int32_t next = crowd->plan->next[c];
        winners_t won = {.crowd = crowd, .from = &leaving, .q = q, .clock = c, .next = next == FUSED_STAYS ? q : next};
        won.n = crowd->engine->kernels->choose_winners(leaving.n, fused->winner, c, fused->minute, crowd->engine->model->settings.horizon,
                                                       fused->is_chosen, fused->index);
        if (won.n == 0) continue;
        if (next == MODEL_NONE) bury(&won);
        else move(&won, &fused->queue[won.next]);
    }
}
