/*
 * Results of studies are spread evenly (a Sobol sequence over the draws and the luck of each measure), so that a thousand do; it is shifted at
 * random a few times, which tells the error. What weights make of the columns of the regression is kept, so that drawing coefficients anew costs next to nothing.
 */
#include "stats/evsi.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"

enum { SHIFTS = 8, RESULTS = 127 /* of each shift */, FEWER_RESULTS = 31 /* with many columns */, MANY_COLUMNS = 60 };

/* A result is less likely than the most likely draw by so much that it does not count: exp(-40). */
#define UNLIKELY 40.0

typedef struct {
    const conditional_t *given;
    const study_measure_t *measures;
    size_t n_measures, n_results;
    double n_persons;
    double *truth;              /* [n_measures][n]: of what is measured, in each draw */
    double *slope, *offset;     /* [n_measures][n]: the log likelihood of a result r is slope r + offset, but for what all draws have in common */
    size_t *drawn;              /* [n_results]: the draw whose parameters each result was drawn for */
    double *columns;            /* [n_results][terms]: of the regression, as expected after each result */
} study_t;

/* ---- likelihood ---- */

/* NORMAL and LOGNORMAL: -(r - t)^2 / (2 s^2) = (t / s^2) r - t^2 / (2 s^2) and what r alone decides. */
static popgx_err_t find_likelihood(study_t *s, size_t m)
{
    const study_measure_t *measure = &s->measures[m];
    const double variance = measure->sd * measure->sd / s->n_persons;

    for (size_t i = m * s->given->n; i < (m + 1) * s->given->n; i++) {
        double t = s->truth[i];
        bool is_good = measure->kind == STUDY_NORMAL || (t > 0 && (measure->kind != STUDY_BINOMIAL || t < 1));
        if (!is_good)
            return FAIL(INPUT, "draw %zu has %g, which is no %s", i - m * s->given->n + 1, t,
                        measure->kind == STUDY_BINOMIAL ? "probability between 0 and 1" : "number above 0");
        if (measure->kind == STUDY_LOGNORMAL) s->truth[i] = t = log(t);
        switch (measure->kind) {
        case STUDY_BINOMIAL:
            s->slope[i] = log(t / (1 - t));
            s->offset[i] = s->n_persons * log1p(-t);
            break;
        case STUDY_POISSON:
            s->slope[i] = log(t);
            s->offset[i] = -s->n_persons * t;
            break;
        default:
            s->slope[i] = t / variance;
            s->offset[i] = -t * t / (2 * variance);
        }
    }
    return POPGX_OK;
}

/* The smallest count whose cdf is at least u. */
static double count_quantile(const study_measure_t *measure, double truth, double n_persons, double u)
{
    const bool is_binomial = measure->kind == STUDY_BINOMIAL;
    const double mean = n_persons * truth, sd = sqrt(is_binomial ? mean * (1 - truth) : mean);
    double low = -1, high = is_binomial ? n_persons : mean + 12 * sd + 30;

    while (high - low > 1) {
        double middle = floor((low + high) / 2);
        double cdf = is_binomial ? gsl_cdf_binomial_P((unsigned)middle, truth, (unsigned)n_persons) : gsl_cdf_poisson_P((unsigned)middle, mean);
        if (cdf < u) low = middle;
        else high = middle;
    }
    return high;
}

static double draw_result(const study_t *s, size_t m, size_t i, double u)
{
    const study_measure_t *measure = &s->measures[m];
    const double truth = s->truth[m * s->given->n + i];

    if (measure->kind == STUDY_BINOMIAL || measure->kind == STUDY_POISSON) return count_quantile(measure, truth, s->n_persons, u);
    return truth + measure->sd / sqrt(s->n_persons) * gsl_cdf_ugaussian_Pinv(u);
}

