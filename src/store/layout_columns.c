/*
 * /people and /trajectories: the datasets of all columns, empty or virtual; and /blocks and /trajectories/STRATEGY/blocks, which
 * say where the rows of each block begin. A table of blocks is small: one row for thousands of people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/entry.h"
#include "store/layout.h"
#include "store/table.h"

enum { PATH_BYTES = 512 };

static hid_t number_type(const column_t *column)
{
    const hid_t types[3][4] = {
        {H5T_NATIVE_UINT8, H5T_NATIVE_UINT16, H5T_NATIVE_UINT32, H5T_NATIVE_UINT64},
        {H5T_NATIVE_INT8, H5T_NATIVE_INT16, H5T_NATIVE_INT32, H5T_NATIVE_INT64},
        {-1, -1, -1, H5T_NATIVE_DOUBLE},
    };
    const size_t bytes = column->number_bytes;
    return types[column->number][bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3];
}

/* The names of a column's numbers, as the attribute that its unit speaks of. */
static popgx_err_t write_names(h5_file_t *file, const model_t *model, const column_t *column)
{
    const char **texts = malloc(((size_t)column->names.count + 1) * sizeof *texts);

    if (!texts) return FAIL(NOMEM, "%s: out of memory", column->path);
    for (int32_t i = 0; i < column->names.count; i++) texts[i] = model_text(model, model->name_list[column->names.first + i]);
    popgx_err_t err = h5_texts(file, column->path, column->kind == COLUMN_GENE ? "alleles" : "levels", texts, (size_t)column->names.count);
    free(texts);
    return err;
}

/* What happens to everybody at entry and is in no column. */
static popgx_err_t write_at_entry(h5_file_t *file, const model_t *model, int32_t s, const char *path)
{
    const int32_t n = model_count_at_entry(model, s);
    const char **names = malloc(((size_t)n + 1) * sizeof *names);

    if (!names) return FAIL(NOMEM, "%s: out of memory", path);
    for (int32_t k = 0; k < n; k++) names[k] = model_text(model, model->moments[model_at_entry(model, s, k)].name);
    popgx_err_t err = n > 0 ? h5_texts(file, path, "at_entry", names, (size_t)n) : POPGX_OK;
    free(names);
    return err;
}

static popgx_err_t make_groups(h5_file_t *file, const model_t *model, const columns_t *columns)
{
    static const char *const groups[] = {"/people", "/people/numbers", "/people/levels", "/people/genes", "/trajectories"};
    popgx_err_t err = POPGX_OK;
    char path[PATH_BYTES];

    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) TRY(h5_group(file, groups[g]));
    TRY(h5_count(file, "/people", "chunk_rows", columns->plan.chunk_rows[0]));
    for (int32_t s = 0; s < model->n_strategies; s++) {
        TRY(columns_strategy_path(path, sizeof path, model, s));
        TRY(h5_group(file, path));
        TRY(h5_text(file, path, "strategy", model_strategy_name(model, s)));
        TRY(h5_count(file, path, "chunk_rows", columns->plan.chunk_rows[1 + s]));
        TRY(write_at_entry(file, model, s, path));
    }
out:
    return err;
}

/* ---- tables of blocks ---- */

static popgx_err_t write_blocks(h5_file_t *file, const columns_plan_t *plan, const blocks_t *blocks, block_range_t range)
{
    static const table_field_t fields[] = {
        {"first_patient", FIELD_COUNT, "number of the block's first patient"},
        {"patients", FIELD_COUNT, "of the population, stored or not"},
        {"first_row", FIELD_COUNT, "of /people: where its people begin"},
        {"rows", FIELD_COUNT, "of /people: how many of them are stored"},
        {"hash", FIELD_COPY, "XXH3-128 of its rows and chunks in all columns"},
        {0},
    };
    table_t *table = table_new(fields);
    uint64_t row = 0;
    char hash[33];

    for (uint64_t block = range.first; block < range.first + range.count; block++) {
        manifest_hash_text(blocks->hash[block], hash);
        table_count(table, block * plan->block_people);
        table_count(table, columns_block_patients(plan, block));
        table_count(table, row);
        table_count(table, blocks_rows(blocks, block)[0]);
        table_copy(table, hash);
        row += blocks_padded_rows(blocks, plan, block, 0);
    }
    return table_finish(table, file, "/blocks", "", "the blocks in the order of patients");
}

