/*
 * /people and /trajectories: who was simulated and what happened to them, in the order of patients. Reads one block of one
 * strategy at a time, so memory depends on neither the number of patients nor that of events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/layout.h"

enum { PATH_BYTES = 512, PEOPLE_PER_FIRST = 65536 };

typedef struct {
    h5_column_t count, first, died, minute, moment;
    uint64_t n_people, n_events;
} strategy_columns_t;

typedef struct {
    h5_file_t *file;
    const model_t *model;
    const store_run_t *run;
    spool_reader_t *spools;
    h5_column_t patient, *number, *gene, *level;
    bool has_wide_ids;              /* too many people for 32 bits */
    strategy_columns_t *strategies;
    void *scratch;                  /* one column of one block, made ready for the file */
    size_t scratch_bytes;
} people_t;

static popgx_err_t reserve_scratch(people_t *p, size_t n_bytes)
{
    if (n_bytes <= p->scratch_bytes) return POPGX_OK;
    free(p->scratch);
    p->scratch = malloc(n_bytes);
    p->scratch_bytes = p->scratch ? n_bytes : 0;
    return p->scratch ? POPGX_OK : FAIL(NOMEM, "out of memory for %zu bytes of a column", n_bytes);
}

/* ---- columns ---- */

/* Attribute `attribute` of the dataset at `path`: the names of a span of the model's name_list. */
static popgx_err_t write_names(people_t *p, const char *path, const char *attribute, model_span_t names)
{
    const char **texts = malloc(((size_t)names.count + 1) * sizeof *texts);
    popgx_err_t err;

    if (!texts) return FAIL(NOMEM, "%s: out of memory", path);
    for (int32_t i = 0; i < names.count; i++) texts[i] = model_text(p->model, p->model->name_list[names.first + i]);
    err = h5_texts(p->file, path, attribute, texts, (size_t)names.count);
    free(texts);
    return err;
}

static popgx_err_t make_numbers(people_t *p)
{
    popgx_err_t err;
    char path[PATH_BYTES];

    TRY(h5_group(p->file, "/people/numbers"));
    for (int32_t k = 0; k < p->model->n_numbers; k++) {
        const model_number_t *number = &p->model->numbers[k];
        const char *name = model_text(p->model, number->name);
        TRY(layout_path(path, sizeof path, "/people/numbers", name));
        TRY(h5_column(p->file, path, H5T_NATIVE_DOUBLE, 1, model_text(p->model, number->unit), name, &p->number[k]));
    }
out:
    return err;
}

static popgx_err_t make_levels(people_t *p)
{
    popgx_err_t err;
    char path[PATH_BYTES];

    TRY(h5_group(p->file, "/people/levels"));
    for (int32_t k = 0; k < p->model->settings.n_attributes; k++) {
        const model_slot_t *slot = &p->model->slots[k];
        const char *name = model_text(p->model, slot->name);
        if (!slot->is_reported) continue;
        TRY(layout_path(path, sizeof path, "/people/levels", name));
        TRY(h5_column(p->file, path, H5T_NATIVE_UINT8, 1, "index into attribute levels", name, &p->level[k]));
        TRY(write_names(p, path, "levels", slot->level_names));
    }
out:
    return err;
}

static popgx_err_t make_genes(people_t *p)
{
    popgx_err_t err;
    char path[PATH_BYTES];

    TRY(h5_group(p->file, "/people/genes"));
    for (int32_t k = 0; k < p->model->n_genes; k++) {
        const model_gene_t *gene = &p->model->genes[k];
        const char *name = model_text(p->model, gene->name);
        TRY(layout_path(path, sizeof path, "/people/genes", name));
        TRY(h5_column(p->file, path, H5T_NATIVE_UINT16, 2, "index into attribute alleles", name, &p->gene[k]));
        TRY(write_names(p, path, "alleles", gene->allele_names));
    }
out:
    return err;
}

static popgx_err_t make_strategy(people_t *p, int32_t s)
{
    strategy_columns_t *to = &p->strategies[s];
    const char *name = model_text(p->model, p->model->strategies[s].name);
    hid_t moment = spool_moment_bytes(p->model) == 1 ? H5T_NATIVE_UINT8 : H5T_NATIVE_UINT16;
    char group[PATH_BYTES];
    popgx_err_t err;
    const struct { const char *name; hid_t type; const char *unit, *description; h5_column_t *column; } columns[] = {
        {"count", H5T_NATIVE_UINT32, "1", "events of the person in this row of /people", &to->count},
        {"first", H5T_NATIVE_UINT64, "row", "where the events of every 65,536th person begin; a row more at the end", &to->first},
        {"died", H5T_NATIVE_UINT8, "1: yes",
         "whether the person in this row of /people died, in the minute of the last event; 0: alive at the horizon", &to->died},
        {"minute", H5T_NATIVE_INT32, "minutes since entry", "when it happened", &to->minute},
        {"moment", moment, "row of /model/moments", "what happened", &to->moment},
    };

    TRY(layout_path(group, sizeof group, "/trajectories", name));
    TRY(h5_group(p->file, group));
    TRY(h5_text(p->file, group, "strategy", name));
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        char path[PATH_BYTES + 16];
        snprintf(path, sizeof path, "%s/%s", group, columns[c].name);
        TRY(h5_column(p->file, path, columns[c].type, 1, columns[c].unit, columns[c].description, columns[c].column));
    }
out:
    return err;
}

