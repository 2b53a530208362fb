/* Numeric attributes (age, a modifier of effects) and the bands that make levels of them. */
#include <math.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_distributions.h"
#include "spec/compile_expressions.h"
#include "spec/compile_people.h"

/* The parts of a number while it is read: every quantity in it has the same dimension. */
typedef struct {
    compiler_t *c;
    const attribute_t *attribute;
    bool is_known, is_time;
    const char *unit;           /* the first unit of time that is written in it */
} reading_t;

/* One row of the step's table. */
typedef struct {
    model_distribution_t kind;
    double a, b, low, high;
    uncertain_t other;          /* QUANTILES */
    const char *words;          /* of it, as the model file writes it */
} law_t;

static const char *unit_in(const char *text)
{
    static const char *const units[] = {"year", "month", "week", "day", "hour", "minute"};
    static const char *const plural[] = {"years", "months", "weeks", "days", "hours", "minutes"};
    const char *first = NULL, *unit = NULL;

    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        const char *at = strstr(text, units[u]);
        if (at && (!first || at < first)) {
            first = at;
            unit = plural[u];
        }
    }
    return unit;
}

static bool read_quantity(reading_t *reading, const yaml_node_t *node, double *out)
{
    compiler_t *c = reading->c;
    quantity_names_t names = compile_parameter_names(c);
    quantity_t value;

    if (node->kind != YAML_SCALAR) {
        diag_error(c->diag, node->place, "for example `40 years`", "a number is missing");
        return false;
    }
    if (!quantity_parse(node->text, node->place, &c->units, &names, c->diag, &value)) return false;
    bool is_time = value.time == 1 && value.money == 0;
    if (!is_time && (value.time != 0 || value.money != 0)) {
        diag_error(c->diag, node->place, "a plain number or a time", "`%s` is %s", node->text, quantity_dimension(value.time, value.money));
        return false;
    }
    if (reading->is_known && reading->is_time != is_time) {
        diag_error(c->diag, node->place, reading->is_time ? "give it a unit of time" : "leave the unit out, or give all of them one",
                   "`%s` is %s, but the rest of `%s` is %s", node->text, is_time ? "a time" : "a plain number", reading->attribute->name,
                   reading->is_time ? "a time" : "plain numbers");
        return false;
    }
    reading->is_known = true;
    reading->is_time = is_time;
    if (is_time && !reading->unit) reading->unit = unit_in(node->text);
    *out = value.value;
    return true;
}

/* [A, B] of a distribution. */
static bool read_two(reading_t *reading, const yaml_node_t *node, const char *words, double *a, double *b)
{
    if (node->kind != YAML_SEQUENCE || node->count != 2) {
        diag_error(reading->c->diag, node->place, diag_format(reading->c->diag, "write %s", words), "this distribution takes two numbers");
        return false;
    }
    bool is_good = read_quantity(reading, node->items[0], a);
    return read_quantity(reading, node->items[1], b) && is_good;
}

/* The first unit of time that is written somewhere in the node, or NULL. */
static const char *unit_within(const yaml_node_t *node)
{
    const char *unit = node->kind == YAML_SCALAR ? unit_in(node->text) : NULL;

    for (size_t i = 0; !unit && node->kind == YAML_SEQUENCE && i < node->count; i++) unit = unit_within(node->items[i]);
    for (size_t i = 0; !unit && node->kind == YAML_MAPPING && i < node->count; i++) unit = unit_within(node->pairs[i].value);
    return unit;
}

/* Any other law, as those of parameters are written. */
static bool read_other(reading_t *reading, const yaml_node_t *node, law_t *law)
{
    const yaml_node_t *numbers = node->pairs[0].value;
    const char *unit = unit_within(node);
    distribution_of_t of = {.name = reading->attribute->name, .unit = {.value = 1, .time = unit != NULL}, .has_unit = !unit};
    diagnostics_t *diag = reading->c->diag;

    if (numbers->kind == YAML_MAPPING && !yaml_get(numbers, "mean") && !yaml_get(numbers, "estimate")) {
        diag_error(diag, numbers->place, "write {mean: 1, sd: 0.5}, for example", "the distribution has no `mean`");
        return false;
    }
    if (reading->is_known && reading->is_time != of.unit.time) {
        diag_error(diag, node->place, "give all of them the same kind of unit", "the distributions of `%s` are of different kinds", of.name);
        return false;
    }
    law->kind = DISTRIBUTION_QUANTILES;
    law->words = node->pairs[0].key;
    if (!compile_distribution(reading->c, node, &of, &law->other)) return false;
    reading->is_known = true;
    reading->is_time = of.unit.time;
    if (unit && !reading->unit) reading->unit = unit;
    return true;
}

