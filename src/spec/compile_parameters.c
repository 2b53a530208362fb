/*
 * Named quantities, from the section `parameters` and the sheets it names. They are collected first and evaluated when
 * somebody asks, so their order does not matter and circles are found. Settings may ask before compile_parameters is
 * called: collecting happens at the first question, by when the length of a year and the currency are known.
 *
 * When the model is compiled for a draw (compiler.draw > 0), a parameter with a distribution has the value that was drawn, and
 * whatever is reckoned from it follows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile.h"
#include "spec/compile_distributions.h"
#include "spec/compile_joint.h"

enum { DEEPEST = 64 };          /* parameters that refer to parameters: each level needs stack */

/* What is written for one parameter, wherever: a text of NULL is absent. */
typedef struct {
    csv_cell_t value, unit, low, high, probability, over;
    csv_cell_t distribution_text;           /* from a sheet */
    const yaml_node_t *distribution;        /* from the model */
    bool is_rate;                           /* the value must be a rate */
} written_t;

typedef struct {
    const char *name;
    place_t place;
    written_t written;
    enum { UNKNOWN, OPEN, KNOWN, WRONG } state;
    bool is_used;
    quantity_t value;
    const joint_t *joint;       /* it varies together with others, as member `place_in_joint`; or NULL */
    size_t place_in_joint;
    double number;              /* the value as it is written: in its unit, a probability if it is one; of this draw */
} parameter_t;

struct parameters {
    parameter_t *all;           /* [n] */
    size_t n;
    parameter_t *open[DEEPEST]; /* [n_open]: being evaluated, each for the one before */
    size_t n_open;
};

/* ---- collecting ---- */

static bool check_name(compiler_t *c, const char *name, place_t place)
{
    size_t n = strlen(name);
    const char *right = "names consist of letters, digits, blanks, _ . and -, and start with a letter";

    for (size_t i = 0; i < n; i++) {
        if (quantity_is_word(name[i]) || name[i] == ' ' || name[i] == '-') continue;
        diag_error(c->diag, place, right, "the parameter `%s` has a `%c` in its name", name, name[i]);
        return false;
    }
    if (n == 0 || strchr("0123456789 -_.'", name[0]) || strchr(" -", name[n - 1])) {
        diag_error(c->diag, place, right, "`%s` cannot be the name of a parameter", name);
        return false;
    }
    if (quantity_is_reserved(name, &c->units) || strcmp(name, "rest") == 0 || strcmp(name, "otherwise") == 0) {
        diag_error(c->diag, place, "choose another name", "`%s` means something else in expressions", name);
        return false;
    }
    return true;
}

static parameter_t *find_parameter(const struct parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->n; i++)
        if (strcmp(parameters->all[i].name, name) == 0) return &parameters->all[i];
    return NULL;
}

static void add_parameter(compiler_t *c, const char *name, place_t place, written_t written)
{
    struct parameters *parameters = c->parameters;

    if (!check_name(c, name, place)) return;
    const parameter_t *first = find_parameter(parameters, name);
    if (first) {
        diag_error(c->diag, place, diag_format(c->diag, "the first is at %s:%d", first->place.file, first->place.line),
                   "the parameter `%s` is given twice", name);
        return;
    }
    parameters->all[parameters->n++] = (parameter_t){.name = name, .place = place, .written = written};
}

/* The text of a scalar at `key`, or absent. */
static csv_cell_t scalar_at(compiler_t *c, const yaml_node_t *node, const char *key, bool *is_good)
{
    const yaml_node_t *value = yaml_get(node, key);

    if (!value) return (csv_cell_t){0};
    if (value->kind == YAML_SCALAR) return (csv_cell_t){.text = value->text, .place = value->place};
    diag_error(c->diag, value->place, "write a number or an expression", "`%s` is not a single value", key);
    *is_good = false;
    return (csv_cell_t){0};
}