static popgx_err_t make_columns(people_t *p)
{
    popgx_err_t err;

    p->has_wide_ids = p->run->patients > UINT32_MAX;
    TRY(h5_group(p->file, "/people"));
    TRY(h5_column(p->file, "/people/patient", p->has_wide_ids ? H5T_NATIVE_UINT64 : H5T_NATIVE_UINT32, 1, "id",
                  "number of the person in the whole population, from 0", &p->patient));
    TRY(make_numbers(p));
    TRY(make_levels(p));
    TRY(make_genes(p));
    TRY(h5_group(p->file, "/trajectories"));
    for (int32_t s = 0; s < p->model->n_strategies; s++) TRY(make_strategy(p, s));
out:
    return err;
}

/* ---- rows ---- */

static popgx_err_t append_number(people_t *p, const spool_block_t *block, int32_t k)
{
    const double *from = block->number + (size_t)k * block->n;
    double *to = p->scratch, per_unit = p->model->numbers[k].per_unit;

    for (size_t i = 0; i < block->n; i++) to[i] = from[i] / per_unit;
    return h5_append(p->file, p->number[k], to, block->n);
}

static popgx_err_t append_gene(people_t *p, const spool_block_t *block, int32_t k)
{
    const uint16_t *from = block->diplotype + (size_t)k * block->n;
    uint16_t *to = p->scratch, n_alleles = (uint16_t)p->model->genes[k].allele_names.count;

    for (size_t i = 0; i < block->n; i++) {
        to[2 * i] = (uint16_t)(from[i] / n_alleles);
        to[2 * i + 1] = (uint16_t)(from[i] % n_alleles);
    }
    return h5_append(p->file, p->gene[k], to, block->n);
}

static popgx_err_t append_ids(people_t *p, const spool_block_t *block)
{
    uint32_t *to = p->scratch;

    if (p->has_wide_ids) return h5_append(p->file, p->patient, block->patient, block->n);
    for (size_t i = 0; i < block->n; i++) to[i] = (uint32_t)block->patient[i];
    return h5_append(p->file, p->patient, to, block->n);
}

static popgx_err_t append_people(people_t *p, const spool_block_t *block)
{
    popgx_err_t err;

    TRY(reserve_scratch(p, block->n * sizeof(double)));
    TRY(append_ids(p, block));
    for (int32_t k = 0; k < p->model->n_numbers; k++) TRY(append_number(p, block, k));
    for (int32_t k = 0; k < p->model->n_genes; k++) TRY(append_gene(p, block, k));
    for (int32_t k = 0; k < p->model->settings.n_attributes; k++)
        if (p->model->slots[k].is_reported) TRY(h5_append(p->file, p->level[k], block->level + (size_t)k * block->n, block->n));
out:
    return err;
}

static popgx_err_t append_events(people_t *p, const spool_block_t *block)
{
    strategy_columns_t *to = &p->strategies[block->strategy];
    popgx_err_t err;

    for (size_t i = 0; i < block->n; i++) {
        if (to->n_people++ % PEOPLE_PER_FIRST == 0) TRY(h5_append(p->file, to->first, &to->n_events, 1));
        to->n_events += (uint64_t)block->count[i];
    }
    TRY(h5_append(p->file, to->count, block->count, block->n));
    TRY(h5_append(p->file, to->died, block->died, block->n));
    TRY(h5_append(p->file, to->minute, block->minute, block->n_events));
    TRY(h5_append(p->file, to->moment, block->moment, block->n_events));
out:
    return err;
}

/* Every block must be there under every strategy, in order, and no person twice. */
static popgx_err_t append_blocks(people_t *p)
{
    popgx_err_t err = POPGX_OK;
    size_t n = spool_records(p->spools), n_strategies = (size_t)p->model->n_strategies, n_of_block = 0;
    uint64_t first_id = 0, next_id = 0;

    if (n % n_strategies != 0) return FAIL(IO, "%zu spooled records are not whole blocks of %zu strategies", n, n_strategies);
    for (size_t i = 0; i < n; i++) {
        spool_block_t block;
        TRY(spool_read(p->spools, i, &block));
        bool is_next = block.strategy == 0 ? block.first_id >= next_id : block.first_id == first_id && block.n == n_of_block;
        if (!is_next || block.strategy != (int32_t)(i % n_strategies))
            TRY(FAIL(IO, "the spooled block of patient %llu is missing or there twice", (unsigned long long)block.first_id));
        first_id = block.first_id;
        if (block.strategy == 0) {
            next_id = block.patient[block.n - 1] + 1;
            n_of_block = block.n;
            TRY(append_people(p, &block));
        }
        TRY(append_events(p, &block));
    }
    for (size_t s = 0; s < n_strategies; s++) TRY(h5_append(p->file, p->strategies[s].first, &p->strategies[s].n_events, 1));
out:
    return err;
}

popgx_err_t layout_people(h5_file_t *file, const model_t *model, const store_run_t *run, spool_reader_t *spools)
{
    popgx_err_t err = POPGX_OK;
    people_t p = {.file = file, .model = model, .run = run, .spools = spools};

    p.number = calloc((size_t)model->n_numbers + 1, sizeof *p.number);
    p.gene = calloc((size_t)model->n_genes + 1, sizeof *p.gene);
    p.level = calloc((size_t)model->settings.n_attributes + 1, sizeof *p.level);
    p.strategies = calloc((size_t)model->n_strategies + 1, sizeof *p.strategies);
    if (!p.number || !p.gene || !p.level || !p.strategies) TRY(FAIL(NOMEM, "out of memory for the columns of the output"));
    TRY(make_columns(&p));
    TRY(append_blocks(&p));
out:
    free(p.number);
    free(p.gene);
    free(p.level);
    free(p.strategies);
    free(p.scratch);
    return err;
}