static bool read_lognormal(reading_t *reading, const yaml_node_t *node, law_t *law)
{
    static const char *const keys[] = {"median", "sdlog", NULL};
    const yaml_node_t *median = yaml_get(node, "median"), *sdlog = yaml_get(node, "sdlog");
    compiler_t *c = reading->c;
    double value;

    if (!compile_keys(c, node, "a lognormal distribution", keys)) return false;
    if (!median || !sdlog) {
        diag_error(c->diag, node->place, "write {median: 5 years, sdlog: 0.4}", "a lognormal distribution has a `median` and a `sdlog`");
        return false;
    }
    if (!read_quantity(reading, median, &value) || !compile_value(c, sdlog, VALUE_RATIO, &law->b)) return false;
    if (!(value > 0)) {
        diag_error(c->diag, median->place, "it must be above 0", "the median is %s", median->text);
        return false;
    }
    law->a = log(value);
    law->low = 0;
    return true;
}

#define OLDEST_YEARS 150.0

/* Standard deviations from the middle beyond which there is nobody: one in 10^15. */
#define FARTHEST 8.0

/* from, to: what a normal or lognormal is cut to. Ages without `from` are cut at 0, since there are none below. */
static bool read_limits(reading_t *reading, const yaml_node_t *node, bool is_age, law_t *law)
{
    const yaml_node_t *from = yaml_get(node, "from"), *to = yaml_get(node, "to");
    diagnostics_t *diag = reading->c->diag;

    if (law->kind == DISTRIBUTION_UNIFORM) {
        if (!from && !to) return true;
        diag_error(diag, (from ? from : to)->place, "leave it out", "a uniform distribution has its limits already");
        return false;
    }
    if (is_age && !from) law->low = 0;
    if (law->kind == DISTRIBUTION_QUANTILES) {
        if (from && !read_quantity(reading, from, &law->other.low)) return false;
        if (to && !read_quantity(reading, to, &law->other.high)) return false;
        law->low = fmax(law->other.low, uncertain_quantile(&law->other, 1e-14));
        bool is_some = law->other.low < law->other.high && isfinite(law->low) && uncertain_quantile(&law->other, 0.5) <= law->other.high;
        if (!is_some) diag_error(diag, node->place, "move the limits to where people are", "nobody is left of `%s`", reading->attribute->name);
        return is_some;
    }
    if (from && !read_quantity(reading, from, &law->low)) return false;
    if (to && !read_quantity(reading, to, &law->high)) return false;
    bool is_log = law->kind == DISTRIBUTION_LOGNORMAL;
    double low = ((is_log ? log(fmax(law->low, 0)) : law->low) - law->a) / law->b;
    double high = ((is_log ? log(fmax(law->high, 0)) : law->high) - law->a) / law->b;
    if (law->low < law->high && low < FARTHEST && high > -FARTHEST) return true;
    diag_error(diag, (from ? from : to ? to : node)->place, law->low < law->high ? "move the limits to where people are" : "`from` must be below `to`",
               "nobody is left of `%s`", reading->attribute->name);
    return false;
}

static bool read_distribution(reading_t *reading, const yaml_node_t *node, bool is_age, law_t *law)
{
    static const char *const keys[] = {"distribution", "from", "to", NULL};
    const yaml_node_t *distribution = yaml_get(node, "distribution");
    diagnostics_t *diag = reading->c->diag;

    if (!compile_keys(reading->c, node, "a number", keys)) return false;
    if (!distribution || distribution->kind != YAML_MAPPING || distribution->count != 1) {
        diag_error(diag, node->place, "for example {distribution: {normal: [64.6 years, 12 years]}}", "the distribution of `%s` is missing",
                   reading->attribute->name);
        return false;
    }
    const yaml_pair_t *pair = &distribution->pairs[0];
    bool is_good;
    *law = (law_t){.low = -INFINITY, .high = INFINITY};
    if (strcmp(pair->key, "normal") == 0) {
        law->kind = DISTRIBUTION_NORMAL;
        is_good = read_two(reading, pair->value, "[mean, standard deviation]", &law->a, &law->b);
    } else if (strcmp(pair->key, "uniform") == 0) {
        law->kind = DISTRIBUTION_UNIFORM;
        is_good = read_two(reading, pair->value, "[lowest, highest]", &law->a, &law->b);
    } else if (strcmp(pair->key, "lognormal") == 0 && yaml_get(pair->value, "median")) {
        law->kind = DISTRIBUTION_LOGNORMAL;
        is_good = read_lognormal(reading, pair->value, law);
    } else {
        return read_other(reading, distribution, law) && read_limits(reading, node, is_age, law);
    }
    if (!is_good) return false;
    bool is_uniform = law->kind == DISTRIBUTION_UNIFORM;
    if (is_uniform ? !(law->a < law->b) : !(law->b > 0)) {
        diag_error(diag, pair->value->place, is_uniform ? "write [lowest, highest]" : "it must be above 0; a constant needs no distribution",
                   is_uniform ? "the limits are in the wrong order" : "the standard deviation is not above 0");
        return false;
    }
    return read_limits(reading, node, is_age, law);
}

