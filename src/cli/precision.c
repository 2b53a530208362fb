/* Errors fall with the square root of people, which is all there is to it. */
#include "cli/precision.h"

#include <math.h>

#include "cli/json.h"
#include "cli/numbers.h"

/* The next of ..., 5, 2, 1, 0.5, ... below x. */
static double round_below(double x)
{
    const double power = pow(10, floor(log10(x) + 1e-12));

    for (int k = 5; k >= 1; k = k == 5 ? 2 : k - 1)
        if (k * power < x * (1 - 1e-9)) return k * power;
    return power / 2;
}

static uint64_t people_for(uint64_t patients, double ratio)
{
    double people = ceil((double)patients * ratio * ratio);
    return people < 0x1p62 ? (uint64_t)people : 0;
}

bool precision_find(const tally_t *tally, uint64_t patients, precision_t *out)
{
    static const char *const names[] = {[UNTIL_COST] = "cost", [UNTIL_QALY] = "qaly", [UNTIL_LIFE_YEARS] = "life_years", [UNTIL_NMB] = "nmb"};
    const model_settings_t *m = &tally->model->settings;
    const bool has_benefit = tally->model->n_strategies > 1 && m->thresholds.count > 0 && m->cost != MODEL_NONE && m->qaly != MODEL_NONE;
    until_t until = {.figure = has_benefit ? UNTIL_NMB : m->qaly != MODEL_NONE ? UNTIL_QALY : UNTIL_COST, .target = 1};

    if (!has_benefit && m->qaly == MODEL_NONE && m->cost == MODEL_NONE) return false;
    *out = (precision_t){.figure = names[until.figure], .se = until_ratio(&until, tally)};
    if (!(out->se > 0) || patients == 0) return false;
    for (int i = 0; i < PRECISION_STEPS; i++) {
        out->steps[i].se = round_below(i == 0 ? out->se : out->steps[i - 1].se);
        out->steps[i].patients = people_for(patients, out->se / out->steps[i].se);
    }
    until.is_relative = true;
    until.target = 0.01;
    double ratio = until_ratio(&until, tally);
    out->of_a_percent = isfinite(ratio) ? people_for(patients, ratio) : 0;
    return true;
}

void precision_print(const precision_t *p, FILE *out)
{
    fprintf(out, "\nStandard error of %s: %s. People needed for", p->figure, number_grouped(p->se, number_decimals(p->se, 6)).text);
    for (int i = 0; i < PRECISION_STEPS; i++) fprintf(out, "%s %g: %s", i ? "; for" : "", p->steps[i].se, number_count(p->steps[i].patients).text);
    if (p->of_a_percent) fprintf(out, "; for 1 %%: %s", number_count(p->of_a_percent).text);
    fputs(" (--until)\n", out);
}

json_t *precision_json(const precision_t *p)
{
    json_t *steps = json_array();

    for (int i = 0; i < PRECISION_STEPS; i++)
        json_array_append_new(steps, json_pack("{s:o, s:I}", "se", json_number(p->steps[i].se), "patients", (json_int_t)p->steps[i].patients));
    return json_pack("{s:s, s:o, s:o, s:o}", "figure", p->figure, "se", json_number(p->se), "patients_for", steps, "patients_for_1_percent",
                     p->of_a_percent ? json_integer((json_int_t)p->of_a_percent) : json_null());
}
