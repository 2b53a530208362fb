/*
 * Blocks of a file as trajectories. A reader unpacks a stored block, looks at every number in it once, and hands out its people in
 * the groups that the run asks for, ascending. Events are stored person by person; here they become runs again: the first events
 * of all, sorted by moment, then their second ones, and so on, since the ledger works a run at a time. Never draws people.
 */
#include "store/replay.h"

#include <stdlib.h>
#include <string.h>

/* The columns of a block under one strategy, and how far they have been handed out. */
typedef struct {
    const uint32_t *count;
    const uint8_t *died;
    const int32_t *minute;
    const void *moment;
    size_t moment_bytes;
    size_t person, event;       /* the next ones */
} strand_t;

typedef struct {
    const replay_t *replay;
    const model_t *model;
    stored_reader_t *stored;
    uint64_t block;             /* unpacked: first_patient .. first_patient + n - 1 */
    bool is_unpacked;
    uint64_t first_patient;
    strand_t *strands;          /* [n_strategies] */
    uint8_t *is_event;          /* [UINT16_MAX + 1]: by the number of a moment */
    int32_t *count, *place;     /* [n_moments]: records of the step in hand, all 0 between steps; where the next one goes */
    int32_t *touched;           /* [n_moments] */
    int32_t *active;            /* [block_people]: people of whom there is more */
    size_t *next;               /* [block_people]: event */
    uint32_t *left;             /* [block_people]: events */
} reader_t;

/* ---- what is looked at before it is used ---- */

static popgx_err_t impossible(const reader_t *reader, const char *what)
{
    return FAIL(IO, "%s: block %llu, from patient %llu on, holds what cannot be: %s", reader->replay->path, (unsigned long long)reader->block,
                (unsigned long long)reader->first_patient, what);
}

static inline int32_t moment_at(const void *moments, size_t bytes, size_t event)
{
    return bytes == 1 ? ((const uint8_t *)moments)[event] : ((const uint16_t *)moments)[event];
}

/* Whether a person's minutes never go back and lie before the horizon. */
static bool is_ordered(const int32_t *minute, size_t n, int32_t horizon)
{
    bool is_wrong = n > 0 && (minute[0] < 0 || minute[n - 1] >= horizon);

    for (size_t e = 1; e < n; e++) is_wrong |= minute[e] < minute[e - 1];
    return !is_wrong;
}

static popgx_err_t check_strand(const reader_t *reader, const strand_t *strand, size_t n_people, uint64_t n_events)
{
    const int32_t horizon = reader->model->settings.horizon;
    uint8_t is_known = 1;
    uint64_t at = 0;

    for (size_t p = 0; p < n_people; p++) {
        if (strand->count[p] > n_events - at) return impossible(reader, "more events of people than events");
        if (strand->died[p] > 1 || (strand->died[p] && strand->count[p] == 0)) return impossible(reader, "a death without an event");
        if (!is_ordered(strand->minute + at, strand->count[p], horizon)) return impossible(reader, "minutes that go back, or beyond the horizon");
        at += strand->count[p];
    }
    if (at != n_events) return impossible(reader, "events of nobody");
    for (size_t e = 0; e < n_events; e++) is_known &= reader->is_event[moment_at(strand->moment, strand->moment_bytes, e)];
    return is_known ? POPGX_OK : impossible(reader, "an event that the model does not have");
}

