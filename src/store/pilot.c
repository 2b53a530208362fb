/*
 * The pilot: the first people of the run live under every strategy, which tells how many events a block will have and what
 * they take on the disk. Chunks are made a little longer than a block needs on average, since padding costs next to nothing
 * and a second chunk for a few rows costs its headers; a block with more events simply takes more chunks.
 */
#include "store/pilot.h"

#include <math.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "model/entry.h"
#include "model/lots.h"
#include "rng/keyed.h"
#include "store/gather.h"

enum {
    MOST_BLOCKS_OF_A_TASK = 16, WANTED_CHUNK_ROWS = 110000, BLOCKS_AT_LEAST = 64, /* so that ranks and threads have something to share */
    RESULT_BYTES = 200000, ROW_ROUNDING = 64,
    /* A stop leaves the tasks in hand, so that in a time that is too short for one nothing is done: events of all strategies that take a second or a few. */
    MOST_TASK_EVENTS = 1 << 22, LEAST_BLOCK_PEOPLE = 128, PEOPLE_LOOKED_AT = 64,
};

typedef struct {
    uint64_t people;
    double *events;         /* [n_strategies]: of all of them */
    double bytes;           /* of all of them, stored */
} pilot_t;

/* One pass over the first people; with a gather they are also laid out. */
static popgx_err_t simulate(const model_t *model, const store_run_t *run, pilot_t *pilot, gather_t *gather)
{
    popgx_err_t err;
    cohort_t *cohort = NULL;
    engine_t *engine = NULL;
    trajectory_t trajectory;
    uint64_t n_fired = 0;

    trajectory_init(&trajectory);
    TRY(cohort_new(model, pilot->people, &cohort));
    TRY(engine_new(model, pilot->people, &engine));
    cohort_view_t people = cohort_fill(cohort, rng_run_key(run->seed, 0), 0, pilot->people);
    engine_start(engine, &people);
    for (int32_t s = 0; s < model->n_strategies; s++) {
        TRY(engine_run(engine, s, &trajectory, &n_fired));
        pilot->events[s] = (double)trajectory.n_records - (double)pilot->people * model_count_at_entry(model, s);
        if (gather) TRY(gather_add(gather, s, &people, &trajectory));
    }
out:
    engine_free(engine);
    cohort_free(cohort);
    trajectory_release(&trajectory);
    return err;
}

static double most_events(const pilot_t *pilot, int32_t n_strategies)
{
    double most = 0;

    for (int32_t s = 0; s < n_strategies; s++)
        if (pilot->events[s] > most) most = pilot->events[s];
    return most;
}

/* Rows that hold `mean` rows of independent people nearly always: 6 % for the pilot's own error, and chance. */
static uint64_t enough_rows(double mean)
{
    double rows = (mean * 1.06 + 8 * sqrt(mean) + ROW_ROUNDING) / ROW_ROUNDING;
    const double most = COLUMNS_MOST_CHUNK_ROWS / ROW_ROUNDING;

    return (uint64_t)(rows < most ? rows : most) * ROW_ROUNDING;
}

/* Events of a person under all strategies together, by the first few people. */
static popgx_err_t look_at_a_few(const model_t *model, const store_run_t *run, pilot_t *pilot, double *per_person)
{
    popgx_err_t err;

    pilot->people = lots_size(model) > PEOPLE_LOOKED_AT ? lots_size(model) : PEOPLE_LOOKED_AT;
    if (pilot->people > run->patients) pilot->people = run->patients;
    *per_person = 0;
    TRY(simulate(model, run, pilot, NULL));
    for (int32_t s = 0; s < model->n_strategies; s++) *per_person += pilot->events[s] / (double)pilot->people;
out:
    return err;
}

