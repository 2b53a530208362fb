/*
 * From step by step to person by person. Rows are laid out straight into the columns of the block, behind those of the
 * people before them. The dead need no minute of their own: nothing happens to them, so it is that of their last event. What happens to everybody
 * at entry is not laid out: the model says it.
 */
#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

#include "model/entry.h"
#include "rng/keyed.h"
#include "store/codec.h"

struct gather {
    const columns_t *columns;
    const model_t *model;
    uint64_t purpose;           /* of the sample */
    unsigned char **data;       /* [columns.n]: numbers of the block */
    size_t *capacity;           /* [n_row_sets]: rows that fit */
    uint64_t *rows;             /* [n_row_sets] */
    size_t n_before;            /* people of the block before the group in hand */
    size_t n;                   /* people of the sample in the group in hand */
    int32_t *row;               /* [run_block_people]: each person's place among those of the sample in the group, or -1 */
    int32_t *place;             /* [run_block_people]: where each person's next event goes */
    size_t *first_column;       /* [1 + n_strategies]: of people, of each strategy */
    bool *is_left_out;          /* [n_moments]: happens to everybody at entry */
    encoder_t *encoder;
    unsigned char *streams;
    size_t streams_capacity;
    uint32_t *stream_bytes;
    size_t stream_capacity;
};

popgx_err_t gather_new(const columns_t *columns, const model_t *model, gather_t **out)
{
    popgx_err_t err = POPGX_OK;
    const columns_plan_t *plan = &columns->plan;
    const size_t n_sets = (size_t)plan->n_row_sets, people = (size_t)plan->run_block_people;
    gather_t *gather = calloc(1, sizeof *gather);

    if (!gather) return FAIL(NOMEM, "out of memory for what is to be stored");
    *gather = (gather_t){.columns = columns, .model = model, .purpose = rng_purpose("store sample")};
    gather->data = calloc(columns->n + 1, sizeof *gather->data);
    gather->capacity = calloc(n_sets, sizeof *gather->capacity);
    gather->rows = calloc(n_sets, sizeof *gather->rows);
    gather->row = malloc(people * sizeof *gather->row);
    gather->place = malloc(people * sizeof *gather->place);
    gather->first_column = calloc(n_sets, sizeof *gather->first_column);
    gather->is_left_out = calloc((size_t)model->n_moments + 1, sizeof *gather->is_left_out);
    if (!gather->data || !gather->capacity || !gather->rows || !gather->row || !gather->place || !gather->first_column || !gather->is_left_out)
        TRY(FAIL(NOMEM, "out of memory for what is to be stored"));
    TRY(encoder_new(columns->plan.codec, COLUMNS_MOST_CHUNK_BYTES, &gather->encoder));
    for (size_t c = columns->n; c-- > 0;)
        if (columns->columns[c].kind >= COLUMN_COUNT) gather->first_column[1 + columns->columns[c].of] = c;
    for (int32_t s = 0; s < model->n_strategies; s++)
        for (int32_t k = 0; k < model_count_at_entry(model, s); k++) gather->is_left_out[model_at_entry(model, s, k)] = true;
    *out = gather;
    return POPGX_OK;
out:
    gather_free(gather);
    return err;
}

void gather_free(gather_t *gather)
{
    if (!gather) return;
    for (size_t c = 0; gather->data && c < gather->columns->n; c++) free(gather->data[c]);
    free(gather->data);
    free(gather->capacity);
    free(gather->rows);
    free(gather->row);
    free(gather->place);
    free(gather->first_column);
    free(gather->is_left_out);
    encoder_free(gather->encoder);
    free(gather->streams);
    free(gather->stream_bytes);
    free(gather);
}

/* Makes all columns of a row set hold `n` rows. */
static popgx_err_t reserve(gather_t *gather, int32_t set, size_t n)
{
    if (n <= gather->capacity[set]) return POPGX_OK;
    size_t capacity = n + n / 4;
    for (size_t c = 0; c < gather->columns->n; c++) {
        const column_t *column = &gather->columns->columns[c];
        if (column->rows != set) continue;
        void *grown = realloc(gather->data[c], capacity * column_row_bytes(column));
        if (!grown) return FAIL(NOMEM, "out of memory for %zu rows of a column", capacity);
        gather->data[c] = grown;
    }
    gather->capacity[set] = capacity;
    return POPGX_OK;
}

/* ---- people ---- */

/* A person's place among those of the sample, or -1. `row` is NULL if that is everybody; loops are compiled for either. */
static inline int32_t row_of(const int32_t *row, int32_t person) { return row ? row[person] : person; }

