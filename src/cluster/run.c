/*
 * The run: threads of every rank take tasks of some blocks, and each block's people live, are billed and tallied under every strategy.
 *
 * Owns the workspaces (workspace.h), one per thread, made by the thread that uses them so that their memory is near it. Threads share
 * a range of tasks (crew.h) under a lock, which a block of thousands of people makes cheap. The first error of a rank is agreed on at
 * the end. Never writes a file or prints.
 */
#include "cluster/run.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/crew.h"
#include "cluster/workspace.h"
#include "core/monotonic.h"
#include "model/lots.h"
#include "rng/keyed.h"

#define SECONDS_BETWEEN_PROGRESS 0.2

/* A task shorter than the first is not asked about stopping; one that ends within the second is finished. */
#define SECONDS_BETWEEN_STOPS 1.0
#define MOST_SECONDS_TO_STOP 3.0

/* One thread's. */
typedef struct {
    workspace_t w;              /* its sums and events are of all tasks; with a sink that commits, of the task in hand */
    exact_sum_t *sums;          /* [n_sums]: of all tasks committed before */
    uint64_t n_fired_before, n_done;
    void *writer, *reader;      /* of the sink, of the source */
    struct run *run;
    double task_started;        /* monotonic_seconds */
    uint64_t steps_done, steps; /* of the task: a block under a strategy */
    bool is_open;
} worker_t;

/* What the threads of a rank share; everything below `crew` is under its lock. */
typedef struct run {
    const model_t *model;
    const run_settings_t *settings;
    uint64_t run_key, block_people, task_blocks, n_blocks;
    uint64_t n_todo;            /* tasks; what the source hands out are places in the list of tasks to do */
    crew_t crew;                /* counts tasks */
    tally_t *tally;
    uint64_t n_fired;
    double last_progress, share;
} run_t;

/* Asked before every block under every strategy: whether a task must be left, since everybody stops and it would take too long yet. */
static bool is_task_over(void *context)
{
    worker_t *worker = context;
    const double elapsed = monotonic_seconds() - worker->task_started, done = (double)worker->steps_done++;

    if (elapsed < SECONDS_BETWEEN_STOPS || elapsed * ((double)worker->steps - done) < MOST_SECONDS_TO_STOP * done) return false;
    return crew_is_stopping(&worker->run->crew);
}

static popgx_err_t worker_init(worker_t *worker, run_t *run)
{
    const size_t capacity = (size_t)run->block_people;
    const run_source_t *source = &run->settings->source;
    popgx_err_t err;

    *worker = (worker_t){.run = run};
    TRY(source->trajectory ? workspace_init_replay(&worker->w, run->model, capacity) : workspace_init(&worker->w, run->model, capacity));
    worker->w.is_over = is_task_over;
    worker->w.over_context = worker;
    if (source->open) TRY(source->open(source->context, &worker->reader));
    worker->sums = calloc((size_t)worker->w.tally.layout.n_sums, sizeof *worker->sums);
    if (!worker->sums) TRY(FAIL(NOMEM, "no memory for the sums of a thread"));
out:
    return err;
}

static void worker_release(worker_t *worker, const run_source_t *source)
{
    if (worker->reader && source->close) source->close(worker->reader);
    workspace_release(&worker->w);
    free(worker->sums);
}

static popgx_err_t simulate_block(const run_t *run, worker_t *worker, uint64_t block)
{
    uint64_t first = block * run->block_people, remaining = run->settings->patients - first;
    size_t n = (size_t)(remaining < run->block_people ? remaining : run->block_people);

    if (run->settings->source.trajectory)
        return workspace_replay(&worker->w, run->run_key, first, n, &run->settings->source, worker->reader);
    return workspace_simulate(&worker->w, run->run_key, first, n, &run->settings->sink, worker->writer, block);
}

static popgx_err_t simulate_task(const run_t *run, worker_t *worker, uint64_t task)
{
    const run_sink_t *sink = &run->settings->sink;
    tally_t *tally = &worker->w.tally;
    uint64_t first = task * run->task_blocks, after = first + run->task_blocks;
    popgx_err_t err = POPGX_OK;

    worker->task_started = monotonic_seconds();
    worker->steps_done = 0;
    worker->steps = run->task_blocks * (uint64_t)run->model->n_strategies;
    for (uint64_t block = first; block < after && block < run->n_blocks; block++) TRY(simulate_block(run, worker, block));
    worker->n_done++;
    if (!sink->commit) return POPGX_OK;
    TRY(sink->commit(worker->writer, task, tally, worker->w.n_fired));
    for (int32_t i = 0; i < tally->layout.n_sums; i++) {
        worker->sums[i] += tally->sums[i];
        tally->sums[i] = 0;
    }
    worker->n_fired_before += worker->w.n_fired;
    worker->w.n_fired = 0;
out:
    return err;
}

/* The task at a place in the list of tasks to do. */
static uint64_t task_at(const run_t *run, uint64_t place)
{
    const block_range_t *todo = run->settings->todo;

    if (run->settings->reverse_blocks) place = run->n_todo - 1 - place;
    if (!todo) return place;
    while (place >= todo->count) place -= todo++->count;
    return todo->first + place;
}

static bool take_task(run_t *run, uint64_t *task)
{
    block_range_t piece;

    if (!crew_take(&run->crew, 1, 1, &piece)) return false;
    *task = task_at(run, piece.first);
    return true;
}

