/*
 * Values of information that need the draws of net benefit alone; evppi.c has what needs the parameters, too. Owns copies of what it is
 * made from.
 */
#include "stats/voi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "rng/keyed.h"
#include "spec/distribution.h"

enum { NOISES = 8 /* drawn for a draw, each with both signs */ };

static int32_t largest(const double *x, int32_t n)
{
    int32_t best = 0;

    for (int32_t s = 1; s < n; s++)
        if (x[s] > x[best]) best = s;
    return best;
}

/* ---- noise ---- */

/* What one draw shows with `weight` times more noise: adds the best net benefit to *top and who has it to `share`. */
static void look(const voi_t *voi, const double *seen, const double *noise, double size, double weight, double *top, double *share, double *scratch)
{
    scratch[0] = seen[0];
    for (int32_t s = 1; s < voi->n; s++) scratch[s] = seen[s] + size * noise[s - 1];
    int32_t best = largest(scratch, voi->n);
    *top += weight * scratch[best];
    share[best] += weight;
}

/* Noise of one draw, [n - 1]: the root of its covariance times normal numbers that `key` and `k` decide. */
static void draw_noise(const double *root, size_t n, uint64_t key, uint64_t k, double *z, double *noise)
{
    const uint64_t purpose = rng_mix(k + 1);

    for (size_t i = 0; i < n; i++) {
        z[i] = normal_quantile(rng_uniform(key, purpose, i));
        noise[i] = 0;
        for (size_t j = 0; j <= i; j++) noise[i] += root[i * n + j] * z[j];
    }
}

/* f(-1) = 3 f(0) - 3 f(1) + f(2), where f(l) is what is seen with l times its noise added. `root` is changed to one. */
static void take_noise_out(voi_t *voi, uint64_t d, double *root, double *scratch)
{
    const size_t n = (size_t)voi->n - 1;
    const double *seen = voi->seen + d * (uint64_t)voi->n;
    const uint64_t key = rng_person_key(rng_run_key(0, 0), d);
    double *share = voi->share + d * (uint64_t)voi->n, *noise = scratch, *z = noise + n, *row = z + n;
    bool is_noisy = false;

    voi->top[d] = voi->raw[d] = seen[largest(seen, voi->n)];
    for (size_t i = 0; i < n; i++) is_noisy = is_noisy || root[i * (n + 1)] > 0;
    if (!is_noisy || !matrix_root(root, n)) {
        share[largest(seen, voi->n)] = 1;
        return;
    }
    voi->top[d] *= 3;
    share[largest(seen, voi->n)] = 3;
    for (uint64_t k = 0; k < NOISES; k++) {
        draw_noise(root, n, key, k, z, noise);
        for (int sign = -1; sign <= 1; sign += 2) {
            look(voi, seen, noise, sign, -3.0 / (2 * NOISES), &voi->top[d], share, row);
            look(voi, seen, noise, sign * sqrt(2), 1.0 / (2 * NOISES), &voi->top[d], share, row);
        }
    }
}

/* ---- making ---- */

popgx_err_t voi_init_from(voi_t *voi, const double *seen, const double *noise, uint64_t n_draws, int32_t n)
{
    const size_t n_s = (size_t)n, k = n_s - 1;
    double *root = calloc(k * k + 1, sizeof *root), *scratch = calloc(3 * n_s, sizeof *scratch);
    popgx_err_t err = POPGX_OK;

    *voi = (voi_t){.n_draws = n_draws, .n = n, .seen = calloc(n_draws, n_s * sizeof(double)), .share = calloc(n_draws, n_s * sizeof(double)),
                   .top = calloc(n_draws, sizeof(double)), .raw = calloc(n_draws, sizeof(double)), .even = calloc(n_draws, n_s * sizeof(double)),
                   .noise = calloc(n_draws, (k * k + 1) * sizeof(double))};
    if (!root || !scratch || !voi->seen || !voi->share || !voi->top || !voi->raw || !voi->even || !voi->noise)
        TRY(FAIL(NOMEM, "no memory for net benefits of %llu draws", (unsigned long long)n_draws));
    memcpy(voi->seen, seen, n_draws * n_s * sizeof *seen);
    memcpy(voi->noise, noise, n_draws * k * k * sizeof *noise);
    for (uint64_t d = 0; d < n_draws; d++) {
        memcpy(root, noise + d * k * k, k * k * sizeof *root);
        take_noise_out(voi, d, root, scratch);
    }
    memcpy(voi->even, voi->seen, n_draws * n_s * sizeof *voi->even);
    for (uint64_t d = 0; d < n_draws; d++) voi->even[d * n_s] = voi->top[d];
out:
    free(root);
    free(scratch);
    return err;
}

