/* Reads the table into rows of numbers and levels; every person of the run is looked up in all of them. */
#include "cli/norms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"
#include "cli/redraw.h"
#include "core/file.h"
#include "core/memory.h"
#include "spec/csv.h"

enum { MOST_PEOPLE = 100000, LARGEST_TABLE = 1 << 24 };

typedef struct {
    const answer_t *answer;
    const model_t *m;
    csv_table_t table;
    int age, qaly;              /* columns */
    int32_t *slot;              /* [n_columns]: the attribute of a column, or MODEL_NONE */
    int32_t *level;             /* [n_rows][n_columns] */
    double *at, *norm;          /* [n_rows]: age and QALYs */
    double sum, squares;        /* of people's norms */
} norms_t;

/* ---- the table ---- */

static int32_t attribute_of(const model_t *m, const char *name)
{
    const int32_t slot = model_find_slot(m, name);
    return slot != MODEL_NONE && slot < m->settings.n_attributes && m->slots[slot].is_reported ? slot : MODEL_NONE;
}

static popgx_err_t take_columns(norms_t *n)
{
    const csv_table_t *t = &n->table;

    n->age = csv_column(t, "age");
    n->qaly = csv_column(t, "qaly");
    if (n->age < 0 || n->qaly < 0) return FAIL(INPUT, "%s: a table of norms has the columns `age` and `qaly`", t->file);
    n->slot = memory_resize(NULL, t->n_columns, sizeof *n->slot);
    for (int c = 0; c < (int)t->n_columns; c++) {
        n->slot[c] = c == n->age || c == n->qaly ? MODEL_NONE : attribute_of(n->m, t->header[c].text);
        if (c != n->age && c != n->qaly && n->slot[c] == MODEL_NONE) return FAIL(INPUT, "%s: people have no attribute `%s`", t->file, t->header[c].text);
    }
    return POPGX_OK;
}

static popgx_err_t take_row(norms_t *n, size_t row)
{
    const csv_table_t *t = &n->table;

    for (int c = 0; c < (int)t->n_columns; c++) {
        const csv_cell_t *cell = csv_cell(t, row, c);
        if (n->slot[c] == MODEL_NONE) {
            double *to = c == n->age ? n->at : n->norm;
            if (!number_parse_real(cell->text, &to[row]) || to[row] < 0)
                return FAIL(INPUT, "%s: line %d: `%s` is '%s': write a number of at least 0", t->file, cell->place.line, t->header[c].text, cell->text);
            continue;
        }
        int32_t *level = &n->level[row * t->n_columns + (size_t)c];
        *level = model_find_level(n->m, n->slot[c], cell->text);
        if (*level == MODEL_NONE) return FAIL(INPUT, "%s: line %d: `%s` has no level `%s`", t->file, cell->place.line, t->header[c].text, cell->text);
    }
    return POPGX_OK;
}

static popgx_err_t read_table(norms_t *n, const char *path)
{
    diagnostics_t *diag = diag_new();
    char *bytes = NULL;
    size_t size = 0;
    popgx_err_t err;

    TRY(file_read(path, LARGEST_TABLE, &bytes, &size));
    if (csv_parse(path, bytes, size, diag, &n->table) != POPGX_OK) TRY(FAIL(INPUT, "%s", diag_text(diag, 0)));
    TRY(take_columns(n));
    n->level = memory_resize(NULL, n->table.n_rows * n->table.n_columns + 1, sizeof *n->level);
    n->at = memory_resize(NULL, n->table.n_rows + 1, sizeof *n->at);
    n->norm = memory_resize(NULL, n->table.n_rows + 1, sizeof *n->norm);
    for (size_t row = 0; row < n->table.n_rows; row++) TRY(take_row(n, row));
out:
    free(bytes);
    diag_free(diag);
    return err;
}

/* ---- people ---- */

static bool is_about(const norms_t *n, size_t row, const cohort_view_t *people, size_t i)
{
    for (size_t c = 0; c < n->table.n_columns; c++)
        if (n->slot[c] != MODEL_NONE && people->level[n->slot[c]][i] != n->level[row * n->table.n_columns + c]) return false;
    return true;
}

/* NaN: the table has no line at or below, or none at or above the person's age. */
static double norm_of(const norms_t *n, const cohort_view_t *people, size_t i, double age)
{
    double below = -INFINITY, above = INFINITY, low = NAN, high = NAN;

    for (size_t row = 0; row < n->table.n_rows; row++) {
        if (!is_about(n, row, people, i)) continue;
        if (n->at[row] <= age && n->at[row] > below) below = n->at[row], low = n->norm[row];
        if (n->at[row] >= age && n->at[row] < above) above = n->at[row], high = n->norm[row];
    }
    return above > below ? low + (high - low) * (age - below) / (above - below) : low;
}

static popgx_err_t add_people(void *context, const cohort_view_t *people)
{
    norms_t *n = context;

    for (size_t i = 0; i < people->n; i++) {
        const double age = people->number[n->m->settings.age][i] / n->m->settings.minutes_per_year, norm = norm_of(n, people, i, age);
        if (isnan(norm) && n->m->settings.imported > 0) return FAIL(INPUT, "%s: has no lines around the ages of some of the people", n->table.file);
        if (isnan(norm))
            return FAIL(INPUT, "%s: has no lines around the age of %.2f for people such as person %llu of the run", n->table.file, age,
                        (unsigned long long)(people->first_id + i));
        n->sum += norm;
        n->squares += norm * norm;
    }
    return POPGX_OK;
}

static popgx_err_t average(norms_t *n, estimate_t *out)
{
    const uint64_t all = redraw_most(n->answer), most = all < MOST_PEOPLE ? all : MOST_PEOPLE;
    popgx_err_t err;

    TRY(redraw_people(n->answer, most, add_people, n));
    const double people = (double)most, mean = n->sum / people;
    *out = (estimate_t){mean, most > 1 ? sqrt(fmax(n->squares / people - mean * mean, 0) / (people - 1)) : 0};
out:
    return err;
}

popgx_err_t norms_mean(const answer_t *answer, const char *path, estimate_t *out)
{
    norms_t n = {.answer = answer, .m = answer->model};
    popgx_err_t err;

    if (n.m->settings.age == MODEL_NONE) return FAIL(INPUT, "%s: norms go by age, and people of the run have none", path);
    TRY(read_table(&n, path));
    TRY(average(&n, out));
out:
    csv_release(&n.table);
    free(n.slot);
    free(n.level);
    free(n.at);
    free(n.norm);
    return err;
}
