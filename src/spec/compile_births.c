/*
 * Dates of birth, for hazards that change with age and with the calendar. Along one date of birth such a hazard is a function of age alone; so
 * people get a hidden attribute that tells their dates apart, and every hazard has a law for each date. If people have at most 64 dates between
 * them, every date has its own band and nothing is rounded. If there are more, bands are up to a 48th of a year wide (and at most 256), and all
 * people of a band change from one calendar year to the next when its middle does. Nothing is made unless a life table asks for it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_admixture.h"
#include "spec/compile_expressions.h"
#include "spec/compile_hazards.h"

enum { BANDS_MOST = 256, BANDS_PER_YEAR = 48 };

#define OLDEST_YEARS 150.0
#define FARTHEST 8.0    /* standard deviations: there is nobody beyond */

/* What values a number of people takes: a list, or anything between two. */
typedef struct {
    double low, high;
    const double *value;    /* [n], or NULL */
    size_t n;
    bool is_column;         /* value i is that of row i of the file of people */
} spread_t;

static void include(spread_t *spread, double low, double high)
{
    spread->low = fmin(spread->low, low);
    spread->high = fmax(spread->high, high);
}

static void include_row(spread_t *spread, const model_step_t *step, const double *row)
{
    switch (step->distribution) {
    case DISTRIBUTION_CONSTANT: include(spread, row[0], row[0]); break;
    case DISTRIBUTION_UNIFORM: include(spread, row[0], row[1]); break;
    case DISTRIBUTION_NORMAL: include(spread, fmax(row[2], row[0] - FARTHEST * row[1]), fmin(row[3], row[0] + FARTHEST * row[1])); break;
    case DISTRIBUTION_LOGNORMAL: include(spread, fmax(row[2], 0), fmin(row[3], exp(row[0] + FARTHEST * row[1]))); break;
    default: include(spread, row[0], row[DISTRIBUTION_NODES - 1]);
    }
}

static const model_step_t *step_of_number(const model_t *m, int32_t number)
{
    for (int32_t i = 0; i < m->n_steps; i++)
        if (m->steps[i].to == number && (m->steps[i].kind == STEP_NUMBER || m->steps[i].kind == STEP_CELL)) return &m->steps[i];
    INVARIANT(false, "no step draws number %d", number);
    return NULL;
}

