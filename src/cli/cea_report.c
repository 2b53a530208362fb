/* Reckons what was asked for; stats/ has the arithmetic. Prints nothing. */
#include "cli/cea_report.h"
#include "cli/cea_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cea_controls.h"
#include "cli/cea_studies.h"
#include "core/memory.h"
#include "spec/diag.h"

enum { CURVE_POINTS = 21 };

/* ---- what was asked for ---- */

/* "20000,30000" */
popgx_err_t cea_parse_numbers(const char *text, const char *option, double **out, size_t *n)
{
    *n = 0;
    for (const char *at = text;; at++) {
        char *end;
        double value = strtod(at, &end);
        if (end == at || !(value >= 0) || !isfinite(value) || (*end && *end != ','))
            return FAIL(INPUT, "--%s '%s': write numbers with commas between them, such as 20000,30000", option, text);
        *out = memory_resize(*out, *n + 1, sizeof **out);
        (*out)[(*n)++] = value;
        if (!*end) return POPGX_OK;
        at = end;
    }
}

static popgx_err_t find_thresholds(cea_report_t *r)
{
    const model_t *m = r->answer->model;
    const model_span_t own = m->settings.thresholds;

    if (r->request->thresholds) return cea_parse_numbers(r->request->thresholds, "thresholds", &r->thresholds, &r->n_thresholds);
    r->thresholds = memory_resize(NULL, (size_t)own.count + 1, sizeof *r->thresholds);
    r->n_thresholds = (size_t)own.count;
    for (int32_t i = 0; i < own.count; i++) r->thresholds[i] = m->reals[own.first + i];
    return POPGX_OK;
}

static popgx_err_t find_reference(cea_report_t *r)
{
    const model_t *m = r->answer->model;
    const char *name = r->request->reference;

    r->reference = name ? model_find_strategy(m, name) : 0;
    if (r->reference != MODEL_NONE) return POPGX_OK;
    const char **names = memory_resize(NULL, (size_t)m->n_strategies, sizeof *names);
    for (int32_t s = 0; s < m->n_strategies; s++) names[s] = model_strategy_name(m, s);
    const char *nearest = diag_nearest(name, names, (size_t)m->n_strategies);
    free(names);
    return nearest ? FAIL(INPUT, "--reference '%s': the run has no such strategy: did you mean '%s'?", name, nearest)
                   : FAIL(INPUT, "--reference '%s': the run has no such strategy", name);
}

static popgx_err_t find_curve(cea_report_t *r)
{
    double highest = 0;

    if (r->request->curve) return cea_parse_numbers(r->request->curve, "curve", &r->curve, &r->n_curve);
    for (size_t i = 0; i < r->n_thresholds; i++) highest = fmax(highest, r->thresholds[i]);
    r->curve = memory_resize(NULL, CURVE_POINTS, sizeof *r->curve);
    for (int i = 0; i < CURVE_POINTS; i++) r->curve[i] = 2 * highest * i / (CURVE_POINTS - 1);
    r->n_curve = CURVE_POINTS;
    return POPGX_OK;
}

/* ---- values of information ---- */

static popgx_err_t reckon_curve(cea_report_t *r)
{
    const size_t n = (size_t)r->cea.n;
    popgx_err_t err = POPGX_OK;

    r->share = memory_resize(NULL, r->n_curve * n, sizeof *r->share);
    r->at_curve = memory_resize(NULL, r->n_curve, sizeof *r->at_curve);
    for (size_t i = 0; i < r->n_curve && !err; i++) {
        voi_t voi;
        err = voi_init(&voi, &r->answer->psa, r->curve[i]);
        if (!err && !r->request->is_plain) err = voi_control(&voi, &r->controls);
        if (!err) r->at_curve[i] = voi_summary(&voi, r->share + i * n);
        voi_release(&voi);
    }
    return err;
}

popgx_err_t cea_find_parameter(const answer_t *answer, const char *option, const char *name, size_t n_name, size_t *out)
{
    char *text = memory_resize(NULL, n_name + 1, 1);
    popgx_err_t err = POPGX_OK;

    memcpy(text, name, n_name);
    text[n_name] = '\0';
    for (*out = 0; *out < answer->psa.n_parameters && strcmp(answer->names[*out], text) != 0;) ++*out;
    if (*out == answer->psa.n_parameters) {
        const char *nearest = diag_nearest(text, (const char *const *)answer->names, answer->psa.n_parameters);
        err = nearest ? FAIL(INPUT, "--%s: no parameter '%s' was drawn: did you mean '%s'?", option, text, nearest)
                      : FAIL(INPUT, "--%s: no parameter '%s' was drawn", option, text);
    }
    free(text);
    return err;
}