static popgx_err_t write_strategy_blocks(h5_file_t *file, const model_t *model, const columns_plan_t *plan, const blocks_t *blocks,
                                         block_range_t range, int32_t s)
{
    static const table_field_t fields[] = {
        {"first_row", FIELD_COUNT, "where the block's events begin"},
        {"rows", FIELD_COUNT, "how many they are"},
        {0},
    };
    char group[PATH_BYTES], path[PATH_BYTES + 8];
    popgx_err_t err = columns_strategy_path(group, sizeof group, model, s);
    if (err) return err;

    table_t *table = table_new(fields);
    uint64_t row = 0;
    for (uint64_t block = range.first; block < range.first + range.count; block++) {
        table_count(table, row);
        table_count(table, blocks_rows(blocks, block)[1 + s]);
        row += blocks_padded_rows(blocks, plan, block, 1 + s);
    }
    snprintf(path, sizeof path, "%s/blocks", group);
    return table_finish(table, file, path, "row", "where each block of /blocks is in the columns minute and moment");
}

popgx_err_t layout_manifest(h5_file_t *file, const manifest_shard_t *shards, size_t n)
{
    static const table_field_t fields[] = {
        {"file", FIELD_TEXT, "beside this file"},
        {"first_block", FIELD_COUNT, "row of /blocks"},
        {"blocks", FIELD_COUNT, "how many"},
        {"bytes", FIELD_COUNT, "of the file"},
        {"hash", FIELD_COPY, "XXH3-128 of the file without its seal"},
        {0},
    };
    table_t *table = table_new(fields);
    char hash[33];

    for (size_t i = 0; i < n; i++) {
        manifest_hash_text(shards[i].hash, hash);
        table_text(table, shards[i].name);
        table_count(table, shards[i].first_block);
        table_count(table, shards[i].n_blocks);
        table_count(table, shards[i].n_bytes);
        table_copy(table, hash);
    }
    return table_finish(table, file, "/manifest", "", "the files that hold the rows of /people and /trajectories");
}

/* ---- columns ---- */

static popgx_err_t make_virtual(h5_file_t *file, const column_t *column, const h5_column_spec_t *spec, const columns_plan_t *plan,
                                const blocks_t *blocks, const manifest_shard_t *shards, size_t n)
{
    popgx_err_t err = POPGX_OK;
    const char **names = malloc((n + 1) * sizeof *names);
    hsize_t *rows = malloc((n + 1) * sizeof *rows);

    if (!names || !rows) TRY(FAIL(NOMEM, "%s: out of memory", column->path));
    for (size_t i = 0; i < n; i++) {
        names[i] = shards[i].name;
        rows[i] = blocks_file_rows(blocks, plan, shards[i].first_block, shards[i].n_blocks, column->rows);
    }
    TRY(h5_virtual_column(file, column->path, spec, n, names, rows));
out:
    free(names);
    free(rows);
    return err;
}

popgx_err_t layout_columns(h5_file_t *file, const model_t *model, const columns_t *columns, const blocks_t *blocks,
                           block_range_t range, const manifest_shard_t *shards, size_t n_shards, h5_column_t *handles)
{
    const columns_plan_t *plan = &columns->plan;
    popgx_err_t err;

    TRY(make_groups(file, model, columns));
    for (size_t c = 0; c < columns->n; c++) {
        const column_t *column = &columns->columns[c];
        const h5_column_spec_t spec = {
            .type = number_type(column), .codec = plan->codec, .width = column->width, .unit = column->unit, .description = column->description,
            .rows = blocks_file_rows(blocks, plan, range.first, range.count, column->rows),
        };
        if (shards) TRY(make_virtual(file, column, &spec, plan, blocks, shards, n_shards));
        else TRY(h5_column(file, column->path, &spec, plan->chunk_rows[column->rows], &handles[c]));
        if (column->names.count > 0) TRY(write_names(file, model, column));
    }
    TRY(write_blocks(file, plan, blocks, range));
    for (int32_t s = 0; s < model->n_strategies; s++) TRY(write_strategy_blocks(file, model, plan, blocks, range, s));
out:
    return err;
}
