/*
 * What a minute is worth: the functions of time by which the ledger discounts. Owns nothing.
 *
 * A constant rate is one kernel over a column. A course is looked up minute by minute; its exponentials are a kernel's, too,
 * so that all processors find the same bits. What weighs time by a person's own factors, profiles.c knows.
 */
#include <math.h>

#include "kernels/arithmetic.h"
#include "ledger/ledger_state.h"

enum { PIECE = 64 };

/* The last of a course that begins at the minute or before. */
static const model_discount_t *find_piece(const model_discount_t *course, int32_t count, int32_t minute)
{
    while (count > 1) {
        const int32_t half = count / 2;
        const bool is_later = course[half].from <= minute;
        if (is_later) course += half;
        count = is_later ? count - half : half;
    }
    return course;
}

static void follow(const model_t *m, model_span_t course, size_t n, const int32_t *minute, double *value)
{
    const model_discount_t *piece[PIECE];
    double power[PIECE];

    for (size_t k = 0; k < n; k++) {
        piece[k] = find_piece(m->discounts + course.first, course.count, minute[k]);
        power[k] = -piece[k]->per_minute * (double)(minute[k] - piece[k]->from);
    }
    kernels()->arithmetic(ARITHMETIC_EXP, 0, (int32_t)n, power, NULL, NULL);
    for (size_t k = 0; k < n; k++)
        value[k] = piece[k]->base + piece[k]->slope * (double)(minute[k] - piece[k]->from) + piece[k]->factor * power[k];
}

void ledger_discount_minutes(const model_t *m, const ledger_discount_t *discount, size_t n, const int32_t *minute, double *value)
{
    if (!discount->course.count) {
        kernels()->discounts((int32_t)n, discount->per_minute, minute, value);
        return;
    }
    for (size_t at = 0; at < n; at += PIECE)
        follow(m, discount->course, n - at < PIECE ? n - at : PIECE, minute + at, value + at);
}

/* A state held up to a minute counts at the points before that minute. */
static void sum_points(const ledger_t *l, const double *restrict before, size_t n, const int32_t *minute, double *restrict factor)
{
    const int32_t cycle = l->model->settings.cycle.minutes, most = l->model->settings.cycle.count + 1;

    for (size_t k = 0; k < n; k++) {
        int32_t points = minute[k] > 0 ? (minute[k] - 1) / cycle + 1 : 0;
        factor[k] = before[points < most ? points : most];
    }
}

void ledger_discount_plain(const ledger_t *l, int32_t discount, size_t n, const int32_t *minute, double *factor)
{
    const ledger_discount_t *d = &l->plan.discounts[discount];

    if (d->before) sum_points(l, d->before, n, minute, factor);
    else if (!d->is_time) ledger_discount_minutes(l->model, d, n, minute, factor);
    else for (size_t k = 0; k < n; k++) factor[k] = (double)minute[k];
}

void ledger_discount(const ledger_t *l, int32_t discount, size_t n, const int32_t *person, const int32_t *minute, double *factor)
{
    if (!l->plan.discounts[discount].profile) {
        ledger_discount_plain(l, discount, n, minute, factor);
        return;
    }
    for (size_t k = 0; k < n; k++) factor[k] = minute[k] == 0 ? 0 : ledger_profile_gathered(l, discount, (size_t)person[k], minute[k]);
}

double ledger_discount_at(const ledger_t *l, int32_t discount, int32_t minute)
{
    double factor;
    ledger_discount(l, discount, 1, NULL, &minute, &factor);
    return factor;
}
