/*
 * Draws x blocks as one list of tasks, handed out like the blocks of a run: whoever asks gets consecutive ones, so a thread
 * usually does a whole draw and makes its engine once. Owns a workspace a thread. Never writes a file or prints.
 */
#include "cluster/psa.h"

#include <omp.h>

#include "cluster/crew.h"
#include "cluster/workspace.h"
#include "core/monotonic.h"
#include "rng/keyed.h"

/* A thread takes at most so many blocks of a draw at once, so that few draws of many people keep all threads busy. */
enum { MOST_BLOCKS_AT_ONCE = 32 };

#define SECONDS_BETWEEN_PROGRESS 0.2
#define SECONDS_BETWEEN_STOPS 1.0

typedef struct {
    const models_t *models;
    const psa_settings_t *settings;
    const psa_layout_t *layout;
    exact_sum_t *rows;
    uint64_t block_people, blocks; /* of a draw */
    crew_t crew;                /* counts blocks; its lock is also that of rows and n_fired */
    uint64_t n_fired;
    double last_progress;
} job_t;

/* One thread's: the model of the draw in hand, 0 if there is none. */
typedef struct {
    uint64_t draw;
    model_t model;
    workspace_t w;
    job_t *job;
    double last_question;       /* whether everybody stops */
} worker_t;

/* Draws in hand are lost with all since the last record, so there is no use in finishing them. */
static bool is_piece_over(void *context)
{
    worker_t *worker = context;
    const double now = monotonic_seconds();

    if (now - worker->last_question < SECONDS_BETWEEN_STOPS) return false;
    worker->last_question = now;
    return crew_is_stopping(&worker->job->crew);
}

static void drop_draw(worker_t *worker)
{
    if (worker->draw == 0) return;
    workspace_release(&worker->w);
    model_release(&worker->model);
    worker->draw = 0;
}

static popgx_err_t prepare(job_t *job, worker_t *worker, uint64_t draw)
{
    popgx_err_t err = POPGX_OK;

    if (worker->draw == draw) return POPGX_OK;
    drop_draw(worker);
    TRY(models_get(job->models, draw, &worker->model));
    worker->draw = draw;
    worker->model.settings.report = (model_report_t){0}; /* draws keep what every run keeps */
    TRY(workspace_init(&worker->w, &worker->model, (size_t)job->block_people));
    worker->w.is_over = is_piece_over;
    worker->w.over_context = worker;
out:
    return err;
}

static popgx_err_t simulate_piece(job_t *job, worker_t *worker, block_range_t piece)
{
    const uint64_t row = piece.first / job->blocks, draw = job->settings->first_draw + row, patients = job->settings->patients;
    const uint64_t key = rng_run_key(job->settings->seed, draw);
    popgx_err_t err;

    TRY(prepare(job, worker, draw));
    for (uint64_t i = 0; i < piece.count; i++) {
        uint64_t block = piece.first % job->blocks + i, first = block * job->block_people, rest = patients - first;
        TRY(workspace_simulate(&worker->w, key, first, (size_t)(rest < job->block_people ? rest : job->block_people), NULL, NULL, block));
    }
    pthread_mutex_lock(&job->crew.lock);
    psa_add(job->layout, &worker->w.tally, job->rows + row * (uint64_t)job->layout->n_sums);
    job->n_fired += worker->w.n_fired;
    job->crew.n_done += piece.count;
    pthread_mutex_unlock(&job->crew.lock);
    for (int32_t i = 0; i < worker->w.tally.layout.n_sums; i++) worker->w.tally.sums[i] = 0;
    worker->w.n_fired = 0;
out:
    if (err && err != POPGX_E_STOPPED) err = err_set(err, "draw %llu: %.900s", (unsigned long long)draw, popgx_err_detail());
    return err;
}

static void tell_progress(job_t *job)
{
    const psa_settings_t *settings = job->settings;
    const double now = monotonic_seconds();

    if (!settings->progress || cluster_rank() != 0 || now - job->last_progress < SECONDS_BETWEEN_PROGRESS) return;
    job->last_progress = now;
    settings->progress(settings->progress_context, (double)blocks_taken(job->crew.source) / (double)(settings->n_draws * job->blocks));
}

static void work(job_t *job, bool is_teller)
{
    worker_t worker = {.job = job, .last_question = monotonic_seconds()};
    popgx_err_t err = POPGX_OK;
    block_range_t piece;

    while (!err && crew_take(&job->crew, job->blocks, MOST_BLOCKS_AT_ONCE, &piece)) {
        err = simulate_piece(job, &worker, piece);
        if (is_teller) tell_progress(job);
    }
    if (err == POPGX_E_STOPPED) err = POPGX_OK; /* its piece is not counted */
    if (err) {
        pthread_mutex_lock(&job->crew.lock);
        crew_fail(&job->crew, err);
        pthread_mutex_unlock(&job->crew.lock);
    }
    drop_draw(&worker);
}

popgx_err_t psa_simulate(const models_t *models, const psa_settings_t *settings, const psa_layout_t *layout, exact_sum_t *rows,
                         uint64_t *n_fired)
{
    job_t job = {.models = models, .settings = settings, .layout = layout, .rows = rows,
                 .crew = {.is_stop_wanted = settings->is_stop_wanted, .stop_context = settings->stop_context}};
    popgx_err_t err;

    job.block_people = settings->block_people ? settings->block_people : RUN_BLOCK_PEOPLE;
    if (job.block_people > settings->patients) job.block_people = settings->patients;
    job.blocks = (settings->patients - 1) / job.block_people + 1;
    TRY(crew_open(&job.crew, settings->n_draws * job.blocks, (uint64_t)settings->threads * job.blocks));
#pragma omp parallel num_threads(settings->threads)
    work(&job, omp_get_thread_num() == 0);
    crew_close(&job.crew);
    TRY(crew_agree(&job.crew, settings->n_draws * job.blocks, "blocks"));
    TRY(cluster_add(rows, settings->n_draws * (size_t)layout->n_sums));
    TRY(cluster_add_counts(&job.n_fired, 1));
    *n_fired += job.n_fired;
out:
    return err;
}