/* Of the differences s and t from strategy 0, in every draw: from the variance of the difference between them. noise [n_draws][n - 1][n - 1] */
static void pair_noise(const psa_t *psa, double threshold, size_t s, size_t t, psa_figure_t *figure, double *noise)
{
    const size_t k = (size_t)psa->n_strategies - 1;

    psa_nmb(psa, (int32_t)s, (int32_t)t, threshold, figure);
    for (uint64_t d = 0; d < psa->n_draws; d++) {
        double *of_draw = noise + d * k * k;
        double both = (of_draw[(s - 1) * (k + 1)] + of_draw[(t - 1) * (k + 1)] - figure->noise[d]) / 2;
        of_draw[(s - 1) * k + t - 1] = of_draw[(t - 1) * k + s - 1] = both;
    }
}

popgx_err_t voi_init(voi_t *voi, const psa_t *psa, double threshold)
{
    const size_t n = (size_t)psa->n_strategies, k = n - 1;
    double *seen = calloc(psa->n_draws, n * sizeof *seen), *noise = calloc(psa->n_draws, (k * k + 1) * sizeof *noise);
    psa_figure_t figure = {0};
    popgx_err_t err;

    *voi = (voi_t){0};
    TRY(psa_figure_init(&figure, psa));
    if (!seen || !noise) TRY(FAIL(NOMEM, "no memory for net benefits of %llu draws", (unsigned long long)psa->n_draws));
    for (size_t s = 1; s < n; s++) {
        psa_nmb(psa, (int32_t)s, 0, threshold, &figure);
        for (uint64_t d = 0; d < psa->n_draws; d++) {
            seen[d * n + s] = figure.value[d];
            noise[d * k * k + (s - 1) * (k + 1)] = figure.noise[d];
        }
    }
    for (size_t s = 1; s < n; s++)
        for (size_t t = 1; t < s; t++) pair_noise(psa, threshold, s, t, &figure, noise);
    TRY(voi_init_from(voi, seen, noise, psa->n_draws, psa->n_strategies));
out:
    psa_figure_release(&figure);
    free(seen);
    free(noise);
    return err;
}

void voi_release(voi_t *voi)
{
    free(voi->seen);
    free(voi->share);
    free(voi->top);
    free(voi->raw);
    free(voi->even);
    free(voi->noise);
    *voi = (voi_t){0};
}

/* ---- summaries ---- */

/* Mean over draws of one column less another, and its standard error. Both [n_draws], `stride` apart; `less` NULL: nothing. */
static double mean_gain(const double *of, const double *less, size_t stride, uint64_t n_draws, double *se)
{
    double sum = 0, squares = 0;

    for (uint64_t d = 0; d < n_draws; d++) {
        double gain = of[d * stride] - (less ? less[d * stride] : 0);
        sum += gain;
        squares += gain * gain;
    }
    const double mean = sum / (double)n_draws;
    *se = n_draws > 1 ? sqrt(fmax(squares / (double)n_draws - mean * mean, 0) / (double)(n_draws - 1)) : NAN;
    return mean;
}

/* Extrapolation may leave [0, 1] by a little. */
static void settle_shares(double *share, int32_t n)
{
    double sum = 0;

    for (int32_t s = 0; s < n; s++) {
        share[s] = fmin(fmax(share[s], 0), 1);
        sum += share[s];
    }
    for (int32_t s = 0; s < n && sum > 0; s++) share[s] /= sum;
}

voi_summary_t voi_summary_of_first(const voi_t *voi, uint64_t n_draws, double *share)
{
    const size_t n = (size_t)voi->n;
    double *mean = memory_zeroed(n * 2, sizeof *mean), *count = mean + n, unused;
    voi_summary_t out;

    for (uint64_t d = 0; d < n_draws; d++)
        for (size_t s = 0; s < n; s++) {
            if (s > 0) mean[s] += voi->even[d * n + s] / (double)n_draws;
            count[s] += voi->share[d * n + s] / (double)n_draws;
        }
    settle_shares(count, voi->n);
    out.best = largest(mean, voi->n);
    out.probability = count[out.best];
    out.evpi = fmax(mean_gain(voi->even, out.best > 0 ? voi->even + out.best : NULL, n, n_draws, &out.se), 0);
    out.se = hypot(out.se, voi->of_guess);
    out.raw = mean_gain(voi->raw, NULL, 1, n_draws, &unused) - mean_gain(voi->seen + out.best, NULL, n, n_draws, &unused);
    if (share) memcpy(share, count, n * sizeof *share);
    free(mean);
    return out;
}

voi_summary_t voi_summary(const voi_t *voi, double *share) { return voi_summary_of_first(voi, voi->n_draws, share); }