static bool read_range(compiler_t *c, const yaml_node_t *range, written_t *written)
{
    if (!range) return true;
    if (range->kind != YAML_SEQUENCE || range->count != 2 || range->items[0]->kind != YAML_SCALAR || range->items[1]->kind != YAML_SCALAR) {
        diag_error(c->diag, range->place, "write `range: [LOW, HIGH]`", "a range is not a list of two values");
        return false;
    }
    written->low = (csv_cell_t){.text = range->items[0]->text, .place = range->items[0]->place};
    written->high = (csv_cell_t){.text = range->items[1]->text, .place = range->items[1]->place};
    return true;
}

/* Exactly one of the three ways to give a value. */
static bool check_ways(compiler_t *c, const yaml_node_t *node, const char *name)
{
    int ways = !!yaml_get(node, "value") + !!yaml_get(node, "rate") + (yaml_get(node, "probability") || yaml_get(node, "over"));

    if (ways == 1 && !yaml_get(node, "probability") == !yaml_get(node, "over")) return true;
    if (ways == 1)
        diag_error(c->diag, node->place, "write {probability: 0.25, over: 1 year}", "the parameter `%s` has no `%s`", name,
                   yaml_get(node, "over") ? "probability" : "over");
    else
        diag_error(c->diag, node->place, "give one of `value`, `rate`, or `probability` with `over`",
                   ways ? "the parameter `%s` has two values" : "the parameter `%s` has no value", name);
    return false;
}

static void read_pair(compiler_t *c, const yaml_pair_t *pair)
{
    static const char *const known[] = {"value", "unit", "range", "distribution", "probability", "over", "rate", NULL};
    const yaml_node_t *node = pair->value;
    written_t written = {0};

    if (node->kind == YAML_SCALAR) {
        written.value = (csv_cell_t){.text = node->text, .place = node->place};
        add_parameter(c, pair->key, pair->place, written);
        return;
    }
    bool is_good = compile_keys(c, node, diag_format(c->diag, "the parameter `%s`", pair->key), known);
    if (node->kind != YAML_MAPPING) return;
    if (!check_ways(c, node, pair->key) || !read_range(c, yaml_get(node, "range"), &written)) is_good = false;
    written.is_rate = yaml_get(node, "rate") != NULL;
    written.value = scalar_at(c, node, written.is_rate ? "rate" : "value", &is_good);
    written.unit = scalar_at(c, node, "unit", &is_good);
    written.probability = scalar_at(c, node, "probability", &is_good);
    written.over = scalar_at(c, node, "over", &is_good);
    scalar_at(c, node, "source", &is_good);
    scalar_at(c, node, "note", &is_good);
    written.distribution = yaml_get(node, "distribution");
    if (!is_good) written = (written_t){0};     /* known by name, so that its users are not told that it is missing */
    add_parameter(c, pair->key, pair->place, written);
}

/* The cell of a column that a sheet may lack; absent if it is empty. */
static csv_cell_t cell_at(const csv_table_t *csv, size_t row, const char *name)
{
    int column = csv_column(csv, name);

    return column >= 0 && *csv_cell(csv, row, column)->text ? *csv_cell(csv, row, column) : (csv_cell_t){0};
}

static const char *const COLUMNS[] = {"name", "value", "unit", "source", "low", "high", "distribution"};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

static bool check_columns(compiler_t *c, const csv_table_t *csv)
{
    bool is_good = true;

    for (int k = 0; k < 2; k++) {
        if (csv_column(csv, COLUMNS[k]) >= 0) continue;
        diag_error(c->diag, csv->header[0].place, "its columns are name, value and, if wanted, unit, source, low, high, distribution",
                   "the sheet has no column `%s`", COLUMNS[k]);
        is_good = false;
    }
    for (size_t i = 0; i < csv->n_columns; i++) {
        const char *nearest = diag_nearest(csv->header[i].text, COLUMNS, N_COLUMNS);
        if (nearest && csv_column(csv, nearest) < 0)
            diag_warn(c->diag, csv->header[i].place, diag_format(c->diag, "did you mean `%s`?", nearest), "the column `%s` is not used", csv->header[i].text);
    }
    return is_good;
}