static void choose_people(gather_t *gather, const cohort_view_t *people)
{
    int32_t n = 0;

    for (size_t i = 0; i < people->n; i++)
        gather->row[i] = rng_uniform(people->key[i], gather->purpose, 0) < gather->columns->plan.sample ? n++ : -1;
    gather->n = (size_t)n;
}

/* For every person of the sample; `r` is the person's row. */
#define PUT(statement)                                           \
    for (size_t i = 0; i < people->n; i++) {                     \
        const int32_t place = row_of(row, (int32_t)i);           \
        if (place < 0) continue;                                 \
        const size_t r = gather->n_before + (size_t)place;       \
        statement;                                               \
    }

static void put_ids(const gather_t *gather, size_t bytes, const cohort_view_t *people, const int32_t *row, void *data)
{
    if (bytes == 8) PUT(((uint64_t *)data)[r] = people->first_id + i)
    else PUT(((uint32_t *)data)[r] = (uint32_t)(people->first_id + i))
}

static void put_alleles(const gather_t *gather, int32_t gene, const cohort_view_t *people, const int32_t *row, uint16_t *to)
{
    const uint16_t *from = people->diplotype[gene], n_alleles = (uint16_t)gather->model->genes[gene].allele_names.count;

    PUT(to[2 * r] = (uint16_t)(from[i] / n_alleles); to[2 * r + 1] = (uint16_t)(from[i] % n_alleles))
}

static void put_column(const gather_t *gather, const column_t *column, const cohort_view_t *people, const int32_t *row, void *data)
{
    const int32_t k = column->of;

    switch (column->kind) {
    case COLUMN_PATIENT: put_ids(gather, column->number_bytes, people, row, data); break;
    case COLUMN_NUMBER: PUT(((double *)data)[r] = people->number[k][i] / gather->model->numbers[k].per_unit) break;
    case COLUMN_LEVEL: PUT(((uint8_t *)data)[r] = people->level[k][i]) break;
    case COLUMN_GENE: put_alleles(gather, k, people, row, data); break;
    case COLUMN_COUNT:
    case COLUMN_DIED:
    case COLUMN_MINUTE:
    case COLUMN_MOMENT: BUG("%s is not a column of people", column->path);
    }
}

static popgx_err_t put_people(gather_t *gather, const cohort_view_t *people, const int32_t *row)
{
    popgx_err_t err;

    TRY(reserve(gather, 0, gather->n_before + gather->n));
    for (size_t c = 0; c < gather->columns->n && gather->columns->columns[c].kind < COLUMN_COUNT; c++)
        put_column(gather, &gather->columns->columns[c], people, row, gather->data[c]);
    gather->rows[0] = gather->n_before + gather->n;
out:
    return err;
}

/* ---- events ---- */

/* Calls for each run that is laid out: `person` and `minute` are its records'. */
#define FOR_EACH_RUN(gather, trajectory, run, person, minute)                                                              \
    for (const trajectory_run_t *run = (trajectory)->runs; run < (trajectory)->runs + (trajectory)->n_runs;                 \
         person += run->count, minute += run->count, run++)                                                                 \
        if (!(gather)->is_left_out[run->moment])

/* Fills `count` of each person of the sample and returns the sum. */
static size_t count_events(const gather_t *gather, const trajectory_t *trajectory, const int32_t *row, int32_t *restrict count)
{
    const int32_t *person = trajectory->person, *minute = trajectory->minute;
    size_t total = 0;

    memset(count, 0, gather->n * sizeof *count);
    FOR_EACH_RUN(gather, trajectory, run, person, minute)
    {
        for (int32_t j = 0; j < run->count; j++) {
            const int32_t r = row_of(row, person[j]);
            if (r < 0) continue;
            count[r]++;
            total++;
        }
    }
    return total;
}

/* The records of a run; `place` is where each person's next event goes, and moves on. */
#define PUT_RUN(type)                                                       \
    for (int32_t j = 0; j < run->count; j++) {                              \
        int32_t r = row_of(row, person[j]);                                 \
        if (r < 0) continue;                                                \
        to_minute[place[r]] = minute[j];                                    \
        ((type *)to_moment)[place[r]++] = (type)run->moment;                \
    }

static void put_events(const gather_t *gather, const trajectory_t *trajectory, const int32_t *row, int32_t *restrict place, int32_t *to_minute,
                       void *to_moment, size_t moment_bytes)
{
    const int32_t *person = trajectory->person, *minute = trajectory->minute;

    FOR_EACH_RUN(gather, trajectory, run, person, minute)
    {
        if (moment_bytes == 1) PUT_RUN(uint8_t)
        else PUT_RUN(uint16_t)
    }
}

