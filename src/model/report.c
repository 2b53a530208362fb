/* Puts model_report_t in place. Nothing here fails: what cannot be is answered with false, and whoever asks says why. */
#include "model/report.h"

#include <math.h>

enum { MOST_YEARLY = 120 };

static void choose_times(model_t *m)
{
    model_report_t *r = &m->settings.report;
    const double horizon = m->settings.horizon, year = m->settings.minutes_per_year;
    const double step = horizon < 2 * year ? horizon / 10 : horizon > MOST_YEARLY * year ? fmax(10 * year, horizon / (REPORT_MOST_TIMES - 2)) : year;

    r->n_times = 0;
    for (double t = step; t < horizon - 0.5 && r->n_times < REPORT_MOST_TIMES - 1; t += step) r->time[r->n_times++] = (int32_t)(t + 0.5);
    r->time[r->n_times++] = m->settings.horizon;
}

void report_ask(model_t *model, uint32_t kinds)
{
    model_report_t *r = &model->settings.report;

    r->kinds |= kinds;
    if ((kinds & REPORT_YEARS) && r->n_years == 0) {
        const double last = model->settings.horizon - (model->settings.cycle.minutes > 0); /* the last point of time lies in the year that ends with it */
        const double years = ceil(last / model->settings.minutes_per_year);
        r->n_years = years < 1 ? 1 : years > REPORT_MOST_YEARS ? REPORT_MOST_YEARS : (int32_t)years;
    }
    if ((kinds & REPORT_STATES) && r->n_times == 0) choose_times(model);
}

bool report_ask_calendar(model_t *model, int32_t first, int32_t last)
{
    model_report_t *r = &model->settings.report;

    if (model->settings.calendar == MODEL_NONE || first < 0 || last < first || last - first >= REPORT_MOST_YEARS - 2) return false;
    r->n_years = last - first + 3;
    r->first_year = first;
    r->is_by_calendar = 1;
    r->kinds |= REPORT_YEARS;
    return true;
}

bool report_ask_states(model_t *model, const int32_t *minutes, size_t n)
{
    model_report_t *r = &model->settings.report;

    if (n > REPORT_MOST_TIMES) return false;
    for (size_t i = 0; i < n; i++)
        if (minutes[i] > model->settings.horizon || minutes[i] <= (i > 0 ? minutes[i - 1] : -1)) return false;
    for (size_t i = 0; i < n; i++) r->time[i] = minutes[i];
    r->n_times = (int32_t)n;
    r->kinds |= REPORT_STATES;
    return true;
}
