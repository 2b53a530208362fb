/* The list of columns that a model calls for. Owns their paths; everything else is the model's or constant. */
#include "store/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 512 };

/* Folder + "/" + name, escaped. */
static popgx_err_t join_path(char *path, size_t size, const char *folder, const char *name)
{
    int length = snprintf(path, size, "%s/", folder);
    size_t at = length < 0 ? size : (size_t)length;

    for (const char *c = name; *c && at + 4 < size; c++) {
        if (*c == '/' || *c == '%' || (*c == '.' && c == name)) at += (size_t)sprintf(path + at, "%%%02X", (unsigned)*c);
        else path[at++] = *c;
    }
    if (at + 4 >= size) return FAIL(INPUT, "the name \"%s\" is too long to be stored: at most %zu bytes", name, size - 64);
    path[at] = '\0';
    return POPGX_OK;
}

popgx_err_t columns_strategy_path(char *path, size_t size, const model_t *model, int32_t strategy)
{
    return join_path(path, size, "/trajectories", model_strategy_name(model, strategy));
}

static popgx_err_t add(columns_t *columns, column_t column, const char *folder, const char *name)
{
    char path[PATH_BYTES];
    popgx_err_t err;

    TRY(join_path(path, sizeof path, folder, name));
    column.path = strdup(path);
    if (!column.path) TRY(FAIL(NOMEM, "out of memory for the columns of a run"));
    columns->columns[columns->n++] = column;
out:
    return err;
}

static popgx_err_t add_people(columns_t *columns, const model_t *m)
{
    const bool has_wide_ids = columns->plan.patients >= UINT32_MAX;
    popgx_err_t err;

    TRY(add(columns, (column_t){.kind = COLUMN_PATIENT, .number_bytes = has_wide_ids ? 8 : 4, .width = 1, .unit = "id",
                                .description = "number of the person in the whole population, from 0"}, "/people", "patient"));
    for (int32_t k = 0; k < m->n_numbers; k++) {
        const char *name = model_text(m, m->numbers[k].name);
        if (m->numbers[k].is_hidden) continue;
        TRY(add(columns, (column_t){.kind = COLUMN_NUMBER, .of = k, .number = NUMBER_REAL, .number_bytes = 8, .width = 1,
                                    .unit = model_text(m, m->numbers[k].unit), .description = name}, "/people/numbers", name));
    }
    for (int32_t k = 0; k < m->settings.n_attributes; k++) {
        const char *name = model_text(m, m->slots[k].name);
        if (!m->slots[k].is_reported) continue;
        TRY(add(columns, (column_t){.kind = COLUMN_LEVEL, .of = k, .number_bytes = 1, .width = 1, .names = m->slots[k].level_names,
                                    .unit = "index into attribute levels", .description = name}, "/people/levels", name));
    }
    for (int32_t k = 0; k < m->n_genes; k++) {
        const char *name = model_text(m, m->genes[k].name);
        TRY(add(columns, (column_t){.kind = COLUMN_GENE, .of = k, .number_bytes = 2, .width = 2, .names = m->genes[k].allele_names,
                                    .unit = "index into attribute alleles", .description = name}, "/people/genes", name));
    }
out:
    return err;
}

static popgx_err_t add_strategy(columns_t *columns, const model_t *m, int32_t s)
{
    char group[PATH_BYTES];
    popgx_err_t err;
    /* The largest number of a moment's type is kept for padding. */
    const column_t declared[] = {
        {.kind = COLUMN_COUNT, .of = s, .number_bytes = 4, .unit = "1", .description = "events of the person in this row of /people"},
        {.kind = COLUMN_DIED, .of = s, .number_bytes = 1, .unit = "1: yes",
         .description = "whether the person in this row of /people died, in the minute of the last event; 0: alive at the horizon"},
        {.kind = COLUMN_MINUTE, .of = s, .rows = 1 + s, .number = NUMBER_SIGNED, .number_bytes = 4, .unit = "minutes since entry",
         .description = "when it happened; -1: no event, padding"},
        {.kind = COLUMN_MOMENT, .of = s, .rows = 1 + s, .number_bytes = m->n_moments <= UINT8_MAX ? 1 : 2,
         .unit = "row of /model/moments", .description = "what happened"},
    };
    static const char *const names[] = {"count", "died", "minute", "moment"};

    TRY(columns_strategy_path(group, sizeof group, m, s));
    for (size_t c = 0; c < sizeof declared / sizeof *declared; c++) {
        column_t column = declared[c];
        column.width = 1;
        TRY(add(columns, column, group, names[c]));
    }
out:
    return err;
}

bool columns_is_sound(const columns_plan_t *plan)
{
    return plan->patients > 0 && plan->patients <= INT64_MAX && plan->block_people > 0 && plan->block_people <= COLUMNS_MOST_BLOCK_PEOPLE
           && plan->parts <= COLUMNS_MOST_PARTS && plan->part <= plan->parts && (plan->part > 0) == (plan->parts > 0)
           && plan->run_block_people > 0 && plan->sample >= 0 && plan->sample <= 1 && columns_blocks(plan) <= UINT32_MAX;
}

popgx_err_t columns_init(columns_t *columns, const model_t *model, const columns_plan_t *plan)
{
    popgx_err_t err = POPGX_OK;
    size_t most = 1 + (size_t)model->n_numbers + (size_t)model->settings.n_attributes + (size_t)model->n_genes
                  + 4 * (size_t)model->n_strategies;

    *columns = (columns_t){.plan = *plan};
    if (plan->sample <= 0) return POPGX_OK;
    columns->columns = calloc(most, sizeof *columns->columns);
    if (!columns->columns) return FAIL(NOMEM, "out of memory for the columns of a run");
    TRY(model->n_moments < UINT16_MAX ? POPGX_OK : FAIL(INPUT, "%d events are too many to be stored: at most %d",
                                                        model->n_moments, UINT16_MAX - 1));
    TRY(add_people(columns, model));
    for (int32_t s = 0; s < model->n_strategies; s++) TRY(add_strategy(columns, model, s));
out:
    return err;
}

void columns_release(columns_t *columns)
{
    for (size_t c = 0; c < columns->n; c++) free(columns->columns[c].path);
    free(columns->columns);
    *columns = (columns_t){0};
}

uint64_t columns_streams(const columns_t *columns, const uint64_t *rows)
{
    uint64_t n = 0;

    for (size_t c = 0; c < columns->n; c++) n += columns_chunks(columns, &columns->columns[c], rows[columns->columns[c].rows]);
    return n;
}