/* `count` and `died` are those of the group, `minute` the whole column, `place` behind the last event of each person. */
static void put_deaths(const gather_t *gather, const trajectory_t *trajectory, const int32_t *row, const uint32_t *count,
                       uint8_t *died, const int32_t *minute)
{
    for (size_t i = 0; i < trajectory->n_people; i++) {
        int32_t r = row_of(row, (int32_t)i);
        if (r < 0) continue;
        died[r] = trajectory->end[i] < gather->model->settings.horizon;
        INVARIANT(!died[r] || (count[r] > 0 && minute[gather->place[r] - 1] == trajectory->end[i]),
                  "person %zu of a block died in minute %d, which is not that of the last event", i, trajectory->end[i]);
    }
}

popgx_err_t gather_add(gather_t *gather, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory)
{
    popgx_err_t err = POPGX_OK;
    const int32_t *row = gather->columns->plan.sample < 1 ? gather->row : NULL;
    const size_t at = gather->first_column[1 + strategy];
    const size_t moment_bytes = gather->columns->columns[at + 3].number_bytes;

    if (strategy == 0) {
        gather->n_before = (size_t)gather->rows[0];
        gather->n = people->n;
        if (row) choose_people(gather, people);
        TRY(put_people(gather, people, row));
    }
    uint32_t *count = (uint32_t *)(void *)gather->data[at] + gather->n_before;
    size_t n_events = count_events(gather, trajectory, row, gather->place), before = (size_t)gather->rows[1 + strategy];
    TRY(reserve(gather, 1 + strategy, before + n_events));
    int32_t next = (int32_t)before;
    for (size_t r = 0; r < gather->n; r++) {
        count[r] = (uint32_t)gather->place[r];
        gather->place[r] = next;
        next += (int32_t)count[r];
    }
    int32_t *minute = (int32_t *)(void *)gather->data[at + 2];
    put_events(gather, trajectory, row, gather->place, minute, gather->data[at + 3], moment_bytes);
    put_deaths(gather, trajectory, row, count, gather->data[at + 1] + gather->n_before, minute);
    gather->rows[1 + strategy] = before + n_events;
out:
    return err;
}

/* ---- compression ---- */

static popgx_err_t reserve_streams(gather_t *gather, size_t n_bytes, size_t n_streams)
{
    if (n_bytes > gather->streams_capacity) {
        size_t capacity = n_bytes + n_bytes / 2;
        void *grown = realloc(gather->streams, capacity);
        if (!grown) return FAIL(NOMEM, "out of memory for %zu bytes of compressed columns", capacity);
        gather->streams = grown;
        gather->streams_capacity = capacity;
    }
    if (n_streams > gather->stream_capacity) {
        void *grown = realloc(gather->stream_bytes, 2 * n_streams * sizeof *gather->stream_bytes);
        if (!grown) return FAIL(NOMEM, "out of memory for compressed columns");
        gather->stream_bytes = grown;
        gather->stream_capacity = 2 * n_streams;
    }
    return POPGX_OK;
}

static popgx_err_t encode_column(gather_t *gather, size_t c, size_t *n_bytes, size_t *n_streams)
{
    popgx_err_t err = POPGX_OK;
    const column_t *column = &gather->columns->columns[c];
    const size_t rows = (size_t)gather->rows[column->rows], chunk = (size_t)gather->columns->plan.chunk_rows[column->rows];

    for (size_t first = 0; first < rows; first += chunk) {
        size_t filled = rows - first < chunk ? rows - first : chunk;
        TRY(reserve_streams(gather, *n_bytes + encoder_bound(chunk * column_row_bytes(column)), *n_streams + 1));
        size_t n = encode_chunk(gather->encoder, gather->data[c] + first * column_row_bytes(column), filled * column->width,
                                chunk * column->width, column->number_bytes, gather->streams + *n_bytes);
        gather->stream_bytes[(*n_streams)++] = (uint32_t)n;
        *n_bytes += n;
    }
out:
    return err;
}

popgx_err_t gather_finish(gather_t *gather, journal_record_t *record)
{
    popgx_err_t err = POPGX_OK;
    size_t n_bytes = 0, n_streams = 0;

    for (size_t c = 0; c < gather->columns->n; c++) TRY(encode_column(gather, c, &n_bytes, &n_streams));
    record->n_row_sets = (uint32_t)gather->columns->plan.n_row_sets;
    record->rows = gather->rows;
    record->n_streams = (uint32_t)n_streams;
    record->stream_bytes = gather->stream_bytes;
    record->streams = gather->streams;
out:
    return err;
}

void gather_empty(gather_t *gather) { memset(gather->rows, 0, (size_t)gather->columns->plan.n_row_sets * sizeof *gather->rows); }
