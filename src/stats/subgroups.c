/*
 * Sorts the people of a block into groups and tallies each group by itself: with the bills of all strategies at hand, since who belongs to a
 * group may be known only after the strategy that decides it. A group's bill is a piece of the block's, once the columns are in the order
 * of groups, and goes through tally_add like any other.
 */
#include "stats/subgroups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/observed.h"

/* Of all ranks' threads each has them twice, 16 bytes a sum. */
#define MOST_SUMS ((int64_t)1 << 26)

/* Of one strategy and everybody in the block; [..][capacity]. */
typedef struct {
    int64_t *cell;              /* [n_cells] */
    uint8_t *state;             /* [n_processes] */
    int32_t *events;            /* [n_moments]: of each person */
    bool *is_eventful;          /* [n_moments]: happened to anybody; the other columns of `events` are not filled */
    observed_t observed;           /* of strategies that a grouping looks at; else empty */
} kept_t;

struct subgroups {
    const model_t *model;
    model_t plain;              /* the same without what is kept of everybody only; borrows from it */
    size_t capacity;
    kept_t *kept;               /* [n_strategies] */
    tally_t part;               /* adds up one group; its sums are those of the group in hand */
    exact_sum_t *own_sums;      /* which it was made with */

    /* Of the grouping in hand: */
    int32_t *group, *order;     /* [capacity]: of each person; people sorted by it */
    int32_t *start;             /* [MODEL_MOST_GROUPS + 2]: of each group in `order` */

    /* Of the group in hand: */
    int64_t *cell;              /* [n_cells][capacity] */
    uint8_t *state;             /* [n_processes][capacity] */
    uint8_t *level;             /* [n_attributes][capacity] */
    const int64_t **cell_columns;
    const uint8_t **state_columns, **level_columns;
    int64_t *event_sums, *event_squares; /* [n_moments] */
};

/* ---- groupings ---- */

int32_t subgroups_first(const model_t *model, int32_t grouping)
{
    int32_t n = 0;
    for (int32_t g = 0; g < grouping; g++) n += model->groupings[g].n_groups;
    return n;
}

int32_t subgroups_count(const model_t *model) { return subgroups_first(model, model->n_groupings); }

/* A model whose tallies have room for what is kept of a group. */
static model_t without_sections(const model_t *model)
{
    model_t plain = *model;

    plain.n_groupings = 0;
    plain.settings.report = (model_report_t){0};
    return plain;
}

popgx_err_t subgroups_check_size(const model_t *model)
{
    const model_t plain = without_sections(model);
    const int64_t own = tally_layout(&plain).n_own, groups = subgroups_count(model);
    if (own * (groups + 1) <= MOST_SUMS) return POPGX_OK;
    return FAIL(INPUT, "%lld subgroups with %lld sums each would take %lld MB per thread: ask for fewer groups or with fewer strategies", (long long)groups,
                (long long)own, (long long)(own * groups >> 15));
}

void subgroups_levels(const model_t *model, const model_grouping_t *grouping, int32_t group, int32_t *levels)
{
    for (int32_t a = 0; a < grouping->axes.count; a++) {
        const model_group_axis_t *axis = &model->group_axes[grouping->axes.first + a];
        levels[a] = group / axis->stride % axis->level_names.count;
    }
}

char *subgroups_name(const model_t *model, const model_grouping_t *grouping, int32_t group)
{
    int32_t *levels = calloc((size_t)grouping->axes.count + 1, sizeof *levels);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    INVARIANT(levels && out, "no memory for a name");
    subgroups_levels(model, grouping, group, levels);
    for (int32_t a = 0; a < grouping->axes.count; a++) {
        const model_group_axis_t *axis = &model->group_axes[grouping->axes.first + a];
        fprintf(out, "%s%s", a > 0 ? ", " : "", model_text(model, model->name_list[axis->level_names.first + levels[a]]));
    }
    fclose(out);
    free(levels);
    return text;
}

int32_t subgroups_find(const model_t *model, const char *name)
{
    for (int32_t g = 0; g < model->n_groupings; g++)
        if (strcmp(model_text(model, model->groupings[g].name), name) == 0) return g;
    return MODEL_NONE;
}

