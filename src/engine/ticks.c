/*
 * The shorter way for models in cycles: where nothing but the ends of cycles and dates of the strategy is timed, everybody's
 * next moment is known without looking, so the block goes from date to date together. The uniforms of all that live are drawn in one
 * loop and held against the probability of leaving; only who leaves is looked at further. Gives the records of the general way.
 */
#include <string.h>

#include "engine/batch.h"

bool ticks_fit(const model_t *m, int32_t strategy)
{
    const model_span_t clocks = m->strategies[strategy].clocks;
    bool has_tick = false;

    for (int32_t c = 0; c < clocks.count; c++) {
        const int32_t kind = m->clocks[m->indices[clocks.first + c]].kind;
        if (kind != CLOCK_TICK && kind != CLOCK_DATE) return false;
        has_tick |= kind == CLOCK_TICK;
    }
    return has_tick;
}

/* Whether the end of a cycle does nothing but choose a transition, or to stay, from a table. */
static bool only_chooses(const engine_t *engine, int32_t moment_index)
{
    const model_t *m = engine->model;
    const model_moment_t *moment = &m->moments[moment_index];

    if (moment->kind != MOMENT_CYCLE || moment->branches.count != 1 || moment->effects.count || moment->updates.count) return false;
    if (m->rule_lists[m->strategies[engine->strategy].rules_of + moment_index].count) return false;
    const model_branch_t *branch = &m->branches[moment->branches.first];
    return !branch->formulas && branch->table.width > 1 && m->indices[branch->outcomes + branch->table.width - 1] == MODEL_NONE;
}

/* row[j]: where the row of people[j] starts in the table of the branch; of everybody, 0 .. n - 1, if `people` is NULL. */
static void find_rows(engine_t *engine, const model_branch_t *branch, int32_t now, int32_t n, const int32_t *people, int32_t *restrict row)
{
    const model_t *m = engine->model;
    const int32_t width = branch->table.width;

    memset(row, 0, (size_t)n * sizeof *row);
    for (int32_t t = 0; t < branch->times.count; t++) {
        const model_time_axis_t *axis = &m->time_axes[branch->times.first + t];
        const double *age = axis->kind == TIME_AGE ? engine->people.number[m->settings.age] : NULL;
        const int32_t *entered = axis->kind == TIME_IN_STATE ? entered_column(engine, axis->process) : NULL;
        const int32_t same = axis->kind == TIME_CYCLE ? model_time_row(m, axis, now, 0, 0) * width : 0;
        for (int32_t j = 0; same && j < n; j++) row[j] += same;
        for (int32_t j = 0; axis->kind != TIME_CYCLE && j < n; j++) {
            const int32_t i = people ? people[j] : j;
            row[j] += model_time_row(m, axis, now, age ? age[i] : 0, entered ? entered[i] : 0) * width;
        }
    }
    for (int32_t a = 0; a < branch->table.axes.count; a++) {
        const model_axis_t *axis = &m->axes[branch->table.axes.first + a];
        const uint8_t *restrict level = engine->level[axis->slot];
        const int32_t stride = axis->stride * width;
        if (!people) engine->kernels->add_levels(n, level, stride, row);
        else for (int32_t j = 0; j < n; j++) row[j] += level[people[j]] * stride;
    }
}

