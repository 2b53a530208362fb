/*
 * Writing spools. A thread lays its record out in a buffer of its own, reserves a place at the end of the file and writes
 * there, so threads wait for each other only inside the file system. Buffers are kept and reused: as many as threads
 * append at the same time.
 */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "rng/keyed.h"
#include "store/spool_record.h"

typedef struct buffer {
    struct buffer *next;
    unsigned char *record;
    size_t record_capacity;
    int32_t *row;           /* [people_capacity]: each person's place among those of the sample, or -1 */
    int32_t *count;         /* [people_capacity] */
    size_t people_capacity;
} buffer_t;

struct spool {
    const model_t *model;
    char *path;
    int fd;
    double sample;
    uint64_t purpose;
    atomic_uint_least64_t end, n_records;
    pthread_mutex_t lock;
    buffer_t *idle;         /* under the lock */
};

popgx_err_t spool_create(const char *path, const model_t *model, double sample, spool_t **out)
{
    popgx_err_t err = POPGX_OK;
    spool_t *spool = calloc(1, sizeof *spool);

    if (!spool) return FAIL(NOMEM, "%s: out of memory", path);
    pthread_mutex_init(&spool->lock, NULL);
    spool->model = model;
    spool->sample = sample;
    spool->purpose = rng_purpose("store sample");
    spool->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (spool->fd < 0) TRY(FAIL(IO, "%s: %s", path, strerror(errno)));
    spool->path = strdup(path);
    if (!spool->path) TRY(FAIL(NOMEM, "%s: out of memory", path));
    *out = spool;
    return POPGX_OK;
out:
    spool_free(spool);
    return err;
}

void spool_free(spool_t *spool)
{
    if (!spool) return;
    for (buffer_t *buffer = spool->idle, *next; buffer; buffer = next) {
        next = buffer->next;
        free(buffer->record);
        free(buffer->row);
        free(buffer->count);
        free(buffer);
    }
    if (spool->fd >= 0) close(spool->fd);
    pthread_mutex_destroy(&spool->lock);
    free(spool->path);
    free(spool);
}

static buffer_t *borrow_buffer(spool_t *spool)
{
    pthread_mutex_lock(&spool->lock);
    buffer_t *buffer = spool->idle;
    if (buffer) spool->idle = buffer->next;
    pthread_mutex_unlock(&spool->lock);
    return buffer ? buffer : calloc(1, sizeof *buffer);
}

static void return_buffer(spool_t *spool, buffer_t *buffer)
{
    pthread_mutex_lock(&spool->lock);
    buffer->next = spool->idle;
    spool->idle = buffer;
    pthread_mutex_unlock(&spool->lock);
}

static popgx_err_t reserve_people(buffer_t *buffer, size_t n)
{
    if (n <= buffer->people_capacity) return POPGX_OK;
    free(buffer->row);
    free(buffer->count);
    buffer->row = malloc(n * sizeof *buffer->row);
    buffer->count = malloc(n * sizeof *buffer->count);
    buffer->people_capacity = buffer->row && buffer->count ? n : 0;
    return buffer->people_capacity ? POPGX_OK : FAIL(NOMEM, "out of memory for %zu people to be stored", n);
}

static popgx_err_t reserve_record(buffer_t *buffer, size_t n_bytes)
{
    if (n_bytes <= buffer->record_capacity) return POPGX_OK;
    size_t capacity = n_bytes + n_bytes / 4;
    free(buffer->record);
    buffer->record = malloc(capacity);
    buffer->record_capacity = buffer->record ? capacity : 0;
    return buffer->record ? POPGX_OK : FAIL(NOMEM, "out of memory for %zu bytes of trajectories", capacity);
}

size_t spool_moment_bytes(const model_t *model) { return model->n_moments <= UINT8_MAX + 1 ? 1 : 2; }

/* A person's place among those of the sample, or -1. `row` is NULL if that is everybody; loops are compiled for either. */
static inline int32_t row_of(const int32_t *row, int32_t person) { return row ? row[person] : person; }

/* Fills `row` and returns how many people are in the sample. */
static size_t choose_people(const spool_t *spool, const cohort_view_t *people, int32_t *row)
{
    int32_t n = 0;

    for (size_t i = 0; i < people->n; i++)
        row[i] = rng_uniform(people->key[i], spool->purpose, 0) < spool->sample ? n++ : -1;
    return (size_t)n;
}

/* Fills `count` of each person of the sample and returns the sum. */
static size_t count_events(const trajectory_t *trajectory, const int32_t *row, size_t n, int32_t *count)
{
    size_t total = 0;

    memset(count, 0, n * sizeof *count);
    for (size_t k = 0; k < trajectory->n_records; k++) {
        int32_t r = row_of(row, trajectory->person[k]);
        if (r >= 0) {
            count[r]++;
            total++;
        }
    }
    return total;
}

