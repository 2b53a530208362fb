/*
 * Parametric families of hazards in the parameters that papers and R give: those of flexsurv (Jackson 2016, J Stat Softw 70(8)), those
 * of survreg, and a median or mean instead of the parameter that says how long. Owns nothing.
 */
#include <math.h>
#include <string.h>

#include "spec/compile_hazards.h"

const char hazard_families[] = "weibull, gompertz, loglogistic, lognormal, gamma, generalised gamma, spline";

typedef enum {
    PLAIN,
    POSITIVE,
    TIME,           /* > 0 */
    LOG_TIME,       /* plain: the logarithm of a time in the unit of the form */
    RATE,           /* >= 0, per time */
    PER_TIME,       /* of any sign */
} parameter_kind_t;

typedef struct {
    const char *key;
    parameter_kind_t kind;
} parameter_t;

typedef struct {
    const char *key;
    law_kind_t law;
    const char *what;           /* in words; NULL: constant */
    parameter_t parameters[3];  /* a, b, c of the law */
    int n;
    int length;                 /* which of them says how long times are, so that a median or mean may stand in its place */
    bool has_survreg;
    const char *right;
} family_t;

static const family_t families[] = {
    {"exponential", LAW_EXPONENTIAL, NULL, {{"rate", RATE}}, 1, 0, true, "write exponential: 0.1 per year"},
    {"weibull", LAW_WEIBULL, "a Weibull hazard", {{"shape", POSITIVE}, {"scale", TIME}}, 2, 1, true, "write weibull: {shape: 1.2, scale: 10 years}"},
    {"gompertz", LAW_GOMPERTZ, "a Gompertz hazard", {{"shape", PER_TIME}, {"rate", RATE}}, 2, 1, false,
     "write gompertz: {shape: 0.1 per year, rate: 0.001 per year}"},
    {"loglogistic", LAW_LOGLOGISTIC, "a log-logistic hazard", {{"shape", POSITIVE}, {"scale", TIME}}, 2, 1, true,
     "write loglogistic: {shape: 1.5, scale: 4 years}"},
    {"lognormal", LAW_LOGNORMAL, "a log-normal hazard", {{"meanlog", LOG_TIME}, {"sdlog", POSITIVE}}, 2, 0, true,
     "write lognormal: {meanlog: 1.2, sdlog: 0.9, in: years}"},
    {"gamma", LAW_GAMMA, "a gamma hazard", {{"shape", POSITIVE}, {"rate", RATE}}, 2, 1, false, "write gamma: {shape: 1.5, rate: 0.3 per year}"},
    {"generalised gamma", LAW_GENGAMMA, "a generalised gamma hazard", {{"mu", LOG_TIME}, {"sigma", POSITIVE}, {"Q", PLAIN}}, 3, 0, false,
     "write generalised gamma: {mu: 1.2, sigma: 0.9, Q: 0.5, in: years}"},
    {"generalised gamma original", LAW_GENGAMMA_ORIGINAL, "a generalised gamma hazard", {{"shape", POSITIVE}, {"scale", TIME}, {"k", POSITIVE}}, 3, 1, false,
     "write generalised gamma original: {shape: 1.2, scale: 5 years, k: 2}"},
};

/* ---- parameters ---- */

static bool parameter_value(hazard_t *h, const yaml_node_t *node, const parameter_t *parameter, double unit, double *out)
{
    bool is_plain = parameter->kind == PLAIN || parameter->kind == POSITIVE || parameter->kind == LOG_TIME;
    bool is_read = is_plain ? compile_value(h->c, node, VALUE_NUMBER, out)
                            : hazard_time_value(h, node, parameter->key, parameter->kind == TIME ? 1 : -1, unit, out);
    if (!is_read) return false;
    if (((parameter->kind == POSITIVE || parameter->kind == TIME) && !(*out > 0)) || (parameter->kind == RATE && *out < 0)) {
        diag_error(h->c->diag, node->place, parameter->kind == RATE ? "it must be 0 or more" : "it must be above 0", "`%s` is %s", parameter->key,
                   *out < 0 ? "negative" : "0");
        return false;
    }
    if (parameter->kind == LOG_TIME) *out += log(unit);
    return true;
}

