/* /results/report: what a run kept because it was asked for, as the rows of the long table (stats/tidy.h), against the first strategy. */
#include "stats/tidy.h"
#include "store/layout.h"
#include "store/table.h"

static void add_row(void *context, const tidy_row_t *row)
{
    table_t *table = context;

    table_text(table, row->part);
    table_text(table, row->strategy);
    table_text(table, row->comparator);
    table_text(table, row->outcome);
    table_text(table, row->item);
    table_text(table, row->group);
    table_real(table, row->time);
    table_text(table, row->statistic);
    table_real(table, row->level);
    table_text(table, row->unit);
    table_real(table, row->value);
    table_real(table, row->se);
    table_real(table, row->low);
    table_real(table, row->high);
    table_text(table, row->interval);
}

popgx_err_t layout_report(h5_file_t *file, const tally_t *tally)
{
    static const field_kind_t kinds[TIDY_COLUMNS] = {FIELD_TEXT, FIELD_TEXT, FIELD_TEXT, FIELD_TEXT, FIELD_TEXT, FIELD_TEXT, FIELD_REAL, FIELD_TEXT,
                                                     FIELD_REAL, FIELD_TEXT, FIELD_REAL, FIELD_REAL, FIELD_REAL, FIELD_REAL, FIELD_TEXT};
    table_field_t fields[TIDY_COLUMNS + 1] = {0};

    if (!tally_report_kinds(tally)) return POPGX_OK;
    for (int i = 0; i < TIDY_COLUMNS; i++) fields[i] = (table_field_t){tidy_columns[i].name, kinds[i], tidy_columns[i].about};
    table_t *table = table_new(fields);
    tidy_report_rows(tally, 0, add_row, table);
    return table_finish(table, file, "/results/report", "column unit", "what was asked for besides, one figure a row; docs/results.md");
}