static bool read_law(reading_t *reading, const yaml_node_t *node, bool is_age, law_t *law)
{
    if (node->kind != YAML_SCALAR) return read_distribution(reading, node, is_age, law);
    *law = (law_t){.kind = DISTRIBUTION_CONSTANT};
    return read_quantity(reading, node, &law->a);
}

/* Where the middle of people is, or the upper end if there is one. */
static double usual_of(const law_t *law)
{
    if (law->kind == DISTRIBUTION_UNIFORM) return law->b;
    if (law->kind == DISTRIBUTION_QUANTILES) return uncertain_quantile(&law->other, 0.5);
    return law->kind == DISTRIBUTION_LOGNORMAL ? exp(law->a) : law->a;
}

static double least_of(const law_t *law)
{
    return law->kind == DISTRIBUTION_CONSTANT || law->kind == DISTRIBUTION_UNIFORM ? law->a : law->low;
}

static void describe(const reading_t *reading, const law_t *law, double per_unit)
{
    FILE *out = reading->c->summary;
    const char *unit = reading->is_time ? reading->unit : "";
    double a = law->a / per_unit, b = law->b / per_unit;

    switch (law->kind) {
    case DISTRIBUTION_CONSTANT: fprintf(out, " %g %s", a, unit); break;
    case DISTRIBUTION_UNIFORM: fprintf(out, " uniform from %g to %g %s", a, b, unit); break;
    case DISTRIBUTION_NORMAL: fprintf(out, " normal, mean %g, standard deviation %g %s", a, b, unit); break;
    case DISTRIBUTION_QUANTILES:
        fprintf(out, " %s, median %g %s", law->words, uncertain_quantile(&law->other, 0.5) / per_unit, unit);
        break;
    case DISTRIBUTION_LOGNORMAL: fprintf(out, " lognormal, median %g %s, sdlog %g", exp(law->a) / per_unit, unit, law->b); break;
    }
    if (law->kind != DISTRIBUTION_NORMAL && law->kind != DISTRIBUTION_LOGNORMAL) return;
    if (law->low > -INFINITY) fprintf(out, ", from %g", law->low / per_unit);
    if (law->high < INFINITY) fprintf(out, ", to %g", law->high / per_unit);
}

/* A law that the engine has arithmetic of, as one of those that it knows by their quantiles. */
static uncertain_t as_quantiles(const law_t *law)
{
    static const uncertain_kind_t kinds[] = {[DISTRIBUTION_UNIFORM] = UNCERTAIN_UNIFORM, [DISTRIBUTION_NORMAL] = UNCERTAIN_NORMAL,
                                             [DISTRIBUTION_LOGNORMAL] = UNCERTAIN_LOGNORMAL};

    if (law->kind == DISTRIBUTION_QUANTILES) return law->other;
    bool is_uniform = law->kind == DISTRIBUTION_UNIFORM;
    return (uncertain_t){.kind = kinds[law->kind], .a = law->a, .b = law->b, .scale = 1, .low = is_uniform ? -INFINITY : law->low,
                         .high = is_uniform ? INFINITY : law->high};
}

