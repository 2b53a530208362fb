/*
 * Precision on demand. Whether to go on is decided on the people simulated so far, which are always the first ones of the population,
 * so the answer does not depend on who simulated what when.
 */
#include "cli/until.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/run.h"
#include "model/lots.h"
#include "stats/results.h"

static const char *const FIGURES[] = {[UNTIL_COST] = "cost", [UNTIL_QALY] = "qaly", [UNTIL_LIFE_YEARS] = "life_years", [UNTIL_NMB] = "nmb"};
enum { N_FIGURES = sizeof FIGURES / sizeof *FIGURES };

static const char *skip_blanks(const char *at) { return at + strspn(at, " "); }

popgx_err_t until_parse(const char *text, const model_t *model, until_t *out)
{
    const char *at = skip_blanks(text);
    int figure = 0;
    char *end;

    while (figure < N_FIGURES && !(strncmp(at, FIGURES[figure], strlen(FIGURES[figure])) == 0 && at[strlen(FIGURES[figure])] == '.')) figure++;
    if (figure < N_FIGURES) at += strlen(FIGURES[figure]);
    bool is_good = figure < N_FIGURES && strncmp(at, ".se", 3) == 0;
    if (is_good) at = skip_blanks(at + 3);
    is_good = is_good && *at == '<';
    *out = (until_t){.figure = (until_figure_t)figure, .target = is_good ? strtod(at + 1, &end) : 0};
    if (is_good) {
        const char *rest = skip_blanks(end);
        out->is_relative = *rest == '%';
        if (out->is_relative) out->target /= 100;
        is_good = end != at + 1 && out->target > 0 && isfinite(out->target) && !*skip_blanks(rest + out->is_relative);
    }
    if (!is_good) return FAIL(INPUT, "--until '%s': write for example 'nmb.se < 5', 'qaly.se < 1e-4', 'cost.se < 1 %%' or 'life_years.se < 0.01'", text);
    if (out->figure == UNTIL_NMB && model->settings.thresholds.count == 0)
        return FAIL(INPUT, "--until '%s': the model has no thresholds, so there is no net monetary benefit", text);
    return POPGX_OK;
}

static estimate_t figure_of(const until_t *until, const tally_t *tally, int32_t s)
{
    const model_settings_t *m = &tally->model->settings;
    const int32_t outcomes[] = {[UNTIL_COST] = m->cost, [UNTIL_QALY] = m->qaly, [UNTIL_LIFE_YEARS] = m->life_years};

    if (tally->model->n_strategies == 1) {
        if (until->figure != UNTIL_NMB) return results_outcome(tally, 0, outcomes[until->figure]);
        return (estimate_t){0};     /* there is nobody to have a benefit against */
    }
    if (until->figure != UNTIL_NMB) return results_difference(tally, s, 0, outcomes[until->figure]);
    return results_nmb_difference(tally, s, 0, tally->model->reals[m->thresholds.first]);
}

uint64_t until_first(const model_t *model)
{
    enum { FIRST_PATIENTS = 10 * RUN_BLOCK_PEOPLE, FIRST_LOTS = 64 };
    const uint64_t people = FIRST_LOTS * lots_size(model);

    return people > FIRST_PATIENTS ? people : FIRST_PATIENTS;
}

double until_ratio(const until_t *until, const tally_t *tally)
{
    const int32_t n = tally->model->n_strategies;
    double worst = 0;

    for (int32_t s = n > 1; s < n; s++) {
        estimate_t x = figure_of(until, tally, s);
        double target = until->is_relative ? until->target * fabs(x.mean) : until->target;
        if (x.se > 0) worst = fmax(worst, x.se / target);
    }
    return worst;
}

uint64_t until_next(uint64_t people, double ratio, uint64_t block_people)
{
    double factor = fmin(fmax(1.05 * ratio * ratio, 1.2), 16);
    uint64_t wanted = (uint64_t)((double)people * factor);

    return (wanted / block_people + 1) * block_people;
}
