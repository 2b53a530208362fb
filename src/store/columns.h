/*
 * What is stored of people and of what happens to them: every column declared once, so that writers and readers need not know
 * what it means. docs/file-format.md is the contract.
 *
 * A block is columns_t.block_people consecutive patients (fewer in the last one). Rows belong to row sets: set 0 are the
 * people of the sample, set 1 + s their events under strategy s. A block begins a new chunk in every column, and what is
 * left of its last chunk is padding: bytes of 255 everywhere, which is -1, NaN or the largest number and never data. Hence
 * a block's chunks do not depend on other blocks and can be moved from file to file as they are.
 */
#ifndef POPGX_STORE_COLUMNS_H
#define POPGX_STORE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster/cluster.h"
#include "core/err.h"
#include "model/model.h"
#include "store/codec.h"

enum { COLUMNS_MOST_PARTS = 1000000, COLUMNS_MOST_BLOCK_PEOPLE = 32768, COLUMNS_MOST_CHUNK_ROWS = 131072, COLUMNS_MOST_CHUNK_BYTES = 8 * COLUMNS_MOST_CHUNK_ROWS };

typedef enum { NUMBER_UNSIGNED, NUMBER_SIGNED, NUMBER_REAL } number_kind_t;

typedef enum {
    COLUMN_PATIENT, COLUMN_NUMBER, COLUMN_LEVEL, COLUMN_GENE, /* who they are */
    COLUMN_COUNT, COLUMN_DIED, COLUMN_MINUTE, COLUMN_MOMENT   /* what happens to them, under each strategy */
} column_kind_t;

typedef struct {
    column_kind_t kind;
    int32_t of;             /* which number, attribute (slot), gene or strategy */
    int32_t rows;           /* row set */
    number_kind_t number;
    size_t number_bytes, width; /* numbers in a row, 1 or 2 */
    char *path;             /* in the file */
    const char *unit, *description;
    model_span_t names;     /* the model's name_list: what a level or allele is called; count 0: none */
} column_t;

/** What decides the columns and their chunks: the same for a run and for all that resumes it. */
typedef struct {
    uint64_t patients;          /* of the whole run */
    uint64_t part, parts;       /* part 3 of 8: only these blocks are simulated; parts 0: the whole run */
    double sample;              /* share of people who are stored: 0 none .. 1 all */
    codec_t codec;              /* how chunks are compressed */
    uint64_t run_block_people;  /* people the engine takes at a time: a block is a multiple */
    uint64_t block_people;
    uint64_t *chunk_rows;       /* [1 + n_strategies]: rows of a chunk, by row set */
    int32_t n_row_sets;         /* 1 + n_strategies */
} columns_plan_t;

typedef struct {
    columns_plan_t plan;        /* borrowed arrays */
    column_t *columns;          /* [n]: of people, then of each strategy; empty if the sample is 0 */
    size_t n;
} columns_t;

/** How many blocks the whole run has. */
static inline uint64_t columns_blocks(const columns_plan_t *plan) { return (plan->patients - 1) / plan->block_people + 1; }

/** The blocks of this part of the run. A part of a run with few people may have none, if it has draws to simulate. */
static inline block_range_t columns_range(const columns_plan_t *plan)
{
    const uint64_t n = columns_blocks(plan);
    return plan->parts > 0 ? block_range_piece(n, plan->parts, plan->part - 1) : (block_range_t){0, n};
}

/** Patients of a block, stored or not. */
static inline uint64_t columns_block_patients(const columns_plan_t *plan, uint64_t block)
{
    const uint64_t left = plan->patients - block * plan->block_people;
    return left < plan->block_people ? left : plan->block_people;
}

/** Patients of a range of blocks, stored or not. */
static inline uint64_t columns_range_patients(const columns_plan_t *plan, block_range_t range)
{
    return range.count > 0 ? (range.count - 1) * plan->block_people + columns_block_patients(plan, range.first + range.count - 1) : 0;
}

/**
 * Whether a plan that was read can be one: chunk_rows aside, its numbers are in their ranges, and there are fewer than 2^32 blocks, so
 * that what is reckoned from them overflows nowhere.
 */
bool columns_is_sound(const columns_plan_t *plan);

/** Declares the columns of a run. `plan` is borrowed. columns_release frees them, also after a failure. */
MUST_USE popgx_err_t columns_init(columns_t *columns, const model_t *model, const columns_plan_t *plan);
void columns_release(columns_t *columns);

static inline size_t column_row_bytes(const column_t *column) { return column->number_bytes * column->width; }

/** Chunks that `rows` rows of a block take in a column. */
static inline uint64_t columns_chunks(const columns_t *columns, const column_t *column, uint64_t rows)
{
    const uint64_t chunk = columns->plan.chunk_rows[column->rows];
    return (rows + chunk - 1) / chunk;
}

/**
 * Writes the path of a strategy's group in /trajectories. Names are the modeller's own words, so "/", "%" and a leading ".", which mean
 * something to HDF5, become %2F, %25 and %2E.
 *
 * @retval POPGX_E_INPUT  longer than `size`
 */
MUST_USE popgx_err_t columns_strategy_path(char *path, size_t size, const model_t *model, int32_t strategy);

/** How many streams (chunks of all columns) a block with `rows[n_row_sets]` rows has. */
uint64_t columns_streams(const columns_t *columns, const uint64_t *rows);
#endif