/* What the parameter of length is, with which median and mean are worked out before time is stretched to the wanted one. */
static double unit_length(parameter_kind_t kind) { return kind == LOG_TIME ? 0 : 1; }

/* The rate of a Gompertz hazard of which half are over, or whose mean is, at `time`. */
static double gompertz_rate(hazard_t *h, double shape, double time, bool is_mean)
{
    double rate = shape == 0 ? M_LN2 / time : M_LN2 * shape / expm1(shape * time), low = rate * 1e-6, high = rate * 1e6;
    if (!is_mean) return rate;
    for (int step = 0; step < 100; step++) {
        rate = sqrt(low * high);
        if (law_mean(law_new(h->c->arena, LAW_GOMPERTZ, shape, rate, 0)) > time) low = rate;
        else high = rate;
    }
    return rate;
}

/* The law whose median or mean is `time`; its other parameters are in p. NULL if there is none. */
static const law_t *law_lasting(hazard_t *h, const family_t *family, double *p, double time, bool is_mean)
{
    arena_t *arena = h->c->arena;
    if (family->law == LAW_GOMPERTZ) {
        if (is_mean && p[0] < 0) return NULL; /* some live for ever */
        return law_new(arena, family->law, p[0], gompertz_rate(h, p[0], time, is_mean), 0);
    }
    p[family->length] = unit_length(family->parameters[family->length].kind);
    const law_t *law = law_new(arena, family->law, p[0], p[1], p[2]);
    double length = is_mean ? law_mean(law) : law_median(law);
    return isfinite(length) ? law_accelerated(arena, law, length / time) : NULL;
}

/* {intercept: ..., scale: ...}: ln T = intercept + scale W (R, survival::survreg), W of the least extreme value, logistic or normal law. */
static const law_t *parse_survreg(hazard_t *h, const family_t *family, const yaml_node_t *node, double unit)
{
    static const char *const keys[] = {"intercept", "scale", NULL}, *const exponential[] = {"intercept", NULL};
    bool is_exponential = family->law == LAW_EXPONENTIAL;
    static const char right[] = "write survreg: {intercept: 2.1, scale: 0.7}, or {intercept: 2.1} for an exponential";
    double intercept, scale = 1;

    if (!compile_keys(h->c, node, "`survreg`", is_exponential ? exponential : keys)) return NULL;
    const yaml_node_t *at = hazard_need(h, node, "intercept", right), *by = is_exponential ? NULL : hazard_need(h, node, "scale", right);
    if (!at || (!is_exponential && !by)) return NULL;
    if (!parameter_value(h, at, &(parameter_t){"intercept", LOG_TIME}, unit, &intercept)) return NULL;
    if (by && !parameter_value(h, by, &(parameter_t){"scale", POSITIVE}, unit, &scale)) return NULL;
    switch (family->law) {
    case LAW_EXPONENTIAL: return hazard_constant(h, exp(-intercept));
    case LAW_LOGNORMAL: return law_new(h->c->arena, family->law, intercept, scale, 0);
    default: return law_new(h->c->arena, family->law, 1 / scale, exp(intercept), 0);
    }
}

static const yaml_node_t *median_or_mean(const yaml_node_t *node, bool *is_mean)
{
    const yaml_node_t *median = yaml_get(node, "median"), *mean = yaml_get(node, "mean");
    *is_mean = !median;
    return median ? median : mean;
}