static popgx_err_t unpack(reader_t *reader, uint64_t block)
{
    popgx_err_t err;
    const columns_t *columns = stored_columns(reader->replay->stored);
    stored_block_t got;

    reader->is_unpacked = false;
    TRY(stored_read(reader->stored, block, reader->replay->is_wanted, &got));
    reader->block = block;
    reader->first_patient = got.first_patient;
    if (got.n != got.n_patients) TRY(impossible(reader, "fewer people than patients"));
    for (int32_t s = 0; s < reader->model->n_strategies; s++) {
        strand_t *strand = &reader->strands[s];
        const int at = stored_find_column(reader->replay->stored, COLUMN_COUNT, s); /* count, died, minute, moment */
        *strand = (strand_t){.count = got.column[at], .died = got.column[at + 1], .minute = got.column[at + 2], .moment = got.column[at + 3],
                             .moment_bytes = columns->columns[at + 3].number_bytes};
        TRY(check_strand(reader, strand, got.n, got.rows[1 + s]));
    }
    reader->is_unpacked = true;
out:
    return err;
}

/* ---- from persons to runs ---- */

/* One step: the next event of each of `n` active people; returns how many have more. Inlined for either width of moments. */
static inline int32_t put_step(reader_t *reader, const strand_t *strand, size_t bytes, int32_t n, trajectory_t *out)
{
    const void *moments = strand->moment;
    int32_t *restrict active = reader->active, *restrict place = reader->place;
    int32_t n_touched = 0, n_left = 0, *person, *minute;

    for (int32_t k = 0; k < n; k++) {
        const int32_t m = moment_at(moments, bytes, reader->next[active[k]]);
        if (reader->count[m]++ == 0) reader->touched[n_touched++] = m;
    }
    for (int32_t i = 0; i < n_touched; i++) {
        const int32_t m = reader->touched[i];
        trajectory_append(out, m, reader->count[m], &person, &minute);
        place[m] = (int32_t)(person - out->person);
        reader->count[m] = 0;
    }
    for (int32_t k = 0; k < n; k++) {
        const int32_t p = active[k];
        const size_t e = reader->next[p]++;
        const int32_t at = place[moment_at(moments, bytes, e)]++;
        out->person[at] = p;
        out->minute[at] = strand->minute[e];
        active[n_left] = p;
        n_left += --reader->left[p] > 0;
    }
    return n_left;
}

/* The next `n` people of a strand. */
static popgx_err_t put_people(reader_t *reader, strand_t *strand, size_t n, trajectory_t *out)
{
    popgx_err_t err;
    size_t at = strand->event;
    int32_t n_active = 0;

    for (size_t i = 0; i < n; i++) {
        const uint32_t count = strand->count[strand->person + i];
        reader->next[i] = at;
        reader->left[i] = count;
        reader->active[n_active] = (int32_t)i;
        n_active += count > 0;
        at += count;
        if (strand->died[strand->person + i]) out->end[i] = strand->minute[at - 1];
    }
    if (at - strand->event > out->most_records) return impossible(reader, "too many events at once");
    TRY(trajectory_reserve(out, at - strand->event));
    while (n_active > 0 && !out->is_full)
        n_active = strand->moment_bytes == 1 ? put_step(reader, strand, 1, n_active, out) : put_step(reader, strand, 2, n_active, out);
    strand->event = at;
    strand->person += n;
out:
    return err;
}

static popgx_err_t read_trajectory(void *context, const cohort_view_t *people, int32_t strategy, trajectory_t *out, uint64_t *n_fired)
{
    reader_t *reader = context;
    const model_t *m = reader->model;
    const uint64_t block = people->first_id / stored_columns(reader->replay->stored)->plan.block_people;
    popgx_err_t err = POPGX_OK;

    if (!reader->is_unpacked || reader->block != block) TRY(unpack(reader, block));
    INVARIANT(reader->first_patient + reader->strands[strategy].person == people->first_id, "people of a stored block are read from %llu on",
              (unsigned long long)people->first_id);
    TRY(trajectory_reset(out, people->n, m->settings.horizon));
    TRY(put_people(reader, &reader->strands[strategy], people->n, out));
    TRY(trajectory_check(out, m, strategy));
    for (size_t r = 0; r < out->n_runs; r++)
        if (m->moments[out->runs[r].moment].kind == MOMENT_TIMED) *n_fired += (uint64_t)out->runs[r].count;
out:
    return err;
}