static void read_sheet(compiler_t *c, const csv_table_t *csv)
{
    struct parameters *parameters = c->parameters;

    if (!check_columns(c, csv)) return;
    parameter_t *all = arena_take(c->arena, parameters->n + csv->n_rows, sizeof *all);
    if (parameters->n) memcpy(all, parameters->all, parameters->n * sizeof *all);
    parameters->all = all;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *name = csv_cell(csv, r, csv_column(csv, "name"));
        written_t written = {.value = *csv_cell(csv, r, csv_column(csv, "value")), .unit = cell_at(csv, r, "unit"),
                             .low = cell_at(csv, r, "low"), .high = cell_at(csv, r, "high"), .distribution_text = cell_at(csv, r, "distribution")};
        if (!written.low.text != !written.high.text && written.value.text) {
            diag_error(c->diag, name->place, "fill in `low` and `high`, or neither", "the parameter `%s` has half a range", name->text);
            written = (written_t){0};
        }
        if (yaml_get(yaml_get(c->scenario, "parameters"), name->text)) continue; /* what a scenario gives has taken its place */
        add_parameter(c, name->text, name->place, written);
    }
}

/* `file: inputs.csv` or `file: [a.csv, b.csv]` */
static void read_files(compiler_t *c, const yaml_node_t *file)
{
    size_t n = file->kind == YAML_SEQUENCE ? file->count : 1;

    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = file->kind == YAML_SEQUENCE ? file->items[i] : file;
        const csv_table_t *csv = compile_table_file(c, item->text, item->place);
        if (csv) read_sheet(c, csv);
    }
}

static bool has_own_distribution(const parameter_t *parameter)
{
    return parameter->written.distribution || parameter->written.distribution_text.text;
}

static const char *nearest_name(void *context, const char *name);

/* Correlations need distributions to correlate; any other joint distribution is the only one of its members. */
static void join(compiler_t *c, const joint_t *joint, size_t k)
{
    parameter_t *parameter = find_parameter(c->parameters, joint->of[k]);
    const char *nearest = parameter ? NULL : nearest_name(c, joint->of[k]);
    bool is_correlated = joint->kind == JOINT_CORRELATED;

    if (!parameter)
        diag_error(c->diag, joint->places[k], nearest ? diag_format(c->diag, "did you mean `%s`?", nearest) : "define it under `parameters`, with its value",
                   "there is no parameter `%s`", joint->of[k]);
    else if (parameter->joint)
        diag_error(c->diag, joint->places[k], "name it in one joint distribution", "`%s` is in two joint distributions", joint->of[k]);
    else if (is_correlated != has_own_distribution(parameter))
        diag_error(c->diag, joint->places[k], is_correlated ? "give the parameter a `distribution`" : "leave one of them out",
                   is_correlated ? "`%s` has no distribution to correlate" : "`%s` has a distribution of its own", joint->of[k]);
    else {
        parameter->joint = joint;
        parameter->place_in_joint = k;
    }
}

static void read_joints(compiler_t *c, const yaml_node_t *list)
{
    for (size_t i = 0; i < compile_count(list); i++) {
        const joint_t *joint = compile_joint(c, compile_item(list, i));
        for (size_t k = 0; joint && k < joint->n; k++) join(c, joint, k);
    }
}

static struct parameters *parameters_of(compiler_t *c)
{
    const yaml_node_t *section = yaml_get(c->root, "parameters");

    if (c->parameters) return c->parameters;
    c->parameters = arena_take(c->arena, 1, sizeof *c->parameters);
    if (!section) return c->parameters;
    if (section->kind != YAML_MAPPING) {
        if (section->kind != YAML_SCALAR || *section->text)
            diag_error(c->diag, section->place, "write `NAME: VALUE` pairs", "`parameters` is not a mapping");
        return c->parameters;
    }
    c->parameters->all = arena_take(c->arena, section->count, sizeof *c->parameters->all);
    for (size_t i = 0; i < section->count; i++)
        if (strcmp(section->pairs[i].key, "file") != 0 && strcmp(section->pairs[i].key, "joint") != 0) read_pair(c, &section->pairs[i]);
    if (yaml_get(section, "file")) read_files(c, yaml_get(section, "file"));
    if (yaml_get(section, "joint")) read_joints(c, yaml_get(section, "joint"));
    return c->parameters;
}