static void choose_blocks(const store_run_t *run, const pilot_t *pilot, int32_t n_strategies, double all_per_person, columns_plan_t *plan)
{
    const double per_person = most_events(pilot, n_strategies) / (double)pilot->people * run->sample;
    uint64_t blocks = 1;

    while (blocks < MOST_BLOCKS_OF_A_TASK && 2 * blocks * plan->run_block_people <= COLUMNS_MOST_BLOCK_PEOPLE
           && (double)(2 * blocks * plan->run_block_people) * per_person <= WANTED_CHUNK_ROWS
           && (double)(2 * blocks * plan->run_block_people) * all_per_person <= MOST_TASK_EVENTS
           && run->patients / (2 * blocks * plan->run_block_people) >= BLOCKS_AT_LEAST)
        blocks *= 2;
    plan->block_people = blocks * plan->run_block_people;
    const double people = (double)plan->block_people * run->sample;
    plan->chunk_rows[0] = run->sample == 1 ? plan->block_people : enough_rows(people);
    for (int32_t s = 0; s < n_strategies; s++)
        plan->chunk_rows[1 + s] = enough_rows(pilot->events[s] / (double)pilot->people * people);
}

/* What the people of the pilot take, all of them stored, in chunks for them alone. */
static popgx_err_t measure(const model_t *model, const store_run_t *run, pilot_t *pilot, columns_plan_t plan)
{
    popgx_err_t err;
    columns_t columns = {0};
    gather_t *gather = NULL;
    journal_record_t record;
    uint64_t *rows = calloc((size_t)plan.n_row_sets, sizeof *rows);

    if (!rows) return FAIL(NOMEM, "out of memory for the plan of a run");
    plan.sample = 1;
    plan.chunk_rows = rows;
    rows[0] = pilot->people;
    for (int32_t s = 0; s < model->n_strategies; s++) rows[1 + s] = enough_rows(pilot->events[s]);
    TRY(columns_init(&columns, model, &plan));
    TRY(gather_new(&columns, model, &gather));
    TRY(simulate(model, run, pilot, gather));
    TRY(gather_finish(gather, &record));
    for (uint32_t i = 0; i < record.n_streams; i++) pilot->bytes += record.stream_bytes[i];
out:
    gather_free(gather);
    columns_release(&columns);
    free(rows);
    return err;
}

popgx_err_t pilot_plan(const model_t *model, const store_run_t *run, columns_plan_t *plan, uint64_t *predicted_bytes)
{
    popgx_err_t err = POPGX_OK;
    pilot_t pilot = {.events = calloc((size_t)model->n_strategies + 1, sizeof(double))};
    double per_person;

    *plan = (columns_plan_t){.patients = run->patients, .part = run->part, .parts = run->parts, .sample = run->sample, .codec = run->codec, .n_row_sets = 1 + model->n_strategies};
    plan->run_block_people = run->block_people ? run->block_people : RUN_BLOCK_PEOPLE;
    if (plan->run_block_people > run->patients) plan->run_block_people = run->patients;
    plan->chunk_rows = calloc((size_t)plan->n_row_sets + 1, sizeof *plan->chunk_rows);
    if (!pilot.events || !plan->chunk_rows) TRY(FAIL(NOMEM, "out of memory for the plan of a run"));
    TRY(look_at_a_few(model, run, &pilot, &per_person));
    while (!run->block_people && plan->run_block_people >= 2 * LEAST_BLOCK_PEOPLE && plan->run_block_people / 2 % lots_size(model) == 0
           && (double)plan->run_block_people * per_person > MOST_TASK_EVENTS)
        plan->run_block_people /= 2;
    pilot.people = plan->run_block_people;
    if (run->sample > 0) TRY(simulate(model, run, &pilot, NULL));
    choose_blocks(run, &pilot, model->n_strategies, per_person, plan);
    if (run->sample > 0) TRY(measure(model, run, &pilot, *plan));
    *predicted_bytes = RESULT_BYTES + (uint64_t)(pilot.bytes / (double)pilot.people * run->sample * (double)columns_range_patients(plan, columns_range(plan)));
out:
    free(pilot.events);
    return err;
}

void pilot_release(columns_plan_t *plan)
{
    free(plan->chunk_rows);
    *plan = (columns_plan_t){0};
}