/* ---- readers ---- */

static void close_reader(void *context)
{
    reader_t *reader = context;

    stored_reader_free(reader->stored);
    free(reader->strands);
    free(reader->is_event);
    free(reader->count);
    free(reader->place);
    free(reader->touched);
    free(reader->active);
    free(reader->next);
    free(reader->left);
    free(reader);
}

static popgx_err_t open_reader(void *context, void **out)
{
    const replay_t *replay = context;
    const model_t *m = stored_model(replay->stored);
    const size_t people = (size_t)stored_columns(replay->stored)->plan.block_people, moments = (size_t)m->n_moments + 1;
    popgx_err_t err;
    reader_t *reader = calloc(1, sizeof *reader);

    if (!reader) return FAIL(NOMEM, "%s: out of memory", replay->path);
    *reader = (reader_t){.replay = replay, .model = m};
    reader->strands = calloc((size_t)m->n_strategies, sizeof *reader->strands);
    reader->is_event = calloc((size_t)UINT16_MAX + 1, sizeof *reader->is_event);
    reader->count = calloc(moments, sizeof *reader->count);
    reader->place = calloc(moments, sizeof *reader->place);
    reader->touched = calloc(moments, sizeof *reader->touched);
    reader->active = calloc(people, sizeof *reader->active);
    reader->next = calloc(people, sizeof *reader->next);
    reader->left = calloc(people, sizeof *reader->left);
    if (!reader->strands || !reader->is_event || !reader->count || !reader->place || !reader->touched || !reader->active || !reader->next || !reader->left)
        TRY(FAIL(NOMEM, "%s: out of memory", replay->path));
    for (int32_t i = 0; i < m->n_moments; i++) reader->is_event[i] = model_is_recorded(m->moments[i].kind);
    TRY(stored_reader_new(replay->stored, &reader->stored));
    *out = reader;
    reader = NULL;
out:
    if (reader) close_reader(reader);
    return err;
}

/* ---- the run ---- */

popgx_err_t replay_init(replay_t *replay, const stored_t *stored, const char *path)
{
    const columns_t *columns = stored_columns(stored);
    const double sample = stored_manifest(stored)->plan.sample;

    *replay = (replay_t){.stored = stored, .path = path, .todo = columns_range(&stored_manifest(stored)->plan)};
    if (sample <= 0) return FAIL(INPUT, "%s: holds no trajectories: `popgx run --trajectories all` stores them", path);
    if (sample < 1)
        return FAIL(INPUT, "%s: holds the trajectories of a sample (%g of the people): `popgx run --trajectories all` stores everybody's", path, sample);
    replay->is_wanted = calloc(columns->n + 1, sizeof *replay->is_wanted);
    if (!replay->is_wanted) return FAIL(NOMEM, "%s: out of memory", path);
    for (size_t c = 0; c < columns->n; c++) replay->is_wanted[c] = columns->columns[c].kind >= COLUMN_COUNT;
    return POPGX_OK;
}

void replay_release(replay_t *replay)
{
    free(replay->is_wanted);
    *replay = (replay_t){0};
}

void replay_prepare(replay_t *replay, run_settings_t *settings)
{
    const manifest_t *manifest = stored_manifest(replay->stored);
    const uint64_t stored_people = manifest->plan.block_people;

    settings->patients = manifest->plan.patients;
    settings->seed = manifest->seed;
    settings->block_people = stored_people % RUN_BLOCK_PEOPLE == 0 ? RUN_BLOCK_PEOPLE : stored_people;
    settings->task_blocks = stored_people / settings->block_people;
    settings->todo = &replay->todo;
    settings->n_todo = 1;
    settings->left_out = manifest->plan.patients - columns_range_patients(&manifest->plan, replay->todo);
    settings->source = (run_source_t){.context = replay, .open = open_reader, .trajectory = read_trajectory, .close = close_reader};
}