/* ---- evaluating ---- */

static bool parse_cell(compiler_t *c, csv_cell_t cell, quantity_t *out)
{
    quantity_names_t names = compile_parameter_names(c);

    return quantity_parse(cell.text, cell.place, &c->units, &names, c->diag, out);
}

/* The number in `cell` as a quantity of this parameter: with its unit, or as a probability over its period. */
static bool convert(compiler_t *c, const parameter_t *parameter, csv_cell_t cell, quantity_t *out)
{
    const written_t *written = &parameter->written;
    quantity_t unit = {.value = 1};
    double p = 0, minutes = 0;

    if (written->over.text) {
        if (!compile_text_value(c, cell.text, cell.place, VALUE_PROBABILITY, &p)
            || !compile_text_value(c, written->over.text, written->over.place, VALUE_DURATION, &minutes)) return false;
        if (p == 1) diag_error(c->diag, cell.place, "write a probability below 1", "no finite rate makes an event certain");
        *out = (quantity_t){.value = rate_of_probability(p, minutes), .time = -1};
        return p < 1;
    }
    if (!parse_cell(c, cell, out)) return false;
    if (written->unit.text) {
        if (!quantity_parse_unit(written->unit.text, written->unit.place, &c->units, c->diag, &unit)) return false;
        if (out->time != 0 || out->money != 0) {
            diag_error(c->diag, cell.place, "write the number alone, or leave `unit` out", "the value of `%s` has a unit already", parameter->name);
            return false;
        }
        *out = (quantity_t){.value = out->value * unit.value, .time = unit.time, .money = unit.money};
    }
    if (!written->is_rate || (out->time == -1 && out->money == 0)) return true;
    diag_error(c->diag, cell.place, "a rate is written like `0.1 per year`", "`%s` is %s, not a rate", cell.text, quantity_dimension(out->time, out->money));
    return false;
}

static bool check_bounds(compiler_t *c, const parameter_t *parameter)
{
    const csv_cell_t *low = &parameter->written.low, *high = &parameter->written.high;
    const quantity_t *value = &parameter->value;
    quantity_t ends[2];

    if (!low->text) return true;
    for (int i = 0; i < 2; i++) {
        csv_cell_t cell = i ? *high : *low;
        if (!convert(c, parameter, cell, &ends[i])) return false;
        if (ends[i].time == value->time && ends[i].money == value->money) continue;
        diag_error(c->diag, cell.place, "give the range in the unit of the value", "the value of `%s` is %s and its range %s", parameter->name,
                   quantity_dimension(value->time, value->money), quantity_dimension(ends[i].time, ends[i].money));
        return false;
    }
    if (ends[0].value <= value->value && value->value <= ends[1].value) return true;
    diag_error(c->diag, low->place, "the value lies between the two ends, the lower first", "the range of `%s` (%s to %s) does not contain its value",
               parameter->name, low->text, high->text);
    return false;
}

/* ---- uncertainty ---- */

static bool is_uncertain(const parameter_t *parameter) { return has_own_distribution(parameter) || parameter->joint; }

/* What follows the number of a value such as `0.25 USD per day`, or NULL if it is no number (a probability over a period has no value). */
static const char *unit_text(const csv_cell_t *value)
{
    char *end;

    if (!value->text) return NULL;
    strtod(value->text, &end);
    return end == value->text ? NULL : end + strspn(end, " ");
}