/* "a+b" from `text`, `n` characters: joins groups with what it is worth to know them. */
static popgx_err_t add_group(cea_report_t *r, const voi_t *voi, const char *text, size_t n)
{
    const psa_t *psa = &r->answer->psa;
    size_t *which = NULL, n_which = 0;
    popgx_err_t err = POPGX_OK;
    cea_group_t group = {.name = memory_resize(NULL, n + 1, 1)};

    memcpy(group.name, text, n);
    group.name[n] = '\0';
    r->groups = memory_resize(r->groups, r->n_groups + 1, sizeof *r->groups);
    r->groups[r->n_groups++] = group;
    for (size_t at = 0; at <= n && !err; at++) {
        size_t length = strcspn(group.name + at, "+");
        which = memory_resize(which, n_which + 1, sizeof *which);
        err = cea_find_parameter(r->answer, "evppi", group.name + at, length, &which[n_which++]);
        at += length;
    }
    const controls_t *controls = r->request->is_plain ? NULL : &r->controls;
    if (!err && voi_evppi(voi, controls, psa->parameters, psa->n_parameters, which, n_which, &r->groups[r->n_groups - 1].evppi)) {
        const char *why = popgx_err_detail();       /* the other groups can do without this one */
        r->groups[r->n_groups - 1].failure = strcpy(memory_resize(NULL, strlen(why) + 1, 1), why);
    }
    free(which);
    return err;
}

static int compare_groups(const void *a, const void *b)
{
    const cea_group_t *x = a, *y = b;
    return (x->evppi.value < y->evppi.value) - (x->evppi.value > y->evppi.value);
}

static popgx_err_t reckon_groups(cea_report_t *r, const voi_t *voi)
{
    const char *groups = r->request->groups;
    popgx_err_t err = POPGX_OK;

    if (groups && strcmp(groups, "none") == 0) return POPGX_OK;
    for (size_t i = 0; !groups && !err && i < r->answer->psa.n_parameters; i++) err = add_group(r, voi, r->answer->names[i], strlen(r->answer->names[i]));
    for (const char *at = groups; at && !err; at = at[strcspn(at, ",")] ? at + strcspn(at, ",") + 1 : NULL) err = add_group(r, voi, at, strcspn(at, ","));
    if (r->n_groups > 1) qsort(r->groups, r->n_groups, sizeof *r->groups, compare_groups);
    return err;
}

static popgx_err_t reckon_information(cea_report_t *r)
{
    enum { TENTHS = sizeof r->settling / sizeof *r->settling };
    voi_t voi = {0};
    popgx_err_t err;

    TRY(find_curve(r));
    TRY(reckon_curve(r));
    TRY(voi_init(&voi, &r->answer->psa, r->thresholds[0]));
    if (!r->request->is_plain) TRY(voi_control(&voi, &r->controls));
    r->voi = voi_summary(&voi, NULL);
    for (uint64_t i = 1; i <= TENTHS; i++) {
        uint64_t n = r->answer->psa.n_draws * i / TENTHS;
        r->settling[i - 1] = voi_summary_of_first(&voi, n > 0 ? n : 1, NULL);
    }
    TRY(reckon_groups(r, &voi));
    TRY(cea_studies_make(r, &voi));
out:
    voi_release(&voi);
    return err;
}

popgx_err_t cea_report_make(const cea_request_t *request, const answer_t *answer, cea_report_t *out)
{
    bool has_draws = answer->psa.n_draws > 0;
    popgx_err_t err = POPGX_OK;

    *out = (cea_report_t){.request = request, .answer = answer};
    if (request->is_probabilistic && !has_draws) TRY(FAIL(INPUT, "--probabilistic: %s has no draws: popgx run --draws makes them", request->path));
    if (request->groups && !has_draws) TRY(FAIL(INPUT, "--evppi: %s has no draws: popgx run --draws makes them", request->path));
    if (request->studies && !has_draws) TRY(FAIL(INPUT, "--evsi: %s has no draws: popgx run --draws makes them", request->path));
    if ((request->sizes || request->study_cost) && !request->studies) TRY(FAIL(INPUT, "--%s is of a study: name it with --evsi", request->sizes ? "sizes" : "study-cost"));
    TRY(find_reference(out));
    TRY(find_thresholds(out));
    TRY(cea_value_make(out));
    if (has_draws) TRY(cea_controls_make(out));
    TRY(request->is_probabilistic ? cea_of_psa(&out->even, &out->cea) : cea_of_tally(&answer->tally, &out->cea));
    out->frontier = memory_resize(NULL, (size_t)out->cea.n, sizeof *out->frontier);
    cea_frontier(&out->cea, out->frontier);
    if (has_draws && out->n_thresholds > 0 && out->cea.n > 1) TRY(reckon_information(out));
out:
    return err;
}

psa_summary_t cea_benefit_over_draws(const cea_report_t *r, int32_t s, psa_figure_t *figure)
{
    psa_nmb(&r->even, s, r->reference, r->thresholds[0], figure);
    const psa_summary_t even = psa_summary(figure);
    psa_nmb(&r->answer->psa, s, r->reference, r->thresholds[0], figure);
    psa_summary_t out = psa_summary(figure);

    out.mean = even.mean;
    out.se = even.se;
    return out;
}

void cea_report_release(cea_report_t *report)
{
    for (size_t i = 0; i < report->n_groups; i++) {
        free(report->groups[i].name);
        free(report->groups[i].failure);
    }
    free(report->groups);
    cea_studies_release(report);
    free(report->at_curve);
    free(report->share);
    free(report->curve);
    free(report->thresholds);
    free(report->criteria);
    free(report->frontier);
    cea_release(&report->cea);
    cea_controls_release(report);
    *report = (cea_report_t){0};
}
