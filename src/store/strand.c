/*
 * From persons to runs: the first events of all, sorted by moment, then their second ones, and so on. That is one counting sort by
 * (step, moment), whose two passes go through the events as they are stored. Where somebody has so many events that its table would be
 * large, a step is sorted at a time.
 */
#include "store/strand.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "model/entry.h"

enum { MOST_CELLS = 1 << 14 /* of the table: it stays in the second-level cache */, MOST_AT_ONCE = 1 << 30 };

struct strand_sorter {
    const model_t *model;
    bool *is_event;         /* [n_moments]: may be in a column */
    int32_t shift;          /* a moment is below 2^shift */
    int32_t *place;         /* [MOST_CELLS]: by step << shift | moment: how many, then where the next one goes; all 0 between groups */
    uint16_t *cell;         /* [cell_capacity]: of the group's events */
    size_t cell_capacity;
    int32_t *who;           /* [people]: those with events */
    size_t *next;           /* [people]: the next event of each of them */
    uint32_t *left;         /* [people]: how many there are */
    int32_t *touched;       /* [n_moments] */
};

popgx_err_t strand_sorter_new(const model_t *model, size_t people, strand_sorter_t **out)
{
    const size_t moments = (size_t)model->n_moments + 1;
    strand_sorter_t *sorter = calloc(1, sizeof *sorter);

    if (!sorter) return FAIL(NOMEM, "no memory to read trajectories");
    sorter->model = model;
    while (1 << sorter->shift < model->n_moments) sorter->shift++;
    sorter->is_event = calloc(moments, sizeof *sorter->is_event);
    sorter->place = calloc(MOST_CELLS > moments ? MOST_CELLS : moments, sizeof *sorter->place);
    sorter->who = malloc((people + 1) * sizeof *sorter->who);
    sorter->next = malloc((people + 1) * sizeof *sorter->next);
    sorter->left = malloc((people + 1) * sizeof *sorter->left);
    sorter->touched = malloc(moments * sizeof *sorter->touched);
    if (!sorter->is_event || !sorter->place || !sorter->who || !sorter->next || !sorter->left || !sorter->touched) {
        strand_sorter_free(sorter);
        return FAIL(NOMEM, "no memory to read trajectories");
    }
    for (int32_t i = 0; i < model->n_moments; i++) sorter->is_event[i] = model_is_recorded(model->moments[i].kind);
    for (int32_t s = 0; s < model->n_strategies; s++)
        for (int32_t k = 0; k < model_count_at_entry(model, s); k++) sorter->is_event[model_at_entry(model, s, k)] = false;
    *out = sorter;
    return POPGX_OK;
}

void strand_sorter_free(strand_sorter_t *sorter)
{
    if (!sorter) return;
    free(sorter->is_event);
    free(sorter->place);
    free(sorter->cell);
    free(sorter->who);
    free(sorter->next);
    free(sorter->left);
    free(sorter->touched);
    free(sorter);
}

/* Inlined for either width. */
static inline int32_t moment_at(const void *moments, size_t bytes, size_t event)
{
    return bytes == 1 ? ((const uint8_t *)moments)[event] : ((const uint16_t *)moments)[event];
}

/* ---- a block ---- */

void strand_release(strand_t *strand)
{
    free(strand->is_first);
    *strand = (strand_t){0};
}

#define LARGEST(type)                                                                                       \
    do {                                                                                                    \
        const type *restrict moment = columns->moment;                                                      \
        type most = 0;                                                                                      \
        for (size_t e = 0; e < columns->n_events; e++) most = moment[e] > most ? moment[e] : most;          \
        return most >= model->n_moments;                                                                    \
    } while (0)

/* There is an event. */
static bool has_unknown_moments(const model_t *model, const strand_columns_t *columns)
{
    if (columns->moment_bytes == 1) LARGEST(uint8_t);
    LARGEST(uint16_t);
}

/* Marks the first event of each person. */
static const char *mark_people(strand_t *strand)
{
    const strand_columns_t *columns = &strand->columns;
    size_t at = 0;
    uint8_t is_wrong = 0;

    memset(strand->is_first, 0, columns->n_events);
    for (size_t p = 0; p < columns->n_people; p++) {
        const size_t count = columns->count[p];
        if (count > columns->n_events - at) return "more events of people than events";
        is_wrong |= (columns->died[p] > 1) | ((columns->died[p] == 1) & (count == 0));
        strand->is_first[at] = 1; /* there is room for one more behind the last event */
        at += count;
    }
    if (is_wrong) return "a death without an event";
    return at == columns->n_events ? NULL : "events of nobody";
}