/* Everybody's cycle ends: who leaves meets their moment, outcome by outcome. While most are alive, the dead are taken along. */
static void end_cycle(engine_t *engine, const model_branch_t *branch, int32_t now, int32_t n, const int32_t *people)
{
    const model_t *m = engine->model;
    const int32_t width = branch->table.width, *restrict row = engine->group.situation;
    const double *first = m->reals + branch->table.first, *restrict u = engine->group.value;
    int32_t *restrict leaver = engine->next_due, *restrict chosen = engine->next_clock, *restrict group = engine->active; /* cascades leave them alone */
    const bool is_for_all = (size_t)n * 4 > engine->people.n * 3;
    const int32_t *who = is_for_all ? NULL : people, n_who = is_for_all ? (int32_t)engine->people.n : n;

    find_rows(engine, branch, now, n_who, who, engine->group.situation);
    const int32_t n_found = engine->kernels->find_leavers(n_who, who, engine->people.key, branch->purpose,
                                                          (uint64_t)(now / m->settings.cycle.minutes - 1), m->settings.lot_bits, first + width - 2, row,
                                                          engine->group.value, leaver);
    int32_t n_leavers = 0;
    for (int32_t j = 0; j < n_found; j++) {
        const int32_t at = leaver[j], person = who ? who[at] : at;
        const double *cumulative = first + row[at];
        int32_t k = 0;
        if (!who && !is_alive(engine, person)) continue;
        while (u[at] >= cumulative[k]) k++;
        chosen[n_leavers] = k;
        leaver[n_leavers++] = person;
        engine->now[person] = now;
    }
    for (int32_t k = 0; k < width - 1 && n_leavers > 0; k++) {
        const int32_t outcome = m->indices[branch->outcomes + k];
        int32_t n_group = 0, n_rest = 0;
        for (int32_t j = 0; j < n_leavers; j++) { /* those that are left move up */
            const bool is_meant = chosen[j] == k;
            group[n_group] = leaver[j];
            n_group += is_meant;
            leaver[n_rest] = leaver[j];
            chosen[n_rest] = chosen[j];
            n_rest += !is_meant;
        }
        n_leavers = n_rest;
        if (n_group == 0 || outcome == MODEL_NONE) continue;
        if (m->moments[outcome].kind == MOMENT_TIMED) engine->n_fired += (uint64_t)n_group;
        cascade_moment(engine, outcome, n_group, group);
    }
}

static void happen_to_all(engine_t *engine, int32_t moment, int32_t now, int32_t n, const int32_t *people)
{
    for (int32_t j = 0; j < n; j++) engine->now[people[j]] = now;
    cascade_moment(engine, moment, n, people);
}

/* The next minute after `now` at which one of the strategy's clocks fires; the horizon if there is none. */
static int32_t next_minute(const model_t *m, model_span_t clocks, int32_t now)
{
    int32_t next = m->settings.horizon;

    for (int32_t c = 0; c < clocks.count; c++) {
        const model_clock_t *clock = &m->clocks[m->indices[clocks.first + c]];
        int32_t due = MODEL_NEVER;
        if (clock->kind == CLOCK_DATE) due = clock->minutes > now ? clock->minutes : MODEL_NEVER;
        else if (now < 0 || now / clock->minutes < clock->most) due = now < 0 ? clock->minutes : (now / clock->minutes + 1) * clock->minutes;
        next = due < next ? due : next;
    }
    return next;
}

static bool fires(const model_clock_t *clock, int32_t now)
{
    if (clock->kind == CLOCK_DATE) return now == clock->minutes;
    return now > 0 && now % clock->minutes == 0 && now / clock->minutes <= clock->most;
}

/* All clocks that fire at `now`, in their order. Returns how many people are left. */
static int32_t fire_all(engine_t *engine, model_span_t clocks, int32_t now, int32_t n, int32_t *people)
{
    const model_t *m = engine->model;

    for (int32_t c = 0; c < clocks.count && n > 0; c++) {
        const int32_t k = m->indices[clocks.first + c];
        const model_clock_t *clock = &m->clocks[k];
        if (!fires(clock, now)) continue;
        if (only_chooses(engine, clock->moment)) end_cycle(engine, &m->branches[m->moments[clock->moment].branches.first], now, n, people);
        else happen_to_all(engine, clock->moment, now, n, people);
        if (engine->plan.clocks[engine->strategy * m->n_clocks + k].kills) n = keep_alive(engine, n, people, people);
    }
    return n;
}

void ticks_run(engine_t *engine, int32_t n, int32_t *people)
{
    const model_t *m = engine->model;
    const model_span_t clocks = m->strategies[engine->strategy].clocks;

    int32_t now = next_minute(m, clocks, -1); /* a date may be at minute 0 */

    while (now < m->settings.horizon && n > 0 && !engine->trajectory->is_full && !engine->flaw.what) {
        n = fire_all(engine, clocks, now, n, people);
        now = next_minute(m, clocks, now);
    }
}
