/*
 * Named quantities. They are collected first (compile_parameters_read.c) and evaluated when somebody asks, so their order does not
 * matter and circles are found.
 *
 * When the model is compiled for a draw (compiler.draw > 0), a parameter with a distribution has the value that was drawn, and
 * whatever is reckoned from it follows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile_distributions.h"
#include "spec/compile_parameters.h"

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

    if (!parameter_has_distribution(parameter) || !read_distribution(c, parameter, &of, &distribution)) return;
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
    } else if (parameter_has_distribution(parameter) && read_distribution(c, parameter, &of, &distribution)) {
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
    if (parameters->n_open == PARAMETERS_DEEPEST) {
        diag_error(c->diag, parameter->place, "define it before those that need it", "more than %d parameters refer to each other in a chain", PARAMETERS_DEEPEST);
        return false;
    }
    parameters->open[parameters->n_open++] = parameter;
    parameter->state = OPEN;
    const csv_cell_t *cell = written->over.text ? &written->probability : &written->value;
    bool is_good = cell->text && convert(c, parameter, *cell, &parameter->value) && check_bounds(c, parameter);
    if (is_good) is_good = number_of(c, parameter) && (c->draw == 0 || !parameter_is_uncertain(parameter) || draw_value(c, parameter));
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
        n_distributions += parameter_is_uncertain(parameter);
        if (is_known && c->draw == 0) report_parameter(c, parameter);
        if (!is_known || !parameter_is_uncertain(parameter)) continue;
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
    return (quantity_names_t){.find = find_name, .nearest = parameter_nearest, .context = c};
}

bool compile_has_parameter(compiler_t *c, const char *name, place_t place, diagnostics_t *diag)
{
    if (parameter_find(parameters_of(c), name)) return true;
    const char *nearest = parameter_nearest(c, name);
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
