/* The rows of stats/tidy.h as JSON and as CSV. */
#include <math.h>
#include <string.h>

#include "cli/csv_cells.h"
#include "cli/json.h"
#include "cli/report_print.h"
#include "stats/tidy.h"

/* A cell of a row: a text or, if it is NULL, a number. */
typedef struct {
    const char *text;
    double number;
} cell_t;

static void cells_of(const tidy_row_t *row, cell_t cells[TIDY_COLUMNS])
{
    const cell_t all[TIDY_COLUMNS] = {
        {row->part, NAN}, {row->strategy, NAN}, {row->comparator, NAN}, {row->outcome, NAN}, {row->item, NAN}, {row->group, NAN}, {NULL, row->time},
        {row->statistic, NAN}, {NULL, row->level}, {row->unit, NAN}, {NULL, row->value}, {NULL, row->se}, {NULL, row->low}, {NULL, row->high},
        {row->interval, NAN},
    };
    memcpy(cells, all, sizeof all);
}

static void add_json(void *context, const tidy_row_t *row)
{
    cell_t cells[TIDY_COLUMNS];
    json_t *object = json_object();

    cells_of(row, cells);
    for (int i = 0; i < TIDY_COLUMNS; i++) {
        if (cells[i].text ? !*cells[i].text : !isfinite(cells[i].number)) continue;
        json_object_set_new(object, tidy_columns[i].name, cells[i].text ? json_string(cells[i].text) : json_number(cells[i].number));
    }
    json_array_append_new(context, object);
}

json_t *report_json(const tally_t *tally, int32_t reference)
{
    if (!tally_report_kinds(tally) || !disclosure_is_off(&tally->disclosure)) return json_null();
    json_t *rows = json_array();
    tidy_report_rows(tally, reference, add_json, rows);
    return rows;
}

static void add_csv(void *context, const tidy_row_t *row)
{
    FILE *out = context;
    cell_t cells[TIDY_COLUMNS];

    cells_of(row, cells);
    for (int i = 0; i < TIDY_COLUMNS; i++) {
        if (i > 0) fputc(',', out);
        if (cells[i].text) csv_put_text(out, cells[i].text);
        else csv_put_number(out, cells[i].number);
    }
    fputc('\n', out);
}

popgx_err_t report_print_csv(const tally_t *tally, int32_t reference, FILE *out)
{
    for (int i = 0; i < TIDY_COLUMNS; i++) fprintf(out, "%s%s", i > 0 ? "," : "", tidy_columns[i].name);
    fputc('\n', out);
    tidy_rows(tally, reference, add_csv, out);
    return fflush(out) || ferror(out) ? FAIL(IO, "the table could not be written") : POPGX_OK;
}