/* The number, its table and its step. */
static bool add_number(reading_t *reading, attribute_t *attribute, const by_t *by, const law_t *laws)
{
    compiler_t *c = reading->c;
    model_t *m = c->model;
    model_table_t table;
    quantity_t unit = {.value = 1};

    if (reading->is_time && !reading->unit) reading->unit = "years";
    if (reading->is_time && !quantity_parse_unit(reading->unit, attribute->place, &c->units, c->diag, &unit)) return false;
    int32_t normal, kind = (int32_t)laws[0].kind;
    if (!people_normal_of(c, attribute, &normal)) return false;
    if (normal != MODEL_NONE && kind == DISTRIBUTION_CONSTANT) {
        diag_error(c->diag, attribute->place, "give it a distribution, or take it out of `correlated`", "`%s` is constant and correlated", attribute->name);
        return false;
    }
    if (normal != MODEL_NONE) kind = DISTRIBUTION_QUANTILES;
    const bool is_by_quantiles = kind == DISTRIBUTION_QUANTILES;
    if (!compile_make_table(c, &by->slot, by->slot != MODEL_NONE, is_by_quantiles ? DISTRIBUTION_NODES : 4, &table)) return false;
    for (size_t r = 0; is_by_quantiles && r < by->n_rows; r++) {
        const uncertain_t as = as_quantiles(&laws[r]);
        compile_quantile_row(c, &as, m->reals + table.first + DISTRIBUTION_NODES * r);
    }
    for (size_t r = 0; !is_by_quantiles && r < by->n_rows; r++) {
        const double row[4] = {laws[r].a, laws[r].b, laws[r].low, laws[r].high};
        memcpy(m->reals + table.first + 4 * r, row, sizeof row);
    }
    model_number_t number = {.name = builder_text(m, attribute->name), .unit = builder_text(m, reading->is_time ? reading->unit : ""),
                             .per_unit = unit.value};
    attribute->number = builder_add_numbers(m, 1);
    m->numbers[attribute->number] = number;
    const uint64_t purpose = normal == MODEL_NONE ? rng_purpose(diag_format(c->diag, "attribute %s", attribute->name)) : 0;
    people_step(c, (model_step_t){.purpose = purpose, .kind = STEP_NUMBER,
                                  .to = attribute->number, .from = normal, .distribution = kind, .table = table});
    fprintf(c->summary, "  %s:", attribute->name);
    for (size_t r = 0; r < by->n_rows; r++) {
        if (by->slot != MODEL_NONE) fprintf(c->summary, "%s %s:", r ? ";" : "", model_level_name(m, by->slot, (int32_t)r));
        describe(reading, &laws[r], unit.value);
    }
    fputc('\n', c->summary);
    return true;
}

/* A scalar that depends on other attributes. */
static bool add_formula(compiler_t *c, attribute_t *attribute, const quantity_t *value)
{
    const yaml_node_t *node = attribute->node;
    const char *unit = value->time ? unit_in(node->text) : "";
    quantity_t of_unit = {.value = 1};

    if (value->money != 0 || value->time < 0 || value->time > 1) {
        diag_error(c->diag, node->place, "a plain number or a time", "`%s` is %s", node->text, quantity_dimension(value->time, value->money));
        return false;
    }
    if (!compile_may_read(c, value->code, 0, node->text, node->place)) return false;
    if (!unit) unit = "years";
    if (value->time && !quantity_parse_unit(unit, attribute->place, &c->units, c->diag, &of_unit)) return false;
    model_formula_t formula = compile_formula(c, value->code, node->text, node->place);
    model_name_t name = builder_text(c->model, attribute->name), its_unit = builder_text(c->model, unit);
    attribute->number = builder_add_numbers(c->model, 1);
    c->model->numbers[attribute->number] = (model_number_t){.name = name, .unit = its_unit, .per_unit = of_unit.value};
    attribute->is_time = value->time == 1;
    attribute->least = -INFINITY;
    people_step(c, (model_step_t){.kind = STEP_FORMULA, .to = attribute->number, .formula = formula});
    fprintf(c->summary, "  %s: %s\n", attribute->name, node->text);
    return formula != 0;
}