static popgx_err_t prepare(study_t *s, const double *parameters, size_t n_parameters)
{
    const size_t n = s->given->n, all = s->n_measures * n;
    popgx_err_t err = POPGX_OK;

    s->truth = malloc(all * sizeof *s->truth);
    s->slope = malloc(all * sizeof *s->slope);
    s->offset = malloc(all * sizeof *s->offset);
    s->n_results = (size_t)SHIFTS * (s->given->terms > MANY_COLUMNS ? FEWER_RESULTS : RESULTS);
    s->columns = calloc(s->n_results * s->given->terms, sizeof *s->columns);
    s->drawn = calloc(s->n_results, sizeof *s->drawn);
    if (!s->truth || !s->slope || !s->offset || !s->columns || !s->drawn) TRY(FAIL(NOMEM, "no memory for studies of %zu draws", n));
    for (size_t m = 0; m < s->n_measures; m++) {
        for (size_t i = 0; i < n; i++) {
            s->truth[m * n + i] = 1;
            for (size_t f = 0; f < s->measures[m].n_factors; f++) s->truth[m * n + i] *= parameters[i * n_parameters + s->measures[m].factors[f]];
        }
        TRY(find_likelihood(s, m));
    }
out:
    return err;
}

/* ---- results ---- */

/* Weights [n] of the draws after `results` [n_measures], summing to 1. Weights of the law that are below 0 count as none. */
static void weigh_draws(const study_t *s, const double *results, double *weight)
{
    const size_t n = s->given->n;
    double most = -INFINITY, sum = 0;

    for (size_t i = 0; i < n; i++) {
        weight[i] = 0;
        for (size_t m = 0; m < s->n_measures; m++) weight[i] += s->slope[m * n + i] * results[m] + s->offset[m * n + i];
        if (s->given->weight[i] > 0) most = fmax(most, weight[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double less = most - weight[i];
        weight[i] = less < UNLIKELY && s->given->weight[i] > 0 ? s->given->weight[i] * exp(-less) : 0;
        sum += weight[i];
    }
    for (size_t i = 0; i < n; i++) weight[i] /= sum;
}

/* The draw at which a share u of the law is reached. */
static size_t draw_at(const double *cumulated, size_t n, double u)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cumulated[middle] < u * cumulated[n - 1]) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The next point of the sequence, moved by the shift's own amount in each dimension. */
static void next_point(gsl_qrng *sequence, uint64_t shift, size_t dimensions, double *point)
{
    const uint64_t key = rng_person_key(rng_run_key(0, shift), 0), purpose = rng_purpose("results of a study");

    gsl_qrng_get(sequence, point);
    for (size_t k = 0; k < dimensions; k++) {
        point[k] += rng_uniform(key, purpose, k);
        point[k] = fmin(fmax(point[k] - floor(point[k]), 1e-12), 1 - 1e-12);
    }
}

static popgx_err_t draw_results(study_t *s)
{
    const size_t n = s->given->n, terms = s->given->terms;
    double *cumulated = malloc(n * sizeof *cumulated), *weight = malloc(n * sizeof *weight), *point = malloc((s->n_measures + 1) * sizeof *point), sum = 0;
    size_t *order = malloc(n * sizeof *order);
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)s->n_measures + 1);
    gsl_matrix_view design = basis_matrix(&s->given->regression.basis);
    popgx_err_t err = POPGX_OK;

    if (!cumulated || !weight || !point || !order || !sequence) TRY(FAIL(NOMEM, "no memory for studies of %zu draws", n));
    gsl_sort_index(order, s->given->regression.fitted, s->given->outputs, n);     /* so that an even spread over draws is one over benefits */
    for (size_t i = 0; i < n; i++) cumulated[i] = sum += fmax(s->given->weight[order[i]], 0);
    for (size_t r = 0; r < s->n_results; r++) {
        if (r % (s->n_results / SHIFTS) == 0) gsl_qrng_init(sequence);
        next_point(sequence, r / (s->n_results / SHIFTS), s->n_measures + 1, point);
        const size_t i = s->drawn[r] = order[draw_at(cumulated, n, point[0])];
        for (size_t m = 0; m < s->n_measures; m++) point[m] = draw_result(s, m, i, point[m + 1]);
        weigh_draws(s, point, weight);
        gsl_vector_view weights = gsl_vector_view_array(weight, n), row = gsl_vector_view_array(s->columns + r * terms, terms);
        gsl_blas_dgemv(CblasTrans, 1, &design.matrix, &weights.vector, 0, &row.vector);
    }
