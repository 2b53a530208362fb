/*
 * Time: from minute to minute at which something is due, those whose clock fires are taken out, have it happen, and come back. After each, people who
 * have become alike are joined again. Numbers of a kind are worked out here, since they are numbers now. Owns nothing.
 */
#include "expected/lives.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

/* ---- numbers of a kind ---- */

popgx_err_t lives_formula(lives_t *r, unsigned char *kind, model_formula_t f, double *value)
{
    one_person_load(&r->one, kind);
    *value = one_person_formula(&r->one, f, r->now);
    if (isfinite(*value)) return POPGX_OK;
    return FAIL(RANGE, "%s is no number after %d minutes", model_text(r->m, r->m->programs[f - 1].text), r->now);
}

popgx_err_t lives_amount(lives_t *r, unsigned char *kind, const model_table_t *table, model_formula_t f, double *value)
{
    if (f) return lives_formula(r, kind, f, value);
    *value = r->m->reals[model_row_first(r->m, table, kind_levels(&r->layout, kind))];
    return POPGX_OK;
}

/* ---- time ---- */

/* Forgets the dead and what says nothing new, and makes one of those who are alike. */
static popgx_err_t settle(lives_t *r, kinds_t *kinds)
{
    const model_t *m = r->m;
    size_t n = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        if (!kind_is_alive(&r->layout, kind)) continue;
        for (int32_t p = 0; p < m->settings.n_processes; p++) {
            const int64_t earliest = r->now - (int64_t)r->longest[p] * m->settings.cycle.minutes;
            int32_t *entered = &kind_entered(&r->layout, kind)[p];
            if (r->longest[p] && *entered < earliest) *entered = (int32_t)earliest;
        }
        kind_forget_times(&r->layout, kind, r->now);
        memmove(kind_at(kinds, n++), kind, r->layout.size);
    }
    kinds->n = n;
    kinds_merge(kinds);
    if ((int64_t)kinds->n > r->out->n_kinds) r->out->n_kinds = (int64_t)kinds->n;
    if (kinds->n <= EXPECTED_MOST_KINDS) return POPGX_OK;
    return FAIL(RANGE, "more than %d kinds of people after %d minutes: let less of the past matter, or simulate", EXPECTED_MOST_KINDS, r->now);
}

/* When the clock fires next after `now` for this kind of people. */
static int32_t next_of(const lives_t *r, int32_t c, unsigned char *kind)
{
    const model_clock_t *clock = &r->m->clocks[c];

    switch (clock->kind) {
    case CLOCK_TICK: return r->now / clock->minutes < clock->most ? (r->now / clock->minutes + 1) * clock->minutes : MODEL_NEVER;
    case CLOCK_DATE: return clock->minutes > r->now ? clock->minutes : MODEL_NEVER;
    default: return kind_due(&r->layout, kind)[c];
    }
}

static bool find_next(const lives_t *r, const kinds_t *kinds, int32_t *next)
{
    const model_span_t clocks = r->strategy->clocks;

    *next = r->m->settings.horizon;
    for (size_t i = 0; i < kinds->n; i++)
        for (int32_t c = 0; c < clocks.count; c++) {
            int32_t due = next_of(r, r->m->indices[clocks.first + c], kind_at(kinds, i));
            if (due < *next) *next = due;
        }
    return *next < r->m->settings.horizon;
}

/* Whether the clock fires in this minute; a result that arrives is no longer pending. */
static bool fires(const lives_t *r, int32_t c, unsigned char *kind)
{
    const model_clock_t *clock = &r->m->clocks[c];
    int32_t *due = &kind_due(&r->layout, kind)[c];

    if (!kind_is_alive(&r->layout, kind)) return false;
    if (clock->kind == CLOCK_TICK) return r->now % clock->minutes == 0;
    if (clock->kind == CLOCK_DATE) return clock->minutes == r->now;
    if (*due != r->now) return false;
    *due = MODEL_NEVER;
    return true;
}

static popgx_err_t fire_all(lives_t *r, kinds_t *kinds)
{
    popgx_err_t err = POPGX_OK;
    const model_span_t clocks = r->strategy->clocks;

    for (int32_t i = 0; i < clocks.count; i++) { /* in their order: the lowest goes first */
        const int32_t c = r->m->indices[clocks.first + i];
        bool *is_meant = memory_resize(NULL, kinds->n + 1, sizeof *is_meant);
        kinds_t group = kinds_new(&r->layout);
        for (size_t k = 0; k < kinds->n; k++) is_meant[k] = fires(r, c, kind_at(kinds, k));
        kinds_choose(kinds, is_meant, &group);
        free(is_meant);
        err = lives_happen(r, &group, r->m->clocks[c].moment);
        kinds_join(kinds, &group);
        if (!err) err = settle(r, kinds);
        if (err) break;
    }
    return err;
}

popgx_err_t lives_follow(lives_t *r, kinds_t *kinds)
{
    popgx_err_t err = POPGX_OK;
    const model_cycle_t *cycle = &r->m->settings.cycle;
    int32_t point = 0, next;

    r->now = 0;
    TRY(lives_follow_rules(r, kinds, r->strategy->entry));
    TRY(settle(r, kinds));
    do { /* whatever is due between two points of time comes before the second one */
        bool has_next = find_next(r, kinds, &next);
        while (point <= cycle->count && (!has_next || point * cycle->minutes < next)) {
            r->now = point * cycle->minutes;
            TRY(lives_count_point(r, kinds, point++));
        }
        if (!has_next) break;
        r->now = next;
        TRY(fire_all(r, kinds));
    } while (true);
out:
    return err;
}