static void put_people(const model_t *model, const cohort_view_t *people, const int32_t *row, const record_columns_t *to, size_t n)
{
    for (size_t i = 0; i < people->n; i++) {
        if (row_of(row, (int32_t)i) < 0) continue;
        size_t r = (size_t)row_of(row, (int32_t)i);
        to->patient[r] = people->first_id + i;
        for (size_t k = 0; k < (size_t)model->n_numbers; k++) to->number[k * n + r] = people->number[k][i];
        for (size_t k = 0; k < (size_t)model->n_genes; k++) to->diplotype[k * n + r] = people->diplotype[k][i];
        for (size_t k = 0; k < (size_t)model->settings.n_attributes; k++) to->level[k * n + r] = people->level[k][i];
    }
}

/* The records of a run; `place` is where each person's next event goes, and moves on. */
#define PUT_RUN(type)                                                       \
    for (int32_t j = 0; j < run->count; j++) {                              \
        int32_t r = row_of(row, person[j]);                                 \
        if (r < 0) continue;                                                \
        to->minute[place[r]] = minute[j];                                   \
        ((type *)(void *)to->moment)[place[r]++] = (type)run->moment;       \
    }

/* From step by step to person by person. */
static void put_events(const trajectory_t *trajectory, const int32_t *row, int32_t *restrict place, const record_columns_t *to,
                       size_t moment_bytes)
{
    const int32_t *person = trajectory->person, *minute = trajectory->minute;

    for (size_t q = 0; q < trajectory->n_runs; q++) {
        const trajectory_run_t *run = &trajectory->runs[q];
        if (moment_bytes == 1) PUT_RUN(uint8_t)
        else PUT_RUN(uint16_t)
        person += run->count;
        minute += run->count;
    }
}

/* Who died. Nothing happens to the dead, so that the minute of death needs no place of its own. */
static void put_deaths(const trajectory_t *trajectory, int32_t horizon, const int32_t *row, const int32_t *place,
                       const record_columns_t *to)
{
    for (size_t i = 0; i < trajectory->n_people; i++) {
        int32_t r = row_of(row, (int32_t)i);
        if (r < 0) continue;
        to->died[r] = trajectory->end[i] < horizon;
        INVARIANT(!to->died[r] || (to->count[r] > 0 && to->minute[place[r] - 1] == trajectory->end[i]),
                  "person %zu of a block died in minute %d, which is not that of the last event", i, trajectory->end[i]);
    }
}

/* `place` holds the counts and becomes each person's place for the next event. */
static void put_trajectory(const model_t *model, const trajectory_t *trajectory, const int32_t *row, int32_t *place,
                           const record_columns_t *to, size_t n)
{
    int32_t next = 0;

    memcpy(to->count, place, n * sizeof *to->count);
    for (size_t r = 0; r < n; r++) {
        place[r] = next;
        next += to->count[r];
    }
    put_events(trajectory, row, place, to, spool_moment_bytes(model));
    put_deaths(trajectory, model->settings.horizon, row, place, to);
}

static popgx_err_t write_record(spool_t *spool, const unsigned char *bytes, size_t n)
{
    uint64_t at = atomic_fetch_add(&spool->end, n);

    while (n > 0) {
        ssize_t written = pwrite(spool->fd, bytes, n, (off_t)at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return FAIL(IO, "%s: %s", spool->path, strerror(written < 0 ? errno : ENOSPC));
        bytes += written;
        n -= (size_t)written;
        at += (size_t)written;
    }
    atomic_fetch_add(&spool->n_records, 1);
    return POPGX_OK;
}

popgx_err_t spool_append(spool_t *spool, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory)
{
    popgx_err_t err;
    buffer_t *buffer = borrow_buffer(spool);
    record_header_t header = {.magic = RECORD_MAGIC, .first_id = people->first_id, .strategy = strategy};
    record_columns_t columns;

    if (!buffer) return FAIL(NOMEM, "out of memory for what is to be stored");
    TRY(reserve_people(buffer, people->n));
    const int32_t *row = spool->sample < 1 ? buffer->row : NULL;
    size_t n = row ? choose_people(spool, people, buffer->row) : people->n;
    if (n == 0) goto out;
    header.n = n;
    header.n_events = count_events(trajectory, row, n, buffer->count);
    header.n_bytes = record_layout(spool->model, &header, NULL, &columns);
    TRY(reserve_record(buffer, sizeof header + header.n_bytes));
    unsigned char *body = buffer->record + sizeof header;
    record_layout(spool->model, &header, body, &columns);
    if (strategy == 0) put_people(spool->model, people, row, &columns, n);
    put_trajectory(spool->model, trajectory, row, buffer->count, &columns, n);
    memset(columns.padding, 0, (size_t)(body + header.n_bytes - columns.padding));
    header.hash = XXH3_64bits(body, header.n_bytes);
    memcpy(buffer->record, &header, sizeof header);
    TRY(write_record(spool, buffer->record, sizeof header + header.n_bytes));
out:
    return_buffer(spool, buffer);
    return err;
}

uint64_t spool_written(const spool_t *spool) { return atomic_load(&spool->n_records); }

popgx_err_t spool_sync(spool_t *spool)
{
    return fsync(spool->fd) == 0 ? POPGX_OK : FAIL(IO, "%s: syncing: %s", spool->path, strerror(errno));
}