tally_t subgroups_view_any(const tally_t *tally, int32_t index)
{
    const tally_layout_t *layout = &tally->layout;
    tally_t view = {.model = tally->model, .kernels = tally->kernels, .layout = *layout};

    view.layout.n_sums = layout->n_own;
    view.layout.n_groups = 0;
    view.layout.figure = view.layout.spread = MODEL_NONE;
    const int32_t first = layout->groups + index * layout->n_own;
    view.sums = tally->sums + first;
    view.hidden = tally->hidden ? tally->hidden + first : NULL;
    view.disclosure = tally->disclosure;
    return view;
}

tally_t subgroups_view(const tally_t *tally, int32_t grouping, int32_t group)
{
    return subgroups_view_any(tally, subgroups_first(tally->model, grouping) + group);
}

bool subgroups_add_up(const tally_t *tally)
{
    const model_t *m = tally->model;
    const int32_t n = tally->layout.n_own;

    for (int32_t g = 0; g < m->n_groupings; g++) {
        const exact_sum_t *sums = tally->sums + tally->layout.groups + subgroups_first(m, g) * n;
        for (int32_t i = 0; i < n; i++) {
            exact_sum_t total = 0;
            for (int32_t k = 0; k < m->groupings[g].n_groups; k++) total += sums[k * n + i];
            if (total != tally->sums[i]) return false;
        }
    }
    return true;
}

/* ---- memory ---- */

static bool is_looked_at(const model_t *m, int32_t strategy)
{
    for (int32_t g = 0; g < m->n_groupings; g++)
        for (int32_t a = 0; a < m->groupings[g].axes.count; a++)
            if (m->groupings[g].strategy == strategy && m->group_axes[m->groupings[g].axes.first + a].kind >= GROUP_FIRST_SHOWN) return true;
    return false;
}

static popgx_err_t make_kept(subgroups_t *s, int32_t strategy)
{
    const model_t *m = s->model;
    kept_t *kept = &s->kept[strategy];

    kept->cell = calloc((size_t)m->n_cells * s->capacity + 1, sizeof *kept->cell);
    kept->state = calloc((size_t)m->settings.n_processes * s->capacity + 1, 1);
    kept->events = calloc((size_t)m->n_moments * s->capacity + 1, sizeof *kept->events);
    kept->is_eventful = calloc((size_t)m->n_moments + 1, sizeof *kept->is_eventful);
    if (!kept->cell || !kept->state || !kept->events || !kept->is_eventful) return FAIL(NOMEM, "no memory for the subgroups of %zu people", s->capacity);
    return is_looked_at(m, strategy) ? observed_init(&kept->observed, m, s->capacity) : POPGX_OK;
}

static popgx_err_t make_columns(subgroups_t *s)
{
    const model_t *m = s->model;
    const size_t n = s->capacity;

    s->group = calloc(n + 1, sizeof *s->group);
    s->order = calloc(n + 1, sizeof *s->order);
    s->start = calloc(MODEL_MOST_GROUPS + 2, sizeof *s->start);
    s->cell = calloc((size_t)m->n_cells * n + 1, sizeof *s->cell);
    s->state = calloc((size_t)m->settings.n_processes * n + 1, 1);
    s->level = calloc((size_t)m->settings.n_attributes * n + 1, 1);
    s->cell_columns = calloc((size_t)m->n_cells + 1, sizeof *s->cell_columns);
    s->state_columns = calloc((size_t)m->settings.n_processes + 1, sizeof *s->state_columns);
    s->level_columns = calloc((size_t)m->settings.n_attributes + 1, sizeof *s->level_columns);
    s->event_sums = calloc((size_t)m->n_moments + 1, sizeof *s->event_sums);
    s->event_squares = calloc((size_t)m->n_moments + 1, sizeof *s->event_squares);
    bool is_whole = s->group && s->order && s->start && s->cell && s->state && s->level && s->cell_columns && s->state_columns
                    && s->level_columns && s->event_sums && s->event_squares;
    if (!is_whole) return FAIL(NOMEM, "no memory for the subgroups of %zu people", n);
    for (int32_t c = 0; c < m->n_cells; c++) s->cell_columns[c] = s->cell + (size_t)c * n;
    for (int32_t p = 0; p < m->settings.n_processes; p++) s->state_columns[p] = s->state + (size_t)p * n;
    for (int32_t a = 0; a < m->settings.n_attributes; a++) s->level_columns[a] = s->level + (size_t)a * n;
    return POPGX_OK;
}