bool compile_number(compiler_t *c, attribute_t *attribute)
{
    const bool is_age = strcmp(attribute->name, "age") == 0;
    const bool is_date = strcmp(attribute->name, "entry date") == 0;
    quantity_t value = {.code = NULL};
    reading_t reading = {.c = c, .attribute = attribute};
    law_t laws[MODEL_MAX_LEVELS];
    by_t by;
    double oldest = 0;

    if (model_find_slot(c->model, attribute->name) != MODEL_NONE) {
        diag_error(c->diag, attribute->place, "give one of them another name", "`%s` is the name of something else", attribute->name);
        return false;
    }
    if (attribute->node->kind == YAML_SCALAR && !is_date) {
        if (!compile_expression(c, attribute->node->text, attribute->node->place, &value)) return false;
        if (value.code && !is_age) return add_formula(c, attribute, &value);
    }
    if (!people_by(c, attribute->node, &by)) return false;
    attribute->least = INFINITY;
    for (size_t r = 0; r < by.n_rows; r++) {
        if (!read_law(&reading, by.nodes[r], is_age, &laws[r])) return false;
        if (laws[r].kind != laws[0].kind) {
            diag_error(c->diag, by.nodes[r]->place, "use one kind with different numbers", "the rows of `%s` have different distributions",
                       attribute->name);
            return false;
        }
        attribute->least = fmin(attribute->least, least_of(&laws[r]));
        oldest = fmax(oldest, usual_of(&laws[r]));
    }
    attribute->is_time = reading.is_time;
    if (is_age && (!reading.is_time || !(attribute->least >= 0))) {
        diag_error(c->diag, attribute->place, "for example `age: 40 years`, or a distribution with `from: 18 years`",
                   reading.is_time ? "an age can be below 0" : "an age has no unit of time");
        return false;
    }
    if (is_date && (!reading.is_time || !(attribute->least >= 0))) {
        diag_error(c->diag, attribute->place, "for example `entry date: 2025.5 years`, in years of the calendar",
                   reading.is_time ? "an entry date can be below 0" : "an entry date has no unit of time");
        return false;
    }
    if (is_age && oldest > OLDEST_YEARS * fmax(c->units.minutes_per_year, 525960)) {
        diag_error(c->diag, attribute->place, "for example `age: 40 years`", "nobody is %.4g years old", oldest / c->units.minutes_per_year);
        return false;
    }
    if (!add_number(&reading, attribute, &by, laws)) return false;
    if (is_age) c->model->settings.age = attribute->number;
    if (is_date) c->model->settings.calendar = attribute->number;
    return true;
}

/* ---- bands ---- */

/* from [n] -> limits, ascending; the first is where the lowest band begins. */
static bool read_band_limits(compiler_t *c, const attribute_t *number, const yaml_node_t *from, double *limits)
{
    reading_t reading = {.c = c, .attribute = number, .is_known = true, .is_time = number->is_time};

    for (size_t i = 0; i < from->count; i++) {
        if (!read_quantity(&reading, from->items[i], &limits[i])) return false;
        if (i == 0 || limits[i] > limits[i - 1]) continue;
        diag_error(c->diag, from->items[i]->place, "put them in ascending order", "a band does not begin above the one before it");
        return false;
    }
    if (number->least >= limits[0] || number->least <= (double)-INFINITY) return true; /* whose least is not known: the first band takes them */
    diag_error(c->diag, from->items[0]->place, "begin the first band lower, or limit the distribution with `from`",
               "some of `%s` are below the first band", number->name);
    return false;
}

bool compile_band(compiler_t *c, attribute_t *attribute)
{
    static const char *const keys[] = {"of", "from", "names", NULL};
    const yaml_node_t *node = attribute->node, *of = yaml_get(node, "of"), *from = yaml_get(node, "from"), *names = yaml_get(node, "names");
    double limits[MODEL_MAX_LEVELS];
    const char *levels[MODEL_MAX_LEVELS];

    if (!compile_keys(c, node, "bands", keys)) return false;
    if (of->kind != YAML_SCALAR || !from || from->kind != YAML_SEQUENCE || !names || names->kind != YAML_SEQUENCE
        || from->count != names->count || from->count < 2 || from->count > MODEL_MAX_LEVELS) {
        diag_error(c->diag, node->place, "write {of: age, from: [0 years, 65 years], names: [young, old]}",
                   "bands need `of`, and two or more `names` with as many lower limits in `from`");
        return false;
    }
    const attribute_t *number = people_attribute(c, of->text, of->place);
    if (!number) return false;
    if (number->number == MODEL_NONE) {
        diag_error(c->diag, of->place, "bands are made of a number", "`%s` is not a number", number->name);
        return false;
    }
    if (!read_band_limits(c, number, from, limits)) return false;
    for (size_t i = 0; i < names->count; i++) levels[i] = names->items[i]->kind == YAML_SCALAR ? names->items[i]->text : "";
    attribute->slot = compile_add_slot(c, attribute->name, SLOT_ATTRIBUTE, levels, names->count, attribute->place);
    if (attribute->slot == MODEL_NONE) return false;

    int32_t n_cuts = (int32_t)names->count - 1, first = builder_add_reals(c->model, n_cuts);
    for (int32_t k = 0; k < n_cuts; k++) c->model->reals[first + k] = limits[k + 1];
    people_step(c, (model_step_t){.kind = STEP_BAND, .to = attribute->slot, .from = number->number,
                                  .table = {.axes = {c->model->n_axes, 0}, .first = first, .width = n_cuts}});
    fprintf(c->summary, "  %s: bands of %s: %s\n", attribute->name, number->name, people_join(c, levels, names->count));
    return true;
}
