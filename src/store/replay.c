/*
 * Blocks of a file as trajectories. A reader unpacks a stored block, has every number in it looked at once (strand.c), and hands out its people in
 * the groups that the run asks for, ascending. Never draws people.
 */
#include "store/replay.h"

#include <stdlib.h>

#include "store/strand.h"

typedef struct {
    const replay_t *replay;
    const model_t *model;
    stored_reader_t *stored;
    uint64_t block;             /* unpacked: first_patient and on */
    bool is_unpacked;
    uint64_t first_patient;
    strand_t *strands;          /* [n_strategies] */
    strand_sorter_t *sorter;
} reader_t;

static popgx_err_t impossible(const reader_t *reader, const char *what)
{
    return FAIL(IO, "%s: block %llu, from patient %llu on, holds what cannot be: %s", reader->replay->path, (unsigned long long)reader->block,
                (unsigned long long)reader->first_patient, what);
}

static popgx_err_t unpack(reader_t *reader, uint64_t block)
{
    popgx_err_t err;
    const columns_t *columns = stored_columns(reader->replay->stored);
    const char *wrong;
    stored_block_t got;

    reader->is_unpacked = false;
    TRY(stored_read(reader->stored, block, reader->replay->is_wanted, &got));
    reader->block = block;
    reader->first_patient = got.first_patient;
    if (got.n != got.n_patients) TRY(impossible(reader, "fewer people than patients"));
    for (int32_t s = 0; s < reader->model->n_strategies; s++) {
        const int at = stored_find_column(reader->replay->stored, COLUMN_COUNT, s); /* count, died, minute, moment */
        const strand_columns_t strand = {.n_people = got.n, .n_events = got.rows[1 + s], .count = got.column[at], .died = got.column[at + 1],
                                         .minute = got.column[at + 2], .moment = got.column[at + 3],
                                         .moment_bytes = columns->columns[at + 3].number_bytes};
        TRY(strand_begin(&reader->strands[s], reader->model, s, &strand, &wrong));
        if (wrong) TRY(impossible(reader, wrong));
    }
    reader->is_unpacked = true;
out:
    return err;
}

static popgx_err_t read_trajectory(void *context, const cohort_view_t *people, int32_t strategy, trajectory_t *out, uint64_t *n_fired)
{
    reader_t *reader = context;
    const model_t *m = reader->model;
    const uint64_t block = people->first_id / stored_columns(reader->replay->stored)->plan.block_people;
    const char *wrong;
    popgx_err_t err = POPGX_OK;

    if (!reader->is_unpacked || reader->block != block) TRY(unpack(reader, block));
    strand_t *strand = &reader->strands[strategy];
    INVARIANT(reader->first_patient + strand->person == people->first_id, "people of a stored block are read from %llu on",
              (unsigned long long)people->first_id);
    TRY(trajectory_reset(out, people->n, m->settings.horizon));
    TRY(strand_take(strand, reader->sorter, people->n, out, &wrong));
    if (wrong) TRY(impossible(reader, wrong));
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
    for (int32_t i = 0; reader->strands && i < reader->model->n_strategies; i++) strand_release(&reader->strands[i]);
    free(reader->strands);
    strand_sorter_free(reader->sorter);
    free(reader);
}

static popgx_err_t open_reader(void *context, void **out)
{
    const replay_t *replay = context;
    const model_t *m = stored_model(replay->stored);
    const size_t people = (size_t)stored_columns(replay->stored)->plan.block_people;
    popgx_err_t err;
    reader_t *reader = calloc(1, sizeof *reader);

    if (!reader) return FAIL(NOMEM, "%s: out of memory", replay->path);
    *reader = (reader_t){.replay = replay, .model = m};
    reader->strands = calloc((size_t)m->n_strategies, sizeof *reader->strands);
    if (!reader->strands) TRY(FAIL(NOMEM, "%s: out of memory", replay->path));
    TRY(strand_sorter_new(m, people, &reader->sorter));
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