popgx_err_t subgroups_new(const model_t *model, size_t capacity, subgroups_t **out)
{
    popgx_err_t err = POPGX_OK;
    subgroups_t *s = *out = calloc(1, sizeof *s);

    if (!s) return FAIL(NOMEM, "no memory for subgroups");
    *s = (subgroups_t){.model = model, .plain = without_sections(model), .capacity = capacity, .kept = calloc((size_t)model->n_strategies + 1, sizeof *s->kept)};
    if (!s->kept) TRY(FAIL(NOMEM, "no memory for subgroups"));
    for (int32_t i = 0; i < model->n_strategies; i++) TRY(make_kept(s, i));
    TRY(make_columns(s));
    TRY(tally_init(&s->part, &s->plain, capacity));
    s->own_sums = s->part.sums;
out:
    if (err) {
        subgroups_free(s);
        *out = NULL;
    }
    return err;
}

void subgroups_free(subgroups_t *s)
{
    if (!s) return;
    for (int32_t i = 0; s->kept && i < s->model->n_strategies; i++) {
        free(s->kept[i].cell);
        free(s->kept[i].state);
        free(s->kept[i].events);
        free(s->kept[i].is_eventful);
        observed_release(&s->kept[i].observed);
    }
    free(s->kept);
    if (s->own_sums) s->part.sums = s->own_sums;
    tally_release(&s->part);
    free(s->group);
    free(s->order);
    free(s->start);
    free(s->cell);
    free(s->state);
    free(s->level);
    free(s->cell_columns);
    free(s->state_columns);
    free(s->level_columns);
    free(s->event_sums);
    free(s->event_squares);
    free(s);
}

/* ---- the block in hand ---- */

static void count_events(subgroups_t *s, kept_t *kept, const trajectory_t *trajectory)
{
    size_t at = 0;

    memset(kept->is_eventful, 0, (size_t)s->model->n_moments * sizeof *kept->is_eventful);
    for (size_t r = 0; r < trajectory->n_runs; r++) {
        const trajectory_run_t *run = &trajectory->runs[r];
        int32_t *count = kept->events + (size_t)run->moment * s->capacity;
        if (!kept->is_eventful[run->moment]) memset(count, 0, trajectory->n_people * sizeof *count);
        kept->is_eventful[run->moment] = true;
        for (int32_t k = 0; k < run->count; k++) count[trajectory->person[at + (size_t)k]]++;
        at += (size_t)run->count;
    }
}

void subgroups_keep(subgroups_t *s, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory, const ledger_bill_t *bill)
{
    kept_t *kept = &s->kept[strategy];

    for (int32_t c = 0; c < s->model->n_cells; c++) memcpy(kept->cell + (size_t)c * s->capacity, bill->cell[c], bill->n * sizeof *kept->cell);
    for (int32_t p = 0; p < s->model->settings.n_processes; p++) memcpy(kept->state + (size_t)p * s->capacity, bill->state[p], bill->n);
    count_events(s, kept, trajectory);
    if (kept->observed.model) observed_replay(&kept->observed, people, trajectory);
}

/* ---- who is in which group ---- */

static const uint8_t *level_column(const subgroups_t *s, const model_grouping_t *grouping, const model_group_axis_t *axis, const cohort_view_t *people)
{
    const model_settings_t *m = &s->model->settings;

    if (axis->kind == GROUP_ATTRIBUTE) return people->level[axis->index];
    const kept_t *kept = &s->kept[grouping->strategy];
    if (axis->kind == GROUP_STATE) return kept->state + (size_t)(axis->index - m->n_attributes) * s->capacity;
    const uint8_t *level = axis->kind == GROUP_FIRST_SHOWN ? kept->observed.first : kept->observed.last;
    return level + (size_t)(axis->index - m->n_attributes - m->n_processes) * s->capacity;
}

static void add_bands(const subgroups_t *s, const model_group_axis_t *axis, const double *number, size_t n)
{
    for (int32_t k = 0; k < axis->cuts.count; k++) {
        const double cut = s->model->reals[axis->cuts.first + k];
        for (size_t i = 0; i < n; i++) s->group[i] += cut <= number[i] ? axis->stride : 0;
    }
}

