/*
 * Stays: flows whose rate is that of the state of one process, in blocks where every change of that state is told as a move
 * (trajectory_run_t). Everybody of a run leaves the same state then, so what flowed there is known without looking
 * anybody up, and flows that begin and end together keep one column. What is posted is what the general way would post, bit by bit.
 * Of a silent trajectory, as from a file, the moves of one process are found: who was in which state is looked up once, for all its flows.
 *
 * A post that does not fit is only noticed here: the block is then billed again the general way, which finds out who and what it was.
 */
#include <stdlib.h>

#include "ledger/ledger_state.h"

/* ---- the plan ---- */

/* The slot of the only process that a flow looks at, or MODEL_NONE. */
static int32_t process_of(const model_t *m, const model_flow_t *flow)
{
    int32_t process = MODEL_NONE;

    if (flow->formula) return MODEL_NONE;
    for (int32_t i = 0; i < flow->condition.count + flow->rate.axes.count; i++) {
        const int32_t a = i - flow->condition.count;
        const int32_t slot = a < 0 ? m->terms[flow->condition.first + i].slot : m->axes[flow->rate.axes.first + a].slot;
        if (slot == m->settings.life) continue; /* being alive is implied */
        if (m->slots[slot].kind != SLOT_PROCESS || (process != MODEL_NONE && slot != process)) return MODEL_NONE;
        process = slot;
    }
    return process;
}

static double rate_in(const model_t *m, const model_flow_t *flow, int32_t process, int32_t level)
{
    int32_t row = 0;

    for (int32_t i = 0; i < flow->condition.count; i++) {
        const model_term_t *term = &m->terms[flow->condition.first + i];
        if (term->slot == process && !(term->levels >> level & 1)) return 0;
    }
    for (int32_t a = 0; a < flow->rate.axes.count; a++) {
        const model_axis_t *axis = &m->axes[flow->rate.axes.first + a];
        row += (axis->slot == process ? level : LIFE_ALIVE) * axis->stride;
    }
    return m->reals[flow->rate.first + row];
}

static bool do_all_differ(const double *rate, int32_t n)
{
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = 0; b < n; b++)
            if (a != b && rate[a] != 0 && rate[a] == rate[b]) return false;
    return true;
}

/* The stay that these rates can become a part of, since it posts to the same account and never at the same time, or a new one. */
static ledger_stay_t *find_stay(ledger_plan_t *plan, const ledger_rate_t *how, const double *rate, int32_t n)
{
    for (int32_t s = 0; s < plan->n_stays; s++) {
        ledger_stay_t *stay = &plan->stays[s];
        bool is_free = stay->all_differ && stay->process == how->process && stay->account.cell == how->account.cell && stay->discount == how->discount;
        for (int32_t l = 0; is_free && l < n; l++) is_free = rate[l] == 0 || stay->rate[l] == 0;
        if (is_free) return stay;
    }
    return &plan->stays[plan->n_stays];
}

/* The flow whose column says since when all stays of this process and discount last; the flow itself if there is none yet. */
static int32_t since_of(const ledger_plan_t *plan, int32_t flow)
{
    const ledger_rate_t *how = &plan->flows[flow];

    for (int32_t s = 0; s < plan->n_stays; s++) {
        const ledger_stay_t *stay = &plan->stays[s];
        if (stay->all_differ && stay->process == how->process && stay->discount == how->discount) return stay->since;
    }
    return flow;
}

static void add_flow(ledger_plan_t *plan, int32_t flow, const double *rate, int32_t n)
{
    const ledger_rate_t *how = &plan->flows[flow];
    const bool all_differ = do_all_differ(rate, n);
    ledger_stay_t *stay = all_differ ? find_stay(plan, how, rate, n) : &plan->stays[plan->n_stays];

    if (stay == &plan->stays[plan->n_stays]) {
        *stay = (ledger_stay_t){.account = how->account, .scale = how->scale, .discount = how->discount, .process = how->process,
                                .rate = plan->stay_rates + (ptrdiff_t)plan->n_stays * MODEL_MAX_LEVELS,
                                .since = all_differ ? since_of(plan, flow) : flow, .all_differ = all_differ};
        plan->n_stays++;
    }
    for (int32_t l = 0; l < n; l++) stay->rate[l] += rate[l];
}

static int compare_since(const void *a, const void *b)
{
    const ledger_stay_t *x = a, *y = b;
    return (x->since > y->since) - (x->since < y->since);
}

static int32_t process_of_most(const ledger_plan_t *plan)
{
    int32_t process = MODEL_NONE, most = 0;

    for (int32_t s = 0; s < plan->n_stays; s++) {
        int32_t n = 0;
        for (int32_t other = 0; other < plan->n_stays; other++) n += plan->stays[other].process == plan->stays[s].process;
        if (n <= most) continue;
        most = n;
        process = plan->stays[s].process;
    }
    return process;
}