static spread_t spread_of(compiler_t *c, int32_t number)
{
    const model_t *m = c->model;
    const model_step_t *step = step_of_number(m, number);
    spread_t spread = {.low = INFINITY, .high = -INFINITY, .is_column = step->kind == STEP_CELL};
    size_t n = spread.is_column ? people_of(c)->file->n_rows : (size_t)compile_table_rows(m, &step->table);
    size_t first = (size_t)(spread.is_column ? step->first : step->table.first), width = spread.is_column ? 1 : (size_t)step->table.width;
    double *value = arena_take(c->arena, n, sizeof *value);

    for (size_t i = 0; i < n; i++) {
        const double *row = m->reals + first + i * width;
        value[i] = row[0];
        if (spread.is_column) include(&spread, row[0], row[0]);
        else include_row(&spread, step, row);
    }
    if (spread.is_column || step->distribution == DISTRIBUTION_CONSTANT) {
        spread.value = value;
        spread.n = n;
    }
    return spread;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The dates that there can be, ascending, each once; 0 if they are not a list. */
static size_t list_dates(compiler_t *c, const spread_t *age, const spread_t *entry, double **dates)
{
    const bool is_by_row = age->is_column && entry->is_column;
    const size_t n = is_by_row ? age->n : age->n * entry->n;
    size_t n_dates = 0;

    if (!age->value || !entry->value || n > ((size_t)1 << 24)) return 0;
    *dates = arena_take(c->arena, n, sizeof **dates);
    for (size_t i = 0; i < n; i++) (*dates)[i] = entry->value[is_by_row ? i : i / age->n] - age->value[is_by_row ? i : i % age->n];
    qsort(*dates, n, sizeof **dates, ascending);
    for (size_t i = 0; i < n; i++)
        if (n_dates == 0 || (*dates)[i] > (*dates)[n_dates - 1]) (*dates)[n_dates++] = (*dates)[i];
    return n_dates;
}

/* ---- the attributes ---- */

/* A hidden slot of the bands of a number: level l is from cuts[l - 1] on. */
static int32_t add_bands(compiler_t *c, const char *name, int32_t number, const double *cuts, size_t n_levels)
{
    model_t *m = c->model;
    const char *levels[MODEL_MAX_LEVELS];

    for (size_t l = 0; l < n_levels; l++) levels[l] = diag_format(c->diag, "%zu", l + 1);
    int32_t slot = compile_add_slot(c, name, SLOT_ATTRIBUTE, levels, n_levels, c->root->place);
    if (slot == MODEL_NONE) return slot;
    m->slots[slot].is_reported = 0;
    int32_t n_cuts = (int32_t)n_levels - 1, first = builder_add_reals(m, n_cuts);
    memcpy(m->reals + first, cuts, (size_t)n_cuts * sizeof *cuts);
    people_step(c, (model_step_t){.kind = STEP_BAND, .to = slot, .from = number, .table = {.axes = {m->n_axes, 0}, .first = first, .width = n_cuts}});
    return slot;
}

static int32_t add_date_of_birth(compiler_t *c)
{
    const model_settings_t *settings = &c->model->settings;
    return people_formula(c, "date of birth, for life tables",
                      compile_combine(c, ARITHMETIC_SUBTRACT, people_number_read(c, settings->calendar), people_number_read(c, settings->age)));
}

/* Each date of the list has a band; the cuts are half-way between them. */
static bool tell_dates_apart(compiler_t *c, const double *dates, size_t n, births_t *births)
{
    double cuts[MODEL_MAX_LEVELS];

    for (size_t i = 0; i + 1 < n; i++) cuts[i] = 0.5 * (dates[i] + dates[i + 1]);
    births->n = n;
    births->born = arena_take(c->arena, n, sizeof *births->born);
    memcpy(births->born, dates, n * sizeof *dates);
    if (n == 1) return true;
    births->n_slots = 1;
    births->slots[0] = add_bands(c, "date of birth (life tables)", add_date_of_birth(c), cuts, n);
    return births->slots[0] != MODEL_NONE;
}

static size_t band_of(double date, const double *high, size_t n_high, const double *low, size_t n_low)
{
    size_t h = 0, l = 0;
    while (h + 1 < n_high && high[h + 1] <= date) h++;
    while (l + 1 < n_low && low[l + 1] <= date - high[h]) l++;
    return h * n_low + l;
}

/* Bands of equal width; the middle of one stands for its dates, or the mean of those that are listed. */
static bool make_even_bands(compiler_t *c, double first, double last, const double *dates, size_t n_dates, births_t *births)
{
    const double year = c->units.minutes_per_year, span = last - first;
    const size_t wanted = (size_t)fmin(fmax(ceil(span / year * BANDS_PER_YEAR), 2), BANDS_MOST), n_low = wanted < MODEL_MAX_LEVELS ? wanted : MODEL_MAX_LEVELS;
    const size_t n_high = (wanted + n_low - 1) / n_low, n = n_high * n_low;
    double high[BANDS_MOST], low[MODEL_MAX_LEVELS], *sum = arena_take(c->arena, n, sizeof *sum), *count = arena_take(c->arena, n, sizeof *count);
    const double width = span / (double)n;

    for (size_t h = 0; h < n_high; h++) high[h] = first + width * (double)(h * n_low);
    for (size_t l = 0; l < n_low; l++) low[l] = width * (double)l;
    for (size_t i = 0; i < n_dates; i++) {
        const size_t band = band_of(dates[i], high, n_high, low, n_low);
        sum[band] += dates[i];
        count[band]++;
    }
    births->n = n;
    births->born = sum;
    for (size_t b = 0; b < n; b++) births->born[b] = count[b] > 0 ? sum[b] / count[b] : first + width * ((double)b + 0.5);
    int32_t date = add_date_of_birth(c), slot;
    if (n_high > 1) {
        births->slots[births->n_slots++] = slot = add_bands(c, "period of birth (life tables)", date, high + 1, n_high);
        const expression_t *start = slot == MODEL_NONE ? NULL : expression_by_level(c, slot, high);
        if (!start) return false;
        date = people_formula(c, "date within the period of birth, for life tables", compile_combine(c, ARITHMETIC_SUBTRACT, people_number_read(c, date), start));
    } else {
        for (size_t l = 0; l < n_low; l++) low[l] = first + width * (double)l;
    }
    births->slots[births->n_slots++] = slot = add_bands(c, "date of birth (life tables)", date, low + 1, n_low);
    return slot != MODEL_NONE;
}

/* ---- when they are needed ---- */

static bool has_life_table(const yaml_node_t *node)
{
    if (!node || node->kind == YAML_SCALAR) return false;
    if (node->kind == YAML_MAPPING && life_table_follows_calendar(node)) return true;
    for (size_t i = 0; i < node->count; i++)
        if (has_life_table(node->kind == YAML_MAPPING ? node->pairs[i].value : node->items[i])) return true;
    return false;
}

void compile_births(compiler_t *c)
{
    const model_settings_t *settings = &c->model->settings;
    double *dates = NULL;

    if (settings->age == MODEL_NONE || settings->calendar == MODEL_NONE || !has_life_table(yaml_get(c->root, "processes"))) return;
    births_t *births = arena_take(c->arena, 1, sizeof *births);
    spread_t age = spread_of(c, settings->age), entry = spread_of(c, settings->calendar);
    age.low = fmax(age.low, 0);
    age.high = fmin(age.high, OLDEST_YEARS * c->units.minutes_per_year);
    size_t n_dates = list_dates(c, &age, &entry, &dates);
    bool is_exact = n_dates && n_dates <= MODEL_MAX_LEVELS;
    double first = entry.low - age.high, last = entry.high - age.low;
    if (!(is_exact ? tell_dates_apart(c, dates, n_dates, births) : make_even_bands(c, first, last, dates, n_dates, births))) return;
    c->births = births;
    if (is_exact) fprintf(c->summary, "  dates of birth, for life tables by calendar year: %zu\n", n_dates);
    else fprintf(c->summary, "  dates of birth, for life tables by calendar year: in bands of %.3g days\n", (last - first) / (double)births->n / 1440);
}

const births_t *compile_births_of(const compiler_t *c) { return c->births; }

size_t births_band(const births_t *births, const uint8_t *levels)
{
    size_t band = 0;
    for (size_t s = 0; s < births->n_slots; s++) band = band * MODEL_MAX_LEVELS + levels[births->slots[s]];
    return band;
}