static bool check_family_keys(hazard_t *h, const family_t *family, const yaml_node_t *node)
{
    const char *keys[8] = {"in"};
    int n = 1;
    for (int i = 0; i < family->n; i++) keys[n++] = family->parameters[i].key;
    keys[n++] = "median";
    keys[n++] = "mean";
    if (family->has_survreg) keys[n++] = "survreg";
    if (!compile_keys(h->c, node, diag_format(h->c->diag, "`%s`", family->key), keys)) return false;
    bool has_length = yaml_get(node, family->parameters[family->length].key) != NULL;
    if (has_length + (yaml_get(node, "median") != NULL) + (yaml_get(node, "mean") != NULL) <= 1) return true;
    diag_error(h->c->diag, node->place, diag_format(h->c->diag, "give one of `%s`, `median` and `mean`", family->parameters[family->length].key),
               "`%s` says twice how long it takes", family->key);
    return false;
}

static const law_t *parse_parameters(hazard_t *h, const family_t *family, const yaml_node_t *node)
{
    double unit, p[3] = {0}, time;
    bool is_mean, is_right = true;

    if (!check_family_keys(h, family, node) || !hazard_unit(h, yaml_get(node, "in"), &unit)) return NULL;
    const yaml_node_t *survreg = yaml_get(node, "survreg"), *length = median_or_mean(node, &is_mean);
    if (survreg) return parse_survreg(h, family, survreg, unit);
    for (int i = 0; i < family->n; i++) {
        const parameter_t *parameter = &family->parameters[i];
        if (length && i == family->length) continue;
        const yaml_node_t *value = hazard_need(h, node, parameter->key, family->right);
        is_right &= value && parameter_value(h, value, parameter, unit, &p[i]);
    }
    if (!is_right) return NULL;
    if (!length) return law_new(h->c->arena, family->law, p[0], p[1], p[2]);
    if (!hazard_time_value(h, length, is_mean ? "mean" : "median", 1, unit, &time)) return NULL;
    const law_t *law = time > 0 ? law_lasting(h, family, p, time, is_mean) : NULL;
    if (!law)
        diag_error(h->c->diag, length->place, time > 0 ? "give the median, or the parameter itself" : "it must be above 0",
                   time > 0 ? "with these parameters there is no mean" : "a time to the event of 0 or less");
    return law;
}

/* H = scale t^shape, t in the unit of the form: flexsurv's weibullPH. */
static const law_t *parse_weibull_ph(hazard_t *h, const yaml_node_t *node)
{
    static const char *const keys[] = {"shape", "scale", "in", NULL}, right[] = "write weibull PH: {shape: 1.2, scale: 0.06, in: years}";
    double unit, shape, scale;

    if (!compile_keys(h->c, node, "`weibull PH`", keys) || !hazard_unit(h, yaml_get(node, "in"), &unit)) return NULL;
    const yaml_node_t *shape_node = hazard_need(h, node, "shape", right), *scale_node = hazard_need(h, node, "scale", right);
    if (!shape_node || !scale_node || !parameter_value(h, shape_node, &(parameter_t){"shape", POSITIVE}, unit, &shape) ||
        !parameter_value(h, scale_node, &(parameter_t){"scale", POSITIVE}, unit, &scale)) return NULL;
    return law_new(h->c->arena, LAW_WEIBULL, shape, unit * pow(scale, -1 / shape), 0);
}

/* ---- splines ---- */

/* A list of numbers; with `is_time`, times, of which the logarithm in `unit` is wanted. NULL after reporting. */
static double *number_list(hazard_t *h, const yaml_node_t *node, const char *what, bool is_time, double unit)
{
    if (node->kind != YAML_SEQUENCE || node->count < 2) {
        diag_error(h->c->diag, node->place, "list two or more numbers", "`%s` is not such a list", what);
        return NULL;
    }
    double *list = arena_take(h->c->arena, node->count, sizeof *list);
    for (size_t i = 0; i < node->count; i++) {
        double value;
        if (!is_time ? !compile_value(h->c, node->items[i], VALUE_NUMBER, &value) : !hazard_time_value(h, node->items[i], what, 1, unit, &value)) return NULL;
        if (is_time && !(value > 0)) {
            diag_error(h->c->diag, node->items[i]->place, "it must be above 0", "a knot at time %g", value);
            return NULL;
        }
        list[i] = is_time ? log(value / unit) : value;
        if (strcmp(what, "gamma") && i && !(list[i] > list[i - 1])) {
            diag_error(h->c->diag, node->items[i]->place, "sort them", "the knots do not ascend");
            return NULL;
        }
    }
    return list;
}