/* The unit in which the parameter's value is written; an expression has none unless it is a plain number or money. */
static distribution_of_t distribution_of(compiler_t *c, const parameter_t *parameter)
{
    const written_t *written = &parameter->written;
    distribution_of_t of = {.name = parameter->name, .unit = {.value = 1}, .has_unit = true, .low = written->low, .high = written->high};
    const char *text = written->unit.text ? written->unit.text : unit_text(&written->value);
    diagnostics_t *unsaid = diag_new();         /* what is no unit is an expression, and no mistake */
    quantity_t unit;

    if (!written->over.text && (parameter->value.time || parameter->value.money)) {
        of.unit = (quantity_t){.value = 1, .time = parameter->value.time, .money = parameter->value.money};
        of.has_unit = of.unit.time == 0;
        if (text && quantity_parse_unit(text, written->value.place, &c->units, unsaid, &unit) && unit.time == of.unit.time && unit.money == of.unit.money) {
            of.unit = unit;
            of.has_unit = true;
        }
    }
    diag_free(unsaid);
    of.value = parameter->number / of.unit.value;
    return of;
}

static bool read_distribution(compiler_t *c, const parameter_t *parameter, const distribution_of_t *of, uncertain_t *out)
{
    if (parameter->written.distribution) return compile_distribution(c, parameter->written.distribution, of, out);
    return compile_distribution_text(c, parameter->written.distribution_text, of, out);
}

/* The number of this draw, in the unit of the value. */
static bool draw_number(compiler_t *c, const parameter_t *parameter, const distribution_of_t *of, double *number)
{
    const joint_t *joint = parameter->joint;
    const size_t k = parameter->place_in_joint;
    uncertain_t distribution;

    if (joint && joint->kind == JOINT_BOOTSTRAP) return compile_in_units(c, joint_cell(joint, k, c->draws, c->draw), of, false, number);
    if (joint && joint->kind != JOINT_CORRELATED) {
        *number = joint_number(joint, k, of->value, c->draws, c->draw);
        return true;
    }
    if (!read_distribution(c, parameter, of, &distribution)) return false;
    double u = joint ? joint_uniform(joint, k, c->draws, c->draw) : draws_uniform(c->draws, c->draw, parameter->name);
    *number = uncertain_quantile(&distribution, u) / of->unit.value;
    return true;
}

/* The parameter takes the value `number`, in its unit. */
static bool take_number(compiler_t *c, parameter_t *parameter, const distribution_of_t *of, double number)
{
    double minutes;

    parameter->number = number * of->unit.value;
    if (!parameter->written.over.text) {
        parameter->value.value = parameter->number;
        return true;
    }
    if (!(number >= 0 && number < 1)) {
        diag_error(c->diag, parameter->place, "it stays between 0 and 1; of distributions, a beta does", "`%s` would be a probability of %g", parameter->name, number);
        return false;
    }
    if (!compile_text_value(c, parameter->written.over.text, parameter->written.over.place, VALUE_DURATION, &minutes)) return false;
    parameter->value.value = rate_of_probability(number, minutes);
    return true;
}

/* The parameter takes the value of this draw. */
static bool draw_value(compiler_t *c, parameter_t *parameter)
{
    const distribution_of_t of = distribution_of(c, parameter);
    double number;

    return draw_number(c, parameter, &of, &number) && take_number(c, parameter, &of, number);
}

/* The parameter takes the value that somebody wants to try. */
static bool change_value(compiler_t *c, parameter_t *parameter)
{
    const distribution_of_t of = distribution_of(c, parameter);

    for (size_t i = 0; i < c->n_changes; i++)
        if (strcmp(c->changes[i].name, parameter->name) == 0) return take_number(c, parameter, &of, c->changes[i].number);
    return true;
}

/* The base case: the distribution is good, and the value one that it can give. */
static void check_distribution(compiler_t *c, const parameter_t *parameter)
{
    const distribution_of_t of = distribution_of(c, parameter);
    uncertain_t distribution;

    if (!has_own_distribution(parameter) || !read_distribution(c, parameter, &of, &distribution)) return;
    double below = uncertain_cdf(&distribution, parameter->number);
    if (below < 1e-6 || below > 1 - 1e-6)
        diag_warn(c->diag, parameter->place, "compare its numbers, and their units, with the value", "the distribution of `%s` hardly ever gives its value, %g",
                  parameter->name, of.value);
}