out:
    if (sequence) gsl_qrng_free(sequence);
    free(cumulated);
    free(order);
    free(weight);
    free(point);
    return err;
}

/* ---- value ---- */

/* What one set of coefficients needs to become a value. */
typedef struct {
    const study_t *study;
    double *prior;              /* [terms]: the columns as they are expected before the study: 0 but for the intercept, if the law is known */
    double *after, *known;      /* [n_results][outputs]: net benefits after each result, and given the parameters that it was drawn for */
    double *given;              /* [n][outputs] */
    double *weight;             /* [n_results]: all the same */
} valuer_t;

static popgx_err_t valuer_init(valuer_t *v, const study_t *s)
{
    const conditional_t *g = s->given;

    *v = (valuer_t){.study = s, .prior = malloc(g->terms * sizeof(double)), .after = malloc(s->n_results * g->outputs * sizeof(double)),
                    .known = malloc(s->n_results * g->outputs * sizeof(double)), .given = malloc(g->n * g->outputs * sizeof(double)),
                    .weight = malloc(s->n_results * sizeof(double))};
    if (!v->prior || !v->after || !v->known || !v->given || !v->weight) return FAIL(NOMEM, "no memory for %zu results", s->n_results);
    for (size_t r = 0; r < s->n_results; r++) v->weight[r] = 1 / (double)s->n_results;
    gsl_matrix_view design = basis_matrix(&g->regression.basis);
    gsl_vector_const_view weight = gsl_vector_const_view_array(g->weight, g->n);
    gsl_vector_view prior = gsl_vector_view_array(v->prior, g->terms);
    gsl_blas_dgemv(CblasTrans, 1, &design.matrix, &weight.vector, 0, &prior.vector);
    return POPGX_OK;
}

static void valuer_release(valuer_t *v)
{
    free(v->prior);
    free(v->after);
    free(v->known);
    free(v->given);
    free(v->weight);
}

/* Net benefits of results [n_results][outputs] are on average what they are before the study; results happened to have others, which is taken off. */
static void recentre(const valuer_t *v, const double *coefficients, double *benefits)
{
    const study_t *s = v->study;
    const size_t k = s->given->outputs;

    for (size_t j = 0; j < k; j++) {
        double now = 0, later = 0;
        for (size_t t = 0; t < s->given->terms; t++) now += v->prior[t] * coefficients[t * k + j];
        for (size_t r = 0; r < s->n_results; r++) later += benefits[r * k + j] / (double)s->n_results;
        for (size_t r = 0; r < s->n_results; r++) benefits[r * k + j] += now - later;
    }
}

static void find_after(const valuer_t *v, const double *coefficients)
{
    const study_t *s = v->study;
    const size_t k = s->given->outputs, terms = s->given->terms;
    gsl_matrix_const_view columns = gsl_matrix_const_view_array(s->columns, s->n_results, terms), c = gsl_matrix_const_view_array(coefficients, terms, k);
    gsl_matrix_view means = gsl_matrix_view_array(v->after, s->n_results, k);

    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &columns.matrix, &c.matrix, 0, &means.matrix);
    recentre(v, coefficients, v->after);
}

static double gain_of(const double *g, size_t k, size_t best) { return conditional_most(g, k) - (best < k ? g[best] : 0); }

