/*
 * From the text of a value to the number in the unit that the engine counts in: minutes, per minute, currency.
 * Strict about units, since a rate without one is the commonest mistake that no test finds. Owns nothing.
 */
#include <math.h>
#include <string.h>

#include "spec/compile.h"

/* What each kind of value must be, and how to say so. A unit of NULL depends on the currency: see usual_unit. */
static const struct {
    const char *noun;
    int time, money;
    double low;
    const char *unit;
    const char *example;
} KINDS[] = {
    [VALUE_NUMBER] = {"a number", 0, 0, -INFINITY, "", "1.5"},
    [VALUE_PROBABILITY] = {"a probability", 0, 0, 0, "", "0.32"},
    [VALUE_DURATION] = {"a duration", 1, 0, 0, "years", "40 years"},
    [VALUE_RATE] = {"a rate", -1, 0, 0, "per year", "0.1 per year"},
    [VALUE_MONEY] = {"an amount of money", 0, 1, -INFINITY, NULL, "10"},
    [VALUE_MONEY_RATE] = {"money per time", -1, 1, -INFINITY, NULL, "10"},
    [VALUE_RATIO] = {"a ratio", 0, 0, 0, "", "0.8"},
    [VALUE_THRESHOLD] = {"a threshold", 0, 0, 0, "", "100000"},
};

double rate_of_probability(double p, double minutes) { return -log1p(-p) / minutes; }

/* The unit that a value of this kind carries, as a model writes it. */
static const char *usual_unit(compiler_t *c, value_kind_t kind)
{
    const char *currency = c->units.currency ? c->units.currency : "USD";

    if (kind == VALUE_MONEY) return currency;
    return kind == VALUE_MONEY_RATE ? diag_format(c->diag, "%s per day", currency) : KINDS[kind].unit;
}

static bool is_number(const char *text) { return strspn(text, "0123456789.eE+-") == strlen(text); }

/* "a rate is written like `0.1 per year`" */
static const char *by_example(compiler_t *c, value_kind_t kind)
{
    if (KINDS[kind].unit) return diag_format(c->diag, "%s is written like `%s`", KINDS[kind].noun, KINDS[kind].example);
    return diag_format(c->diag, "%s is written like `%s %s`", KINDS[kind].noun, KINDS[kind].example, usual_unit(c, kind));
}

/* What to write instead of `text`, whose dimension is wrong. */
static const char *right_unit(compiler_t *c, const char *text, value_kind_t kind, const quantity_t *value)
{
    const char *unit = usual_unit(c, kind);
    bool is_plain = value->time == 0 && value->money == 0;

    if (is_plain && kind == VALUE_RATE && strchr(text, '%')) return diag_format(c->diag, "write {probability: %s, over: 1 year}, for example", text);
    if (!is_plain || !*unit || !is_number(text)) return by_example(c, kind);
    if (kind == VALUE_RATE)
        return diag_format(c->diag, "write `%s %s`, or {probability: %s, over: 1 year} if it is a probability", text, unit, text);
    return diag_format(c->diag, "write `%s %s`", text, unit);
}

static bool check_dimension(compiler_t *c, const char *text, place_t place, value_kind_t kind, const quantity_t *value)
{
    if (value->time == KINDS[kind].time && value->money == KINDS[kind].money) return true;
    diag_error(c->diag, place, right_unit(c, text, kind, value), "`%.100s` is %s, not %s", text,
               quantity_dimension(value->time, value->money), KINDS[kind].noun);
    return false;
}

static bool check_range(compiler_t *c, const char *text, place_t place, value_kind_t kind, double value, bool may_be_0)
{
    if (kind == VALUE_PROBABILITY && !(value >= 0 && value <= 1)) {
        diag_error(c->diag, place, "write a probability such as `0.32` or `32 %`", "`%.100s` is not between 0 and 1", text);
        return false;
    }
    if (value < KINDS[kind].low) {
        diag_error(c->diag, place, diag_format(c->diag, "%s is at least 0", KINDS[kind].noun), "`%.100s` is negative", text);
        return false;
    }
    if (kind == VALUE_DURATION && value == 0 && !may_be_0) {
        diag_error(c->diag, place, "a duration here is longer than 0, such as `40 years`", "`%.100s` is no time at all", text);
        return false;
    }
    return true;
}