popgx_err_t ledger_plan_stays(ledger_plan_t *plan, const int32_t *flow_of)
{
    const model_t *m = plan->model;

    plan->stays = calloc((size_t)plan->n_flows + 1, sizeof *plan->stays);
    plan->stay_rates = calloc((size_t)plan->n_flows * MODEL_MAX_LEVELS + 1, sizeof *plan->stay_rates);
    if (!plan->stays || !plan->stay_rates) return FAIL(NOMEM, "no memory for the payoffs of the model");
    for (int32_t f = 0; f < m->n_flows; f++) {
        double rate[MODEL_MAX_LEVELS];
        if (flow_of[f] == MODEL_NONE) continue;
        ledger_rate_t *how = &plan->flows[flow_of[f]];
        const bool is_steady = how->floor == MODEL_NONE && plan->discounts[how->discount].clock == MODEL_NONE;
        how->process = is_steady ? process_of(m, &m->flows[f]) : MODEL_NONE;
        if (how->process == MODEL_NONE) continue;
        const int32_t n = m->slots[how->process].level_names.count;
        for (int32_t l = 0; l < n; l++) rate[l] = rate_in(m, &m->flows[f], how->process, l);
        add_flow(plan, flow_of[f], rate, n);
    }
    qsort(plan->stays, (size_t)plan->n_stays, sizeof *plan->stays, compare_since);
    plan->most_stays = process_of_most(plan);
    return POPGX_OK;
}

/* ---- a block ---- */

static double *since_column(const ledger_t *l, const ledger_stay_t *stay) { return l->from + (size_t)stay->since * l->capacity; }
static int64_t *cell_column(const ledger_t *l, const ledger_stay_t *stay) { return l->cell + (size_t)stay->account.cell * l->capacity; }

static void note_fit(ledger_t *l, const kernel_fit_t *fit) { l->is_unfit |= fit->outside || fit->wide >> LEDGER_TOTAL_BITS; }

/* Calls for each stay of the told process; `is_first` of those that share a column. */
#define FOR_EACH_STAY(l, stay)                                                                                               \
    for (const ledger_stay_t *stay = (l)->plan.stays; stay < (l)->plan.stays + (l)->plan.n_stays; stay++)                    \
        if (stay->process == (l)->told)

static bool is_first(const ledger_t *l, const ledger_stay_t *stay) { return stay == l->plan.stays || stay[-1].since != stay->since; }

bool ledger_is_stay(const ledger_t *l, int32_t flow) { return l->told != MODEL_NONE && l->plan.flows[flow].process == l->told; }

void ledger_stays_open(ledger_t *l)
{
    FOR_EACH_STAY(l, stay)
    {
        const double start = ledger_discount_at(l, stay->discount, 0);
        double *since = since_column(l, stay);
        if (!is_first(l, stay)) continue;
        for (size_t p = 0; p < l->people->n; p++) since[p] = start;
    }
}

/* place[k] is where in the run person[k] is; NULL: k. */
static void move(ledger_t *l, int32_t left, int32_t entered, int32_t n, const int32_t *person, const int32_t *place)
{
    kernel_fit_t fit;

    if (left == entered || entered == MODEL_NONE) return; /* what the dead still had is closed with everybody else's */
    FOR_EACH_STAY(l, stay)
    {
        const double rate = stay->rate[left], *now = l->factor + (size_t)stay->discount * l->capacity;
        if (!stay->all_differ && rate == stay->rate[entered]) continue;
        if (place) {
            l->kernels->take_doubles(n, place, now, l->amount);
            now = l->amount;
        }
        if (is_first(l, stay)) l->kernels->take_since(n, person, now, since_column(l, stay), l->number);
        if (rate == 0) continue;
        l->kernels->post_stay(n, person, l->number, now, rate, stay->scale, stay->account.bits, cell_column(l, stay), &fit);
        note_fit(l, &fit);
    }
}

void ledger_stays_move(ledger_t *l, int32_t left, int32_t entered, int32_t n, const int32_t *person)
{
    move(l, left, entered, n, person, NULL);
}

void ledger_stays_leave(ledger_t *l, const int32_t *left, int32_t entered, int32_t n, const int32_t *person)
{
    uint64_t levels = 0;
    int32_t differences = 0;

    for (int32_t k = 0; k < n; k++) differences |= left[k] ^ left[0];
    if (!differences) { /* as in most models whose events say `from` */
        move(l, left[0], entered, n, person, NULL);
        return;
    }
    for (int32_t k = 0; k < n; k++) levels |= 1ull << left[k];
    for (; levels; levels &= levels - 1) {
        const int32_t level = __builtin_ctzll(levels), n_here = l->kernels->take_group(n, left, level, person, l->start);
        (void)l->kernels->take_group(n, left, level, l->everybody, l->stop);
        move(l, level, entered, n_here, l->start, l->stop);
    }
}

void ledger_stays_close(ledger_t *l)
{
    kernel_fit_t fit;

    FOR_EACH_STAY(l, stay)
    {
        l->kernels->close_stays((int32_t)l->people->n, l->level[stay->process], stay->rate, since_column(l, stay),
                                l->factor + (size_t)stay->discount * l->capacity, stay->scale, stay->account.bits, cell_column(l, stay), &fit);
        note_fit(l, &fit);
    }
}