/* Mean gain over the law of the parameters if they were known, and over the results' own parameters in `known`. */
static double find_known(const valuer_t *v, const double *coefficients, size_t best)
{
    const study_t *s = v->study;
    const size_t k = s->given->outputs;
    double mean = 0;

    regression_predict(&s->given->regression, coefficients, k, v->given);
    for (size_t i = 0; i < s->given->n; i++) mean += s->given->weight[i] * gain_of(v->given + i * k, k, best);
    for (size_t r = 0; r < s->n_results; r++) memcpy(v->known + r * k, v->given + s->drawn[r] * k, k * sizeof *v->known);
    recentre(v, coefficients, v->known);
    return mean;
}

/*
 * Mean over results of the best net benefit after it, less that of deciding now. What would be gained if the parameters behind each result were known, whose mean is known,
 * is a control variate: in a large study it is all but the same. `*square`: variance by shifts.
 */
static double value_of(const valuer_t *v, const double *coefficients, double *square)
{
    const study_t *s = v->study;
    const size_t k = s->given->outputs, n = s->n_results;
    double best_mean, sum = 0, of_shift[SHIFTS] = {0}, after_mean = 0, known_mean = 0, both = 0, own = 0;

    find_after(v, coefficients);
    const size_t best = conditional_best(v->after, v->weight, n, k, &best_mean);
    const double known = find_known(v, coefficients, best);
    for (size_t r = 0; r < n; r++) {
        v->after[r] = gain_of(v->after + r * k, k, best);       /* from here on a gain each, at the front */
        v->known[r] = gain_of(v->known + r * k, k, best);
        after_mean += v->after[r] / (double)n;
        known_mean += v->known[r] / (double)n;
    }
    for (size_t r = 0; r < n; r++) {
        both += (v->after[r] - after_mean) * (v->known[r] - known_mean);
        own += (v->known[r] - known_mean) * (v->known[r] - known_mean);
    }
    const double slope = own > 0 ? both / own : 0;
    for (size_t r = 0; r < n; r++) {
        double gain = v->after[r] - slope * (v->known[r] - known);
        sum += gain;
        of_shift[r * SHIFTS / n] += gain * SHIFTS / (double)n;
    }
    double mean = sum / (double)n;
    *square = 0;
    for (size_t shift = 0; shift < SHIFTS; shift++) *square += (of_shift[shift] - mean) * (of_shift[shift] - mean) / SHIFTS / (SHIFTS - 1);
    return mean;
}

static double value_with(const void *context, const double *coefficients, double *scratch)
{
    double unused;

    (void)scratch;
    return value_of(context, coefficients, &unused);
}

static popgx_err_t find_value(const study_t *s, evsi_t *out)
{
    const conditional_t *g = s->given;
    double of_results, of_draws, mean, square;
    valuer_t valuer = {0};
    popgx_err_t err;

    TRY(valuer_init(&valuer, s));
    double value = value_of(&valuer, g->coefficients, &of_results);
    TRY(conditional_spread(g, value_with, &valuer, value, &mean, &square));
    out->bias = fmax(mean, 0);
    out->value = fmax(value - out->bias, 0);
    TRY(conditional_sampling_variance(g, &of_draws));             /* what a study tells depends less on the draw than all there is to know */
    out->se = sqrt(square + of_results + of_draws);
out:
    valuer_release(&valuer);
    return err;
}

popgx_err_t evsi_find(const conditional_t *given, const double *parameters, size_t n_parameters, const study_measure_t *measures, size_t n_measures,
                      double n_persons, evsi_t *out)
{
    study_t study = {.given = given, .measures = measures, .n_measures = n_measures, .n_persons = n_persons};
    popgx_err_t err;

    *out = (evsi_t){0};
    TRY(prepare(&study, parameters, n_parameters));
    TRY(draw_results(&study));
    TRY(find_value(&study, out));
out:
    free(study.truth);
    free(study.slope);
    free(study.offset);
    free(study.columns);
    free(study.drawn);
    return err;
}