/* The unit of a parameter's number, as the model writes it. */
static const char *unit_words(const parameter_t *parameter, const distribution_of_t *of)
{
    const char *text = parameter->written.unit.text ? parameter->written.unit.text : unit_text(&parameter->written.value);

    return parameter->written.over.text || !text || (of->unit.time == 0 && of->unit.money == 0) || !of->has_unit ? "" : text;
}

/* For whoever asks what is uncertain, and what was drawn. */
static void report_uncertain(compiler_t *c, const parameter_t *parameter)
{
    const distribution_of_t of = distribution_of(c, parameter);

    compile_add_uncertain(c->report, parameter->name, unit_words(parameter, &of), of.value);
}

/* One end of the range in the unit of the parameter's number. */
static double end_of_range(compiler_t *c, const parameter_t *parameter, const csv_cell_t *cell, const distribution_of_t *of)
{
    quantity_t end;
    double p;

    if (parameter->written.over.text) return compile_text_value(c, cell->text, cell->place, VALUE_PROBABILITY, &p) ? p : NAN;
    return convert(c, parameter, *cell, &end) ? end.value / of->unit.value : NAN;
}

/* For whoever wants to change it. */
static void report_parameter(compiler_t *c, const parameter_t *parameter)
{
    const distribution_of_t of = distribution_of(c, parameter);
    double low = NAN, high = NAN;
    uncertain_t distribution;

    if (parameter->written.low.text) {
        low = end_of_range(c, parameter, &parameter->written.low, &of);
        high = end_of_range(c, parameter, &parameter->written.high, &of);
    } else if (has_own_distribution(parameter) && read_distribution(c, parameter, &of, &distribution)) {
        low = uncertain_quantile(&distribution, 0.025) / of.unit.value;
        high = uncertain_quantile(&distribution, 0.975) / of.unit.value;
    }
    compile_add_parameter(c->report, parameter->name, unit_words(parameter, &of), of.value, low, high);
}

static void report_circle(compiler_t *c, const parameter_t *parameter)
{
    const struct parameters *parameters = c->parameters;
    const char *circle = parameter->name;
    size_t i = parameters->n_open;

    while (i-- > 0 && parameters->open[i] != parameter) circle = diag_format(c->diag, "%s -> %s", parameters->open[i]->name, circle);
    diag_error(c->diag, parameter->place, "give one of them a value of its own", "`%s` depends on itself (%s -> %s)", parameter->name, parameter->name, circle);
}

/* What distributions are of: the value itself, or the probability that it is written as. */
static bool number_of(compiler_t *c, parameter_t *parameter)
{
    parameter->number = parameter->value.value;
    return !parameter->written.over.text
           || compile_text_value(c, parameter->written.probability.text, parameter->written.probability.place, VALUE_PROBABILITY, &parameter->number);
}

/* Evaluates a parameter unless that has been done; false if it is wrong, which has then been reported. */
static bool resolve(compiler_t *c, parameter_t *parameter)
{
    struct parameters *parameters = c->parameters;
    const written_t *written = &parameter->written;

    if (parameter->state == KNOWN || parameter->state == WRONG) return parameter->state == KNOWN;
    if (parameter->state == OPEN) {
        report_circle(c, parameter);
        return false;
    }
    if (parameters->n_open == DEEPEST) {
        diag_error(c->diag, parameter->place, "define it before those that need it", "more than %d parameters refer to each other in a chain", DEEPEST);
        return false;
    }
    parameters->open[parameters->n_open++] = parameter;
    parameter->state = OPEN;
    const csv_cell_t *cell = written->over.text ? &written->probability : &written->value;
    bool is_good = cell->text && convert(c, parameter, *cell, &parameter->value) && check_bounds(c, parameter);
    if (is_good) is_good = number_of(c, parameter) && (c->draw == 0 || !is_uncertain(parameter) || draw_value(c, parameter));
    if (is_good && c->n_changes > 0) is_good = change_value(c, parameter);
    parameter->state = is_good ? KNOWN : WRONG;
    parameters->n_open--;
    return is_good;
}