/* What ranks took less what they have not begun, supposing that is as much on every rank as on this one; it never goes back. */
static void tell_progress(run_t *run)
{
    double now = monotonic_seconds();

    if (!run->settings->progress || cluster_rank() != 0 || now - run->last_progress < SECONDS_BETWEEN_PROGRESS) return;
    pthread_mutex_lock(&run->crew.lock);
    double waiting = (double)run->crew.range.count * cluster_ranks();
    double share = ((double)blocks_taken(run->crew.source) - waiting) / (double)run->n_todo;
    if (share > run->share) run->share = share;
    pthread_mutex_unlock(&run->crew.lock);
    run->last_progress = now;
    run->settings->progress(run->settings->progress_context, run->share);
}

static popgx_err_t open_writer(const run_t *run, worker_t *worker)
{
    const run_sink_t *sink = &run->settings->sink;
    popgx_err_t err = POPGX_OK;

    worker->writer = sink->context;
    if (sink->open) TRY(sink->open(sink->context, &worker->writer));
    worker->is_open = true;
out:
    return err;
}

/* The first error counts: that of closing only if there was none. */
static popgx_err_t close_writer(const run_t *run, worker_t *worker, popgx_err_t err)
{
    const run_sink_t *sink = &run->settings->sink;
    char detail[1024];

    if (!worker->is_open || !sink->close) return err;
    snprintf(detail, sizeof detail, "%s", popgx_err_detail());
    popgx_err_t close_err = sink->close(worker->writer, !err);
    return err ? err_set(err, "%s", detail) : close_err;
}

static void work(run_t *run, bool is_teller)
{
    worker_t worker;
    popgx_err_t err;
    uint64_t task;

    TRY(worker_init(&worker, run));
    TRY(open_writer(run, &worker));
    while (take_task(run, &task)) {
        err = simulate_task(run, &worker, task);
        if (err == POPGX_E_STOPPED) { /* the task is not committed, and not counted */
            err = POPGX_OK;
            break;
        }
        if (err) goto out;
        if (is_teller) tell_progress(run);
    }
out:
    err = close_writer(run, &worker, err);
    pthread_mutex_lock(&run->crew.lock);
    if (err) {
        crew_fail(&run->crew, err);
    } else {
        for (int32_t i = 0; i < worker.w.tally.layout.n_sums; i++) run->tally->sums[i] += worker.sums[i] + worker.w.tally.sums[i];
        run->n_fired += worker.n_fired_before + worker.w.n_fired;
        run->crew.n_done += worker.n_done;
    }
    pthread_mutex_unlock(&run->crew.lock);
    worker_release(&worker, &run->settings->source);
}

uint64_t run_tasks(uint64_t patients, uint64_t block_people, uint64_t task_blocks)
{
    uint64_t people = (block_people ? block_people : RUN_BLOCK_PEOPLE) * (task_blocks ? task_blocks : 1);

    return (patients - 1) / people + 1;
}

static uint64_t count_todo(const run_settings_t *settings, uint64_t n_tasks)
{
    uint64_t n = 0;

    for (size_t i = 0; i < settings->n_todo; i++) n += settings->todo[i].count;
    return settings->todo ? n : n_tasks;
}

popgx_err_t run_simulate(const model_t *model, const run_settings_t *settings, tally_t *tally, run_report_t *report)
{
    run_t run = {.model = model, .settings = settings, .run_key = rng_run_key(settings->seed, 0), .tally = tally,
                 .crew = {.is_stop_wanted = settings->is_stop_wanted, .stop_context = settings->stop_context}};
    double start = monotonic_seconds();
    popgx_err_t err;

    INVARIANT(settings->patients >= 1 && settings->threads >= 1, "a run of %llu patients on %d threads",
              (unsigned long long)settings->patients, settings->threads);
    INVARIANT(settings->patients % lots_size(model) == 0, "%llu patients are no whole lots", (unsigned long long)settings->patients);
    run.block_people = settings->block_people ? settings->block_people : RUN_BLOCK_PEOPLE;
    run.block_people = (run.block_people - 1) / lots_size(model) * lots_size(model) + lots_size(model);
    if (run.block_people > settings->patients) run.block_people = settings->patients;
    run.task_blocks = settings->task_blocks ? settings->task_blocks : 1;
    run.n_blocks = (settings->patients - 1) / run.block_people + 1;
    run.n_todo = count_todo(settings, run_tasks(settings->patients, run.block_people, run.task_blocks));
    TRY(crew_open(&run.crew, run.n_todo, (uint64_t)settings->threads));
#pragma omp parallel num_threads(settings->threads)
    work(&run, omp_get_thread_num() == 0);
    crew_close(&run.crew);
    *report = (run_report_t){.seconds = monotonic_seconds() - start};
    TRY(crew_agree(&run.crew, run.n_todo, "tasks"));
    TRY(cluster_add(tally->sums, (size_t)tally->layout.n_sums));
    TRY(cluster_add_counts(&run.n_fired, 1));
    const uint64_t people = settings->patients - settings->left_out;
    INVARIANT(tally->sums[tally->layout.people] == (exact_sum_t)people, "a run of %llu patients tallied %llu", (unsigned long long)people,
              (unsigned long long)tally->sums[tally->layout.people]);
    *report = (run_report_t){.n_fired = run.n_fired, .seconds = monotonic_seconds() - start};
    if (settings->progress && cluster_rank() == 0) settings->progress(settings->progress_context, 1);
out:
    return err;
}