popgx_err_t strand_begin(strand_t *strand, const model_t *model, int32_t strategy, const strand_columns_t *columns, const char **wrong)
{
    const int32_t horizon = model->settings.horizon;
    bool is_wrong = false;

    strand->columns = *columns;
    strand->strategy = strategy;
    strand->n_at_entry = model_count_at_entry(model, strategy);
    strand->person = strand->event = 0;
    if (columns->n_events >= strand->capacity) {
        free(strand->is_first);
        strand->capacity = columns->n_events + columns->n_events / 4 + 1;
        strand->is_first = malloc(strand->capacity);
        if (!strand->is_first) {
            strand->capacity = 0;
            return FAIL(NOMEM, "no memory to read the trajectories of %zu people", columns->n_people);
        }
    }
    *wrong = mark_people(strand);
    if (*wrong || columns->n_events == 0) return POPGX_OK;
    if (columns->minute[0] < 0 || columns->minute[0] >= horizon) is_wrong = true;
    for (size_t e = 1, n; e < columns->n_events; e += n) {
        n = columns->n_events - e < MOST_AT_ONCE ? columns->n_events - e : MOST_AT_ONCE;
        is_wrong |= kernels()->goes_back((int32_t)n, columns->minute + e, columns->minute + e - 1, strand->is_first + e, horizon);
    }
    if (is_wrong) *wrong = "minutes that go back, or beyond the horizon";
    else if (has_unknown_moments(model, columns)) *wrong = "an event that the model does not have";
    return POPGX_OK;
}

/* ---- a group of people ---- */

typedef struct {
    size_t n_events;
    int32_t n_who;              /* people with events */
    uint32_t most;              /* events of one of them */
} group_t;

/* Appends a run and returns where its records go. False: such a moment is never in a trajectory. */
static bool append(const strand_sorter_t *sorter, int32_t moment, int32_t count, trajectory_t *out, int32_t *place)
{
    int32_t *person, *minute;

    if (!sorter->is_event[moment]) return false;
    trajectory_append(out, moment, count, &person, &minute);
    *place = (int32_t)(person - out->person);
    return true;
}

/* How many events each cell of the table has, and which cell each event has. The first event of a person is in step 0. */
static inline void count_cells(strand_sorter_t *sorter, const strand_t *strand, size_t bytes, size_t n)
{
    const uint8_t *restrict is_first = strand->is_first + strand->event;
    const uint32_t next_step = 1u << sorter->shift;
    int32_t *restrict place = sorter->place;
    uint16_t *restrict cell = sorter->cell;
    uint32_t step = 0;

    for (size_t e = 0; e < n; e++) {
        step = (step + next_step) & (is_first[e] - 1u);
        const uint32_t c = step | (uint32_t)moment_at(strand->columns.moment, bytes, strand->event + e);
        cell[e] = (uint16_t)c;
        place[c]++;
    }
}

static void put_events(const strand_sorter_t *sorter, const strand_t *strand, size_t n, trajectory_t *out)
{
    const uint8_t *restrict is_first = strand->is_first + strand->event;
    const int32_t *restrict minute = strand->columns.minute + strand->event, *restrict who = sorter->who - 1;
    const uint16_t *restrict cell = sorter->cell;
    int32_t *restrict place = sorter->place, *restrict to_person = out->person, *restrict to_minute = out->minute;
    size_t w = 0;

    for (size_t e = 0; e < n; e++) {
        const int32_t at = place[cell[e]]++;
        w += is_first[e];
        to_person[at] = who[w];
        to_minute[at] = minute[e];
    }
}

/* All steps at once. */
static bool sort_group(strand_sorter_t *sorter, const strand_t *strand, const group_t *group, trajectory_t *out)
{
    const size_t n_cells = (size_t)group->most << sorter->shift;
    bool is_known = true;

    if (strand->columns.moment_bytes == 1) count_cells(sorter, strand, 1, group->n_events);
    else count_cells(sorter, strand, 2, group->n_events);
    for (size_t c = 0; c < n_cells; c++)
        if (sorter->place[c] > 0) is_known &= append(sorter, (int32_t)(c & ((1u << sorter->shift) - 1)), sorter->place[c], out, &sorter->place[c]);
    if (is_known) put_events(sorter, strand, group->n_events, out);
    memset(sorter->place, 0, n_cells * sizeof *sorter->place);
    return is_known;
}