/* Fills `group`, `order` and `start`. */
static void sort_people(subgroups_t *s, const model_grouping_t *grouping, const cohort_view_t *people)
{
    const size_t n = people->n;

    memset(s->group, 0, n * sizeof *s->group);
    for (int32_t a = 0; a < grouping->axes.count; a++) {
        const model_group_axis_t *axis = &s->model->group_axes[grouping->axes.first + a];
        if (axis->kind == GROUP_BAND) {
            add_bands(s, axis, people->number[axis->index], n);
            continue;
        }
        const uint8_t *level = level_column(s, grouping, axis, people);
        for (size_t i = 0; i < n; i++) s->group[i] += level[i] * axis->stride;
    }
    memset(s->start, 0, ((size_t)grouping->n_groups + 2) * sizeof *s->start);
    for (size_t i = 0; i < n; i++) s->start[s->group[i] + 2]++;
    for (int32_t g = 2; g <= grouping->n_groups; g++) s->start[g] += s->start[g - 1];
    for (size_t i = 0; i < n; i++) s->order[s->start[s->group[i] + 1]++] = (int32_t)i; /* now start[g] is where group g begins */
}

/* ---- one group after the other ---- */

/* Those of `n` people, by their places in the block. */
#define GATHER(to, from, who, n)                                     \
    do {                                                             \
        for (size_t i_ = 0; i_ < (n); i_++) (to)[i_] = (from)[(who)[i_]]; \
    } while (0)

static void add_up_events(subgroups_t *s, const kept_t *kept, size_t n, const int32_t *who)
{
    for (int32_t e = 0; e < s->model->n_moments; e++) {
        const int32_t *count = kept->events + (size_t)e * s->capacity;
        int64_t sum = 0, squares = 0;
        for (size_t i = 0; kept->is_eventful[e] && i < n; i++) {
            sum += count[who[i]];
            squares += (int64_t)count[who[i]] * count[who[i]];
        }
        s->event_sums[e] = sum;
        s->event_squares[e] = squares;
    }
}

static ledger_bill_t bill_of(subgroups_t *s, const kept_t *kept, size_t n, const int32_t *who)
{
    const size_t capacity = s->capacity;

    for (int32_t c = 0; c < s->model->n_cells; c++) GATHER(s->cell + (size_t)c * capacity, kept->cell + (size_t)c * capacity, who, n);
    for (int32_t p = 0; p < s->model->settings.n_processes; p++) GATHER(s->state + (size_t)p * capacity, kept->state + (size_t)p * capacity, who, n);
    add_up_events(s, kept, n, who);
    return (ledger_bill_t){.n = n, .cell = s->cell_columns, .state = s->state_columns, .events = s->event_sums, .events_squared = s->event_squares};
}

static void add_group(subgroups_t *s, const cohort_view_t *people, size_t n, const int32_t *who, exact_sum_t *sums)
{
    const cohort_view_t view = {.n = n, .first_id = people->first_id, .level = s->level_columns};

    for (int32_t a = 0; a < s->model->settings.n_attributes; a++) GATHER(s->level + (size_t)a * s->capacity, people->level[a], who, n);
    s->part.sums = sums;
    for (int32_t i = 0; i < s->model->n_strategies; i++) {
        const ledger_bill_t bill = bill_of(s, &s->kept[i], n, who);
        popgx_err_t err = tally_add(&s->part, i, &view, &bill);
        INVARIANT(!err, "what fits everybody's sums does not fit those of a group: %s", popgx_err_detail());
    }
    tally_close(&s->part, &view);
}

void subgroups_add_block(subgroups_t *s, const cohort_view_t *people, exact_sum_t *sums)
{
    for (int32_t g = 0; g < s->model->n_groupings; g++) {
        const model_grouping_t *grouping = &s->model->groupings[g];
        sort_people(s, grouping, people);
        for (int32_t k = 0; k < grouping->n_groups; k++, sums += s->part.layout.n_own)
            if (s->start[k + 1] > s->start[k]) add_group(s, people, (size_t)(s->start[k + 1] - s->start[k]), s->order + s->start[k], sums);
    }
}
