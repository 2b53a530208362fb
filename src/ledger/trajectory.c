/*
 * The buffer of what happened. It owns its arrays and keeps them from block to block.
 *
 * Invariant after a reset: at least n_people places are free behind the last record, and one behind the last run. A
 * run has at most n_people records, so one that cannot be kept can still be written there, and the engine's loops need
 * no error path. Behind those places there is room for what compaction stores too much.
 */
#include "ledger/trajectory.h"

#include <stdlib.h>

#include "kernels/kernels.h"

void trajectory_init(trajectory_t *trajectory) { *trajectory = (trajectory_t){.most_records = TRAJECTORY_MOST_RECORDS}; }

void trajectory_release(trajectory_t *trajectory)
{
    free(trajectory->end);
    free(trajectory->person);
    free(trajectory->minute);
    free(trajectory->runs);
    trajectory_init(trajectory);
}

/* Makes *array hold `count` elements. On lack of memory it stays as it was. */
static bool grow(void **array, size_t count, size_t size)
{
    void *larger = realloc(*array, count * size);
    if (larger) *array = larger;
    return larger;
}

static bool reserve_records(trajectory_t *t, size_t needed)
{
    if (needed <= t->record_capacity) return true;
    size_t capacity = needed + needed / 2;
    if (!grow((void **)&t->person, capacity, sizeof *t->person) || !grow((void **)&t->minute, capacity, sizeof *t->minute))
        return false;
    t->record_capacity = capacity;
    return true;
}

static bool reserve_runs(trajectory_t *t, size_t needed)
{
    if (needed <= t->run_capacity) return true;
    size_t capacity = needed + needed / 2;
    if (!grow((void **)&t->runs, capacity, sizeof *t->runs)) return false;
    t->run_capacity = capacity;
    return true;
}

popgx_err_t trajectory_reset(trajectory_t *trajectory, size_t n_people, int32_t horizon)
{
    trajectory->n_people = trajectory->n_records = trajectory->n_runs = 0;
    trajectory->is_full = false;
    trajectory->process = MODEL_NONE;
    if (n_people > trajectory->people_capacity || !trajectory->end) {
        if (!grow((void **)&trajectory->end, n_people + 1, sizeof *trajectory->end))
            return FAIL(NOMEM, "no memory for the trajectories of %zu people", n_people);
        trajectory->people_capacity = n_people;
    }
    if (!reserve_records(trajectory, n_people + COMPACTION_ROOM) || !reserve_runs(trajectory, 1))
        return FAIL(NOMEM, "no memory for the trajectories of %zu people", n_people);
    for (size_t i = 0; i < n_people; i++) trajectory->end[i] = horizon;
    trajectory->n_people = n_people;
    return POPGX_OK;
}

popgx_err_t trajectory_reserve(trajectory_t *trajectory, size_t n)
{
    if (reserve_records(trajectory, n + trajectory->n_people + COMPACTION_ROOM)) return POPGX_OK;
    return FAIL(NOMEM, "no memory for %zu records of %zu people", n, trajectory->n_people);
}

static void append(trajectory_t *trajectory, const trajectory_run_t *run, int32_t **person, int32_t **minute)
{
    size_t n = trajectory->n_records, after = n + (size_t)run->count;

    if (!trajectory->is_full
        && (after > trajectory->most_records || !reserve_records(trajectory, after + trajectory->n_people + COMPACTION_ROOM) || !reserve_runs(trajectory, trajectory->n_runs + 2)))
        trajectory->is_full = true;
    *person = trajectory->person + n;
    *minute = trajectory->minute + n;
    if (trajectory->is_full) return;
    trajectory->runs[trajectory->n_runs++] = *run;
    trajectory->n_records = after;
}

void trajectory_append(trajectory_t *trajectory, int32_t moment, int32_t count, int32_t **person, int32_t **minute)
{
    const trajectory_run_t run = {.moment = moment, .count = count};
    append(trajectory, &run, person, minute);
}

void trajectory_append_move(trajectory_t *trajectory, const trajectory_run_t *move, int32_t **person, int32_t **minute)
{
    trajectory_run_t run = *move;
    run.is_move = true;
    append(trajectory, &run, person, minute);
}

/* The moment with the most records, and how many they are. */
static int32_t most_frequent(const trajectory_t *t, const model_t *model, size_t *times)
{
    size_t *count = calloc((size_t)model->n_moments + 1, sizeof *count);
    int32_t most = 0;

    for (size_t r = 0; count && r < t->n_runs; r++) count[t->runs[r].moment] += (size_t)t->runs[r].count;
    for (int32_t i = 1; count && i < model->n_moments; i++)
        if (count[i] > count[most]) most = i;
    *times = count ? count[most] : 0;
    free(count);
    return most;
}

popgx_err_t trajectory_check(const trajectory_t *trajectory, const model_t *model, int32_t strategy)
{
    size_t times;

    if (!trajectory->is_full) return POPGX_OK;
    if (trajectory->n_records + trajectory->n_people > trajectory->most_records) {
        int32_t moment = most_frequent(trajectory, model, &times);
        return FAIL(RANGE, "under %s, `%s` happened %zu times to %zu people, and all events together more than %zu times: "
                    "see whether it makes itself possible again at once, or limit it with `repeats`",
                    model_strategy_name(model, strategy), model_text(model, model->moments[moment].name), times,
                    trajectory->n_people, trajectory->most_records);
    }
    return FAIL(NOMEM, "no memory for more than %zu records of %zu people: use smaller blocks or fewer threads",
                trajectory->n_records, trajectory->n_people);
}