bool compile_text_code(compiler_t *c, const char *text, place_t place, value_kind_t kind, unsigned may, double *out, const expression_t **code)
{
    quantity_t value;

    *code = NULL;
    if (!compile_expression(c, text, place, &value)) return false;
    if (!check_dimension(c, text, place, kind, &value)) return false;
    *code = value.code;
    *out = value.code ? 0 : value.value;
    return value.code ? compile_may_read(c, value.code, may, text, place) : check_range(c, text, place, kind, value.value, false);
}

bool compile_value_code(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, double *out, const expression_t **code)
{
    *code = NULL;
    if (node->kind == YAML_SCALAR) return compile_text_code(c, node->text, node->place, kind, may, out, code);
    return compile_value(c, node, kind, out);
}

static bool text_value(compiler_t *c, const char *text, place_t place, value_kind_t kind, bool may_be_0, double *out)
{
    quantity_names_t names = compile_parameter_names(c);
    quantity_t value;

    if (!quantity_parse(text, place, &c->units, &names, c->diag, &value)) return false;
    if (!check_dimension(c, text, place, kind, &value) || !check_range(c, text, place, kind, value.value, may_be_0)) return false;
    *out = value.value;
    return true;
}

bool compile_text_value(compiler_t *c, const char *text, place_t place, value_kind_t kind, double *out)
{
    return text_value(c, text, place, kind, false, out);
}

bool compile_probability_over(compiler_t *c, const yaml_node_t *node, double *out)
{
    const yaml_node_t *probability = yaml_get(node, "probability"), *over = yaml_get(node, "over");
    double p = 0, minutes = 0;

    if (!probability || !over) {
        diag_error(c->diag, node->place, "write {probability: 0.25, over: 1 year}", "a probability over a period has no `%s`",
                   probability ? "over" : "probability");
        return false;
    }
    bool is_good = compile_value(c, probability, VALUE_PROBABILITY, &p);
    if (!compile_value(c, over, VALUE_DURATION, &minutes) || !is_good) return false;
    if (p == 1) {
        diag_error(c->diag, probability->place, "write a probability below 1, or an event with a `delay`", "no finite rate makes an event certain");
        return false;
    }
    *out = rate_of_probability(p, minutes);
    return true;
}

static bool scalar_value(compiler_t *c, const yaml_node_t *node, value_kind_t kind, bool may_be_0, double *out)
{
    if (node->kind == YAML_SCALAR) return text_value(c, node->text, node->place, kind, may_be_0, out);
    if (node->kind == YAML_MAPPING && kind == VALUE_RATE) {
        static const char *const known[] = {"probability", "over", NULL};
        return compile_keys(c, node, "a rate", known) && compile_probability_over(c, node, out);
    }
    diag_error(c->diag, node->place, by_example(c, kind), "%s stands here instead of %s", node->kind == YAML_MAPPING ? "a mapping" : "a list", KINDS[kind].noun);
    return false;
}

bool compile_value(compiler_t *c, const yaml_node_t *node, value_kind_t kind, double *out)
{
    return scalar_value(c, node, kind, false, out);
}

static bool round_minutes(compiler_t *c, const yaml_node_t *node, double minutes, int32_t least, int32_t *out)
{
    if (minutes >= (double)MODEL_NEVER - 0.5) {
        diag_error(c->diag, node->place, "times on record end at 4083 years", "`%.100s` is too long", node->text);
        return false;
    }
    int32_t rounded = (int32_t)(minutes + 0.5);
    if (rounded < least) {
        diag_error(c->diag, node->place, "times on record are whole minutes", "`%.100s` is less than half a minute", node->text);
        return false;
    }
    *out = rounded;
    return true;
}

bool compile_minutes(compiler_t *c, const yaml_node_t *node, int32_t least, int32_t *out)
{
    double minutes = 0;
    return scalar_value(c, node, VALUE_DURATION, least == 0, &minutes) && round_minutes(c, node, minutes, least, out);
}

bool compile_minutes_code(compiler_t *c, const yaml_node_t *node, int32_t least, unsigned may, int32_t *out, const expression_t **code)
{
    double minutes = 0;

    *out = least;
    if (!compile_value_code(c, node, VALUE_DURATION, may, &minutes, code)) return false;
    return *code || round_minutes(c, node, minutes, least, out);
}
