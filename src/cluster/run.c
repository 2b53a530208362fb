/*
 * The run: threads of every rank take blocks, and each block's people live, are billed and tallied under every strategy.
 *
 * Owns the workspaces, one per thread, made by the thread that uses them so that their memory is near it. Threads share
 * a range of blocks under a lock, which a block of thousands of people makes cheap; whoever finds it empty asks for the
 * next one. The first error of a rank is kept, stops the handing out of blocks to everybody, and is agreed on at the end.
 * Never writes a file or prints.
 */
#include "cluster/run.h"

#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "engine/engine.h"
#include "ledger/ledger.h"
#include "rng/keyed.h"

#define SECONDS_BETWEEN_PROGRESS 0.2

/* What one thread needs to do a block. */
typedef struct {
    cohort_t *cohort;
    engine_t *engine;
    ledger_t *ledger;
    trajectory_t trajectory;
    tally_t tally;
    uint64_t n_fired;
} workspace_t;

/* What the threads of a rank share; everything below `lock` is under it. */
typedef struct {
    const model_t *model;
    const run_settings_t *settings;
    uint64_t run_key, block_people, n_blocks;
    block_source_t *source;
    pthread_mutex_t lock;
    block_range_t range;        /* handed to this rank, not begun */
    popgx_err_t err;            /* the first one */
    char detail[1024];
    tally_t *tally;
    uint64_t n_fired;
    double last_progress, share;
} run_t;

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static popgx_err_t workspace_init(workspace_t *w, const model_t *model, size_t capacity)
{
    popgx_err_t err;

    *w = (workspace_t){0};
    trajectory_init(&w->trajectory);
    TRY(tally_init(&w->tally, model, capacity));
    TRY(cohort_new(model, capacity, &w->cohort));
    TRY(engine_new(model, capacity, &w->engine));
    TRY(ledger_new(model, capacity, &w->ledger));
out:
    return err;
}

static void workspace_release(workspace_t *w)
{
    ledger_free(w->ledger);
    engine_free(w->engine);
    cohort_free(w->cohort);
    tally_release(&w->tally);
    trajectory_release(&w->trajectory);
}

static popgx_err_t simulate_block(const run_t *run, workspace_t *w, uint64_t block)
{
    const run_sink_t *sink = &run->settings->sink;
    uint64_t first = block * run->block_people, remaining = run->settings->patients - first;
    size_t n = (size_t)(remaining < run->block_people ? remaining : run->block_people);
    cohort_view_t people = cohort_fill(w->cohort, run->run_key, first, n);
    popgx_err_t err = POPGX_OK;

    engine_start(w->engine, &people);
    for (int32_t s = 0; s < run->model->n_strategies; s++) {
        ledger_bill_t bill;
        TRY(engine_run(w->engine, s, &w->trajectory, &w->n_fired));
        TRY(ledger_post(w->ledger, &people, &w->trajectory, &bill));
        TRY(tally_add(&w->tally, s, &people, &bill));
        if (sink->block) TRY(sink->block(sink->context, block, s, &people, &w->trajectory));
    }
    tally_close(&w->tally, &people);
out:
    return err;
}

/* Keeps the calling thread's error, since messages live per thread, and asks everybody to stop. Under the lock. */
static void keep_error(run_t *run, popgx_err_t err)
{
    if (run->err) return;
    run->err = err;
    snprintf(run->detail, sizeof run->detail, "%s", popgx_err_detail());
    blocks_stop(run->source);
}

static bool take_block(run_t *run, uint64_t *block)
{
    bool is_taken = false;

    pthread_mutex_lock(&run->lock);
    if (!run->err && !blocks_is_stopped(run->source)) {
        popgx_err_t err = run->range.count > 0 ? POPGX_OK : blocks_next(run->source, &run->range);
        if (err) {
            keep_error(run, err);
        } else if (run->range.count > 0) {
            *block = run->range.first++;
            run->range.count--;
            is_taken = true;
        }
    }
    pthread_mutex_unlock(&run->lock);
    if (is_taken && run->settings->reverse_blocks) *block = run->n_blocks - 1 - *block;
    return is_taken;
}

/* What ranks took less what they have not begun, supposing that is as much on every rank as on this one; it never goes back. */
static void tell_progress(run_t *run)
{
    double now = seconds_now();

    if (!run->settings->progress || cluster_rank() != 0 || now - run->last_progress < SECONDS_BETWEEN_PROGRESS) return;
    pthread_mutex_lock(&run->lock);
    double waiting = (double)run->range.count * cluster_ranks();
    double share = ((double)blocks_taken(run->source) - waiting) / (double)run->n_blocks;
    if (share > run->share) run->share = share;
    pthread_mutex_unlock(&run->lock);
    run->last_progress = now;
    run->settings->progress(run->settings->progress_context, run->share);
}

static void work(run_t *run, bool is_teller)
{
    workspace_t w;
    popgx_err_t err;
    uint64_t block;

    TRY(workspace_init(&w, run->model, (size_t)run->block_people));
    while (take_block(run, &block)) {
        TRY(simulate_block(run, &w, block));
        if (is_teller) tell_progress(run);
    }
out:
    pthread_mutex_lock(&run->lock);
    if (err) {
        keep_error(run, err);
    } else {
        tally_merge(run->tally, &w.tally);
        run->n_fired += w.n_fired;
    }
    pthread_mutex_unlock(&run->lock);
    workspace_release(&w);
}

static void simulate_share(run_t *run)
{
    pthread_mutex_init(&run->lock, NULL);
#pragma omp parallel num_threads(run->settings->threads)
    work(run, omp_get_thread_num() == 0);
    pthread_mutex_destroy(&run->lock);
}

popgx_err_t run_simulate(const model_t *model, const run_settings_t *settings, tally_t *tally, run_report_t *report)
{
    run_t run = {.model = model, .settings = settings, .run_key = rng_run_key(settings->seed, 0), .tally = tally};
    double start = seconds_now();
    popgx_err_t err;

    INVARIANT(settings->patients >= 1 && settings->threads >= 1, "a run of %llu patients on %d threads",
              (unsigned long long)settings->patients, settings->threads);
    run.block_people = settings->block_people ? settings->block_people : RUN_BLOCK_PEOPLE;
    if (run.block_people > settings->patients) run.block_people = settings->patients;
    run.n_blocks = (settings->patients - 1) / run.block_people + 1;
    TRY(blocks_open(run.n_blocks, (uint64_t)settings->threads, &run.source));
    simulate_share(&run);
    blocks_close(run.source);
    TRY(cluster_agree(run.err ? err_set(run.err, "%s", run.detail) : POPGX_OK));
    TRY(cluster_add(tally->sums, (size_t)tally->layout.n_sums));
    TRY(cluster_add_counts(&run.n_fired, 1));
    INVARIANT(tally->sums[tally->layout.people] == (exact_sum_t)settings->patients, "a run of %llu patients tallied %llu",
              (unsigned long long)settings->patients, (unsigned long long)tally->sums[tally->layout.people]);
    *report = (run_report_t){.n_fired = run.n_fired, .seconds = seconds_now() - start};
    if (settings->progress && cluster_rank() == 0) settings->progress(settings->progress_context, 1);
out:
    return err;
}