void compile_parameters(compiler_t *c)
{
    struct parameters *parameters = parameters_of(c);
    size_t n_distributions = 0;

    for (size_t i = 0; i < parameters->n; i++) {
        const parameter_t *parameter = &parameters->all[i];
        bool is_known = resolve(c, &parameters->all[i]);
        n_distributions += is_uncertain(parameter);
        if (is_known && c->draw == 0) report_parameter(c, parameter);
        if (!is_known || !is_uncertain(parameter)) continue;
        if (c->draw == 0) check_distribution(c, parameter);
        report_uncertain(c, parameter);
    }
    fprintf(c->summary, "parameters: %zu, %zu of them with a distribution\n", parameters->n, n_distributions);
    for (size_t i = 0; i < parameters->n; i++)
        if (parameters->all[i].state == KNOWN)
            fprintf(c->summary, "  %s: %s\n", parameters->all[i].name, quantity_words(&parameters->all[i].value, &c->units, c->diag));
}

/* ---- asking ---- */

static bool use(compiler_t *c, parameter_t *parameter, quantity_t *out)
{
    parameter->is_used = true;
    if (!resolve(c, parameter)) return false;
    *out = parameter->value;
    return true;
}

static const char *nearest_name(void *context, const char *name)
{
    const struct parameters *parameters = parameters_of(context);
    const char **known = memory_resize(NULL, parameters->n, sizeof *known);

    for (size_t i = 0; i < parameters->n; i++) known[i] = parameters->all[i].name;
    const char *nearest = diag_nearest(name, known, parameters->n);
    free(known);
    return nearest;
}

/* The parameter of the longest name that the text starts with, or NULL. */
static parameter_t *longest_parameter(compiler_t *c, const char *text, size_t *length)
{
    struct parameters *parameters = parameters_of(c);
    parameter_t *longest = NULL;

    *length = 0;
    for (size_t i = 0; i < parameters->n; i++) {
        size_t n = strlen(parameters->all[i].name);
        if (n <= *length || strncmp(parameters->all[i].name, text, n) != 0 || quantity_is_word(text[n])) continue;
        longest = &parameters->all[i];
        *length = n;
    }
    return longest;
}

size_t compile_parameter_length(compiler_t *c, const char *text)
{
    size_t length;
    (void)longest_parameter(c, text, &length);
    return length;
}

static size_t find_name(void *context, const char *text, quantity_t *value, bool *is_wrong)
{
    size_t length;
    parameter_t *longest = longest_parameter(context, text, &length);

    if (longest && !use(context, longest, value)) *is_wrong = true;
    return length;
}

quantity_names_t compile_parameter_names(compiler_t *c)
{
    return (quantity_names_t){.find = find_name, .nearest = nearest_name, .context = c};
}

bool compile_parameter(compiler_t *c, const char *name, place_t place, quantity_t *out)
{
    parameter_t *parameter = find_parameter(parameters_of(c), name);

    if (parameter) return use(c, parameter, out);
    const char *nearest = nearest_name(c, name);
    diag_error(c->diag, place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest) : "define it under `parameters`",
               "there is no parameter `%s`", name);
    return false;
}

bool compile_has_parameter(compiler_t *c, const char *name, place_t place, diagnostics_t *diag)
{
    if (find_parameter(parameters_of(c), name)) return true;
    const char *nearest = nearest_name(c, name);
    diag_error(diag, place, nearest ? diag_format(diag, "did you mean `%s`?", nearest) : "only what the model has can be changed",
               "the model has no parameter `%s`", name);
    return false;
}

void compile_unused_parameters(compiler_t *c)
{
    const struct parameters *parameters = parameters_of(c);

    if (diag_errors(c->diag) > 0) return;   /* a part that was wrong may never have come to asking */
    for (size_t i = 0; i < parameters->n; i++)
        if (!parameters->all[i].is_used)
            diag_warn(c->diag, parameters->all[i].place, "remove it, or check the names where it should be used", "the parameter `%s` is not used",
                      parameters->all[i].name);
}