/* {on: hazard, gamma: [...], knots: [...]} or {..., log knots: [...]}, boundary knots included, as flexsurvspline prints them. */
static const law_t *parse_spline(hazard_t *h, const yaml_node_t *node)
{
    static const char *const keys[] = {"on", "gamma", "knots", "log knots", "in", NULL}, *const scales[] = {"hazard", "odds", "normal"};
    static const char right[] = "write spline: {on: hazard, gamma: [-2.1, 1.2, 0.1], knots: [0.1, 1, 5], in: years}";
    double unit;

    if (!compile_keys(h->c, node, "`spline`", keys) || !hazard_unit(h, yaml_get(node, "in"), &unit)) return NULL;
    const yaml_node_t *on = hazard_need(h, node, "on", right), *gamma_node = hazard_need(h, node, "gamma", right);
    const yaml_node_t *times = yaml_get(node, "knots"), *knots_node = times ? times : hazard_need(h, node, "log knots", right);
    if (!on || !gamma_node || !knots_node) return NULL;
    int scale = 0;
    while (scale < 3 && (on->kind != YAML_SCALAR || strcmp(on->text, scales[scale]))) scale++;
    if (scale == 3) {
        diag_error(h->c->diag, on->place, "write hazard, odds or normal", "`on` is wrong");
        return NULL;
    }
    const double *gamma = number_list(h, gamma_node, "gamma", false, unit), *knots = number_list(h, knots_node, "knots", times != NULL, unit);
    if (!gamma || !knots) return NULL;
    if (gamma_node->count != knots_node->count) {
        diag_error(h->c->diag, gamma_node->place, "there are as many as knots, boundary knots included", "%zu values of gamma, but %zu knots",
                   gamma_node->count, knots_node->count);
        return NULL;
    }
    return law_spline(h->c->arena, (law_spline_t)scale, (int)gamma_node->count, gamma, knots, unit);
}

/* ---- all of them ---- */

static const law_t *parse_one(hazard_t *h, const char *key, const yaml_node_t *value, const char **what)
{
    *what = "a spline";
    if (!strcmp(key, "spline")) return parse_spline(h, value);
    *what = "a Weibull hazard";
    if (!strcmp(key, "weibull PH")) return parse_weibull_ph(h, value);
    const family_t *family = families;
    while (strcmp(family->key, key)) family++;
    *what = family->what;
    if (family->law == LAW_EXPONENTIAL && !yaml_get(value, "median") && !yaml_get(value, "mean") && !yaml_get(value, "survreg")) {
        double rate;
        return compile_value(h->c, value, VALUE_RATE, &rate) ? hazard_constant(h, rate) : NULL;
    }
    return parse_parameters(h, family, value);
}

bool hazard_parse_family(hazard_t *h, const yaml_node_t *node, grid_t *grid, bool *is_right)
{
    const char *key = yaml_get(node, "spline") ? "spline" : yaml_get(node, "weibull PH") ? "weibull PH" : NULL, *what;
    for (size_t i = 0; i < sizeof families / sizeof *families && !key; i++)
        if (yaml_get(node, families[i].key)) key = families[i].key;
    if (!key) return false;
    const char *const keys[] = {key, NULL};
    const yaml_node_t *value = yaml_get(node, key);
    const law_t *law = hazard_keys(h, node, "a hazard", keys) ? parse_one(h, key, value, &what) : NULL;
    *is_right = law != NULL;
    if (!law) return true;
    if (what) hazard_note_changing(h, value->place, what);
    hazard_make_single(h, grid, law);
    return true;
}
