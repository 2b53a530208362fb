/*
 * What falls into which year: of each person's entry, or of the calendar. Every post is told (posting.c), and cut at the years' ends as
 * its discount's function says. Parts are rounded so that they add up to the post to the last bit.
 *
 * A year begins with its first minute. In a model in cycles what is counted at a point of time belongs to the year of that point, the
 * last point, at the end of time, to the last year.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_state.h"

typedef struct ledger_years {
    int32_t n;                  /* years */
    double length;              /* minutes */
    bool is_by_calendar;
    double first;               /* by calendar: minute at which the second begins */
    int32_t *start;             /* [n]: minutes; not by calendar */
    double *factor;             /* [n_discounts][n]: of the discount's function at `start`, if it has no profile */
    int64_t *column;            /* [n][n_cells][capacity] */
    const int64_t **shown;      /* [n][n_cells]: the column, or NULL while nothing was posted to it */
} years_t;

popgx_err_t ledger_years_new(const ledger_t *l, years_t **out)
{
    const model_report_t *report = &l->model->settings.report;
    const size_t n = (size_t)report->n_years, columns = n * (size_t)l->model->n_cells;
    years_t *y = *out = calloc(1, sizeof *y);

    if (!y) return FAIL(NOMEM, "no memory for years");
    *y = (years_t){.n = report->n_years, .length = l->model->settings.minutes_per_year, .is_by_calendar = report->is_by_calendar,
                   .first = report->first_year * l->model->settings.minutes_per_year};
    y->start = calloc(n + 1, sizeof *y->start);
    y->factor = calloc(n * (size_t)l->plan.n_discounts + 1, sizeof *y->factor);
    y->column = malloc(columns * l->capacity * sizeof *y->column + 1);
    y->shown = calloc(columns + 1, sizeof *y->shown);
    if (!y->start || !y->factor || !y->column || !y->shown)
        return FAIL(NOMEM, "no memory for %d years of %d payoffs of %zu people", y->n, l->model->n_cells, l->capacity);
    for (int32_t i = 0; i < y->n; i++) y->start[i] = (int32_t)(i * y->length + 0.5);
    for (int32_t d = 0; d < l->plan.n_discounts; d++) ledger_discount_plain(l, d, n, y->start, y->factor + (size_t)d * n);
    return POPGX_OK;
}

void ledger_years_free(years_t *y)
{
    if (!y) return;
    free(y->start);
    free(y->factor);
    free(y->column);
    free(y->shown);
    free(y);
}

void ledger_years_begin(ledger_t *l) { memset(l->years->shown, 0, (size_t)l->years->n * (size_t)l->model->n_cells * sizeof *l->years->shown); }

const int64_t *const *ledger_years_columns(const ledger_t *l) { return l->years->shown; }

static void add(const ledger_t *l, int32_t year, int32_t cell, size_t person, int64_t amount)
{
    years_t *y = l->years;
    const size_t at = (size_t)year * (size_t)l->model->n_cells + (size_t)cell;
    int64_t *column = y->column + at * l->capacity;

    if (!y->shown[at]) memset(column, 0, l->people->n * sizeof *column);
    y->shown[at] = column;
    column[person] += amount;
}

/* The minute at which a year begins for this person; the first one begins before everything. */
static int32_t start_of(const ledger_t *l, int32_t year, size_t person)
{
    const years_t *y = l->years;
    const int32_t horizon = l->model->settings.horizon;

    if (!y->is_by_calendar) return y->start[year];
    if (year == 0) return 0;
    const double minute = y->first + (year - 1) * y->length - l->people->number[l->model->settings.calendar][person];
    return minute > 0 ? minute < horizon ? (int32_t)(minute + 0.5) : horizon : 0;
}

/* The last year that begins at `minute` or earlier. */
static int32_t year_of(const ledger_t *l, int32_t minute, size_t person)
{
    const years_t *y = l->years;
    const double since = y->is_by_calendar ? minute + l->people->number[l->model->settings.calendar][person] - y->first + y->length : minute;
    int32_t year = since <= 0 ? 0 : since >= y->n * y->length ? y->n - 1 : (int32_t)(since / y->length);

    while (year > 0 && start_of(l, year, person) > minute) year--;
    while (year + 1 < y->n && start_of(l, year + 1, person) <= minute) year++;
    return year;
}

/* The discount's function at a minute of this person. */
static double factor_at(const ledger_t *l, int32_t discount, size_t person, int32_t minute)
{
    const int32_t p = (int32_t)person;
    double factor;

    ledger_discount(l, discount, 1, &p, &minute, &factor);
    return factor;
}

/* The same at the start of a year. */
static double factor_of(const ledger_t *l, int32_t discount, size_t person, int32_t year)
{
    const years_t *y = l->years;
    const bool is_known = !y->is_by_calendar && !l->plan.discounts[discount].profile;
    return is_known ? y->factor[discount * y->n + year] : factor_at(l, discount, person, start_of(l, year, person));
}

void ledger_years_post(const ledger_t *l, const ledger_account_t *account, size_t person, int32_t from, int32_t to, int64_t amount)
{
    const int32_t first = year_of(l, from, person), last = to > from ? year_of(l, to - 1, person) : first;
    int64_t posted = 0;

    if (first < last) {
        const double start = factor_at(l, account->discount, person, from), whole = start - factor_at(l, account->discount, person, to);
        for (int32_t y = first; y < last; y++) {
            const int64_t until = (int64_t)((double)amount * ((start - factor_of(l, account->discount, person, y + 1)) / whole));
            add(l, y, account->cell, person, until - posted);
            posted = until;
        }
    }
    add(l, last, account->cell, person, amount - posted);
}
