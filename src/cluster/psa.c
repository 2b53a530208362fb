/*
 * Draws x blocks as one list of tasks, handed out like the blocks of a run: whoever asks gets consecutive ones, so a thread
 * usually does a whole draw and makes its engine once. Owns a workspace a thread. Never writes a file or prints.
 */
#include "cluster/psa.h"

#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "cluster/workspace.h"
#include "rng/keyed.h"

/* A thread takes at most so many blocks of a draw at once, so that few draws of many people keep all threads busy. */
enum { MOST_BLOCKS_AT_ONCE = 32 };

#define SECONDS_BETWEEN_PROGRESS 0.2

typedef struct {
    const models_t *models;
    const psa_settings_t *settings;
    const psa_layout_t *layout;
    exact_sum_t *rows;
    uint64_t block_people, blocks; /* of a draw */
    block_source_t *source;
    pthread_mutex_t lock;
    block_range_t range;        /* handed to this rank, not begun */
    bool is_stopped;
    uint64_t n_done, n_fired;
    popgx_err_t err;            /* the first one */
    char detail[1024];
    double last_progress;
} crew_t;

/* One thread's: the model of the draw in hand, 0 if there is none. */
typedef struct {
    uint64_t draw;
    model_t model;
    workspace_t w;
} worker_t;

static void keep_error(crew_t *crew, popgx_err_t err)
{
    if (crew->err) return;
    crew->err = err;
    snprintf(crew->detail, sizeof crew->detail, "%s", popgx_err_detail());
    blocks_stop(crew->source);
}

static void ask_whether_to_stop(crew_t *crew)
{
    const psa_settings_t *settings = crew->settings;

    if (crew->is_stopped || !settings->is_stop_wanted || !settings->is_stop_wanted(settings->stop_context)) return;
    crew->is_stopped = true;
    blocks_stop(crew->source);
}

/* Consecutive blocks of one draw. */
static bool take_piece(crew_t *crew, block_range_t *piece)
{
    *piece = (block_range_t){0};
    pthread_mutex_lock(&crew->lock);
    ask_whether_to_stop(crew);
    if (!crew->err && !blocks_is_stopped(crew->source)) {
        popgx_err_t err = crew->range.count > 0 ? POPGX_OK : blocks_next(crew->source, &crew->range);
        uint64_t rest = crew->blocks - crew->range.first % crew->blocks;
        if (err) keep_error(crew, err);
        piece->first = crew->range.first;
        piece->count = crew->range.count < rest ? crew->range.count : rest;
        if (piece->count > MOST_BLOCKS_AT_ONCE) piece->count = MOST_BLOCKS_AT_ONCE;
        if (err) piece->count = 0;
        crew->range.first += piece->count;
        crew->range.count -= piece->count;
    }
    pthread_mutex_unlock(&crew->lock);
    return piece->count > 0;
}

static void drop_draw(worker_t *worker)
{
    if (worker->draw == 0) return;
    workspace_release(&worker->w);
    model_release(&worker->model);
    worker->draw = 0;
}

static popgx_err_t prepare(const crew_t *crew, worker_t *worker, uint64_t draw)
{
    popgx_err_t err = POPGX_OK;

    if (worker->draw == draw) return POPGX_OK;
    drop_draw(worker);
    TRY(models_get(crew->models, draw, &worker->model));
    worker->draw = draw;
    TRY(workspace_init(&worker->w, &worker->model, (size_t)crew->block_people));
out:
    return err;
}

static popgx_err_t simulate_piece(crew_t *crew, worker_t *worker, block_range_t piece)
{
    const uint64_t row = piece.first / crew->blocks, draw = crew->settings->first_draw + row, patients = crew->settings->patients;
    const uint64_t key = rng_run_key(crew->settings->seed, draw);
    popgx_err_t err;

    TRY(prepare(crew, worker, draw));
    for (uint64_t i = 0; i < piece.count; i++) {
        uint64_t block = piece.first % crew->blocks + i, first = block * crew->block_people, rest = patients - first;
        TRY(workspace_simulate(&worker->w, key, first, (size_t)(rest < crew->block_people ? rest : crew->block_people), NULL, NULL, block));
    }
    pthread_mutex_lock(&crew->lock);
    psa_add(crew->layout, &worker->w.tally, crew->rows + row * (uint64_t)crew->layout->n_sums);
    crew->n_fired += worker->w.n_fired;
    crew->n_done += piece.count;
    pthread_mutex_unlock(&crew->lock);
    for (int32_t i = 0; i < worker->w.tally.layout.n_sums; i++) worker->w.tally.sums[i] = 0;
    worker->w.n_fired = 0;
out:
    if (err) err = err_set(err, "draw %llu: %.900s", (unsigned long long)draw, popgx_err_detail());
    return err;
}

static void tell_progress(crew_t *crew)
{
    const psa_settings_t *settings = crew->settings;
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    double now = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
    if (!settings->progress || cluster_rank() != 0 || now - crew->last_progress < SECONDS_BETWEEN_PROGRESS) return;
    crew->last_progress = now;
    settings->progress(settings->progress_context, (double)blocks_taken(crew->source) / (double)(settings->n_draws * crew->blocks));
}

static void work(crew_t *crew, bool is_teller)
{
    worker_t worker = {0};
    popgx_err_t err = POPGX_OK;
    block_range_t piece;

    while (!err && take_piece(crew, &piece)) {
        err = simulate_piece(crew, &worker, piece);
        if (is_teller) tell_progress(crew);
    }
    if (err) {
        pthread_mutex_lock(&crew->lock);
        keep_error(crew, err);
        pthread_mutex_unlock(&crew->lock);
    }
    drop_draw(&worker);
}

static popgx_err_t agree_on_end(const crew_t *crew)
{
    const uint64_t all = crew->settings->n_draws * crew->blocks;
    uint64_t n_done = crew->n_done;
    popgx_err_t err;

    TRY(cluster_agree(crew->err ? err_set(crew->err, "%s", crew->detail) : POPGX_OK));
    TRY(cluster_add_counts(&n_done, 1));
    if (n_done < all) err = FAIL(STOPPED, "stopped after %llu of %llu blocks", (unsigned long long)n_done, (unsigned long long)all);
out:
    return err;
}

popgx_err_t psa_simulate(const models_t *models, const psa_settings_t *settings, const psa_layout_t *layout, exact_sum_t *rows,
                         uint64_t *n_fired)
{
    crew_t crew = {.models = models, .settings = settings, .layout = layout, .rows = rows};
    popgx_err_t err;

    crew.block_people = settings->block_people ? settings->block_people : RUN_BLOCK_PEOPLE;
    if (crew.block_people > settings->patients) crew.block_people = settings->patients;
    crew.blocks = (settings->patients - 1) / crew.block_people + 1;
    TRY(blocks_open(settings->n_draws * crew.blocks, (uint64_t)settings->threads * crew.blocks, &crew.source));
    pthread_mutex_init(&crew.lock, NULL);
#pragma omp parallel num_threads(settings->threads)
    work(&crew, omp_get_thread_num() == 0);
    pthread_mutex_destroy(&crew.lock);
    blocks_close(crew.source);
    TRY(agree_on_end(&crew));
    TRY(cluster_add(rows, settings->n_draws * (size_t)layout->n_sums));
    TRY(cluster_add_counts(&crew.n_fired, 1));
    *n_fired += crew.n_fired;
out:
    return err;
}