/* The next event of each of the first `n_active` in `who`; returns how many have more, or -1. */
static int32_t sort_step(strand_sorter_t *sorter, const strand_columns_t *columns, int32_t n_active, trajectory_t *out)
{
    int32_t n_touched = 0, n_left = 0;

    for (int32_t k = 0; k < n_active; k++) {
        const int32_t m = moment_at(columns->moment, columns->moment_bytes, sorter->next[k]);
        if (sorter->place[m]++ == 0) sorter->touched[n_touched++] = m;
    }
    bool is_known = true;
    for (int32_t i = 0; i < n_touched; i++) {
        const int32_t m = sorter->touched[i];
        is_known &= append(sorter, m, sorter->place[m], out, &sorter->place[m]);
    }
    for (int32_t k = 0; is_known && !out->is_full && k < n_active; k++) {
        const size_t e = sorter->next[k];
        const int32_t at = sorter->place[moment_at(columns->moment, columns->moment_bytes, e)]++;
        out->person[at] = sorter->who[n_left] = sorter->who[k];
        out->minute[at] = columns->minute[e];
        sorter->next[n_left] = e + 1;
        sorter->left[n_left] = sorter->left[k] - 1;
        n_left += sorter->left[n_left] > 0;
    }
    for (int32_t i = 0; i < n_touched; i++) sorter->place[sorter->touched[i]] = 0;
    return is_known ? n_left : -1;
}

static bool sort_steps(strand_sorter_t *sorter, const strand_t *strand, const group_t *group, trajectory_t *out)
{
    size_t at = strand->event;
    int32_t n_active = group->n_who;

    for (int32_t k = 0; k < n_active; k++) {
        sorter->next[k] = at;
        sorter->left[k] = strand->columns.count[strand->person + (size_t)sorter->who[k]];
        at += sorter->left[k];
    }
    while (n_active > 0 && !out->is_full) n_active = sort_step(sorter, &strand->columns, n_active, out);
    return n_active >= 0;
}

static popgx_err_t reserve_cells(strand_sorter_t *sorter, size_t n)
{
    if (n <= sorter->cell_capacity) return POPGX_OK;
    free(sorter->cell);
    sorter->cell_capacity = n + n / 4;
    sorter->cell = malloc(sorter->cell_capacity * sizeof *sorter->cell);
    if (sorter->cell) return POPGX_OK;
    sorter->cell_capacity = 0;
    return FAIL(NOMEM, "no memory to read %zu events", n);
}

/* What happens to all `n` people at entry. */
static void append_entry(const strand_t *strand, const model_t *model, size_t n, trajectory_t *out)
{
    int32_t *person, *minute;

    for (int32_t k = 0; k < strand->n_at_entry; k++) {
        trajectory_append(out, model_at_entry(model, strand->strategy, k), (int32_t)n, &person, &minute);
        for (size_t i = 0; i < n; i++) person[i] = (int32_t)i;
        memset(minute, 0, n * sizeof *minute);
    }
}

/* Who has events, how many, and when the dead died. */
static group_t begin_group(strand_sorter_t *sorter, const strand_t *strand, size_t n, int32_t *restrict end)
{
    const strand_columns_t *columns = &strand->columns;
    const uint32_t *restrict count = columns->count + strand->person;
    const uint8_t *restrict died = columns->died + strand->person;
    const int32_t *restrict minute = columns->n_events > 0 ? columns->minute : &(int32_t){0};
    int32_t *restrict who = sorter->who;
    size_t at = strand->event;
    group_t group = {0};

    for (size_t i = 0; i < n; i++) {
        at += count[i];
        who[group.n_who] = (int32_t)i;
        group.n_who += count[i] > 0;
        group.most = count[i] > group.most ? count[i] : group.most;
        const int32_t last = minute[at - (at > 0)]; /* whoever died has events */
        end[i] ^= (end[i] ^ last) & -(int32_t)died[i]; /* no branch: who dies cannot be guessed */
    }
    group.n_events = at - strand->event;
    return group;
}

popgx_err_t strand_take(strand_t *strand, strand_sorter_t *sorter, size_t n, trajectory_t *out, const char **wrong)
{
    popgx_err_t err;
    const group_t group = begin_group(sorter, strand, n, out->end);
    const size_t n_records = group.n_events + n * (size_t)strand->n_at_entry;

    *wrong = NULL;
    if (n_records > out->most_records) {
        *wrong = "too many events at once";
        return POPGX_OK;
    }
    TRY(trajectory_reserve(out, n_records));
    append_entry(strand, sorter->model, n, out);
    TRY(reserve_cells(sorter, group.n_events));
    const bool are_few = group.most <= (uint32_t)MOST_CELLS >> sorter->shift;
    if (!(are_few ? sort_group(sorter, strand, &group, out) : sort_steps(sorter, strand, &group, out))) *wrong = "an event that is never stored";
    strand->event += group.n_events;
    strand->person += n;
out:
    return err;
}
