/*
 * Reads distributions: a known kind and its numbers, by position or by name, in the model or in a sheet's cell. Whatever the
 * form, the arguments are first laid out as a list of texts with their names, and then understood in one place. Owns nothing.
 */
#include "spec/compile_distributions.h"

#include <math.h>
#include <string.h>

enum { MOST_ARGUMENTS = 8 };

/* Numbers by position: `L` is in the unit of the value, `S` a plain number. */
static const struct {
    const char *name, *numbers;
    bool has_moments;           /* may be given by mean and sd, or by an estimate and its interval */
    const char *example;
} KINDS[] = {
    [UNCERTAIN_NORMAL] = {"normal", "LL", true, "[0.8, 0.1]"},
    [UNCERTAIN_LOGNORMAL] = {"lognormal", "SS", true, "[-0.2, 0.1]"},
    [UNCERTAIN_GAMMA] = {"gamma", "SL", true, "[4, 0.5]"},
    [UNCERTAIN_BETA] = {"beta", "SS", true, "[20, 80]"},
    [UNCERTAIN_UNIFORM] = {"uniform", "LL", true, "[0.6, 1]"},
    [UNCERTAIN_TRIANGULAR] = {"triangular", "LLL", false, "[0.6, 0.8, 1]"},
    [UNCERTAIN_PERT] = {"PERT", "LLL", false, "[0.6, 0.8, 1]"},
};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

typedef struct {
    const char *name;           /* NULL: by position */
    csv_cell_t cell;
} argument_t;

typedef struct {
    place_t place;              /* of the numbers, or of the kind if there are none */
    argument_t all[MOST_ARGUMENTS];
    size_t n;
} arguments_t;

static const char *const NAMES[] = {"mean", "sd", "se", "estimate", "low", "high", "at least", "at most"};
enum { MEAN, SD, SE, ESTIMATE, LOW, HIGH, AT_LEAST, AT_MOST, N_NAMES };

/* Index of the kind, or -1 after reporting. */
static int find_kind(compiler_t *c, const char *name, place_t place)
{
    const char *names[N_KINDS];

    for (int k = 0; k < N_KINDS; k++) {
        names[k] = KINDS[k].name;
        if (strcmp(name, names[k]) == 0) return k;
    }
    if (strcmp(name, "dirichlet") == 0) {
        diag_error(c->diag, place, "under `parameters`, write `joint: [{of: [mild, severe], dirichlet: [20, 30]}]`",
                   "a dirichlet distribution is of several parameters together");
        return -1;
    }
    const char *nearest = diag_nearest(name, names, N_KINDS);
    diag_error(c->diag, place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest)
                                       : "there are normal, lognormal, gamma, beta, uniform, triangular and PERT",
               "`%s` is not a known distribution", name);
    return -1;
}

/* ---- laying out ---- */

static void add(arguments_t *arguments, const char *name, const char *text, place_t place)
{
    if (arguments->n < MOST_ARGUMENTS) arguments->all[arguments->n] = (argument_t){name, {.text = text, .place = place}};
    arguments->n++;
}

/* A scalar's text, or absent after reporting. */
static bool add_node(compiler_t *c, arguments_t *arguments, const char *name, const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR) {
        add(arguments, name, node->text, node->place);
        return true;
    }
    diag_error(c->diag, node->place, "write a number or an expression", "this is not a single number");
    return false;
}

static bool add_pair(compiler_t *c, arguments_t *arguments, const yaml_pair_t *pair)
{
    const yaml_node_t *value = pair->value;

    if (compile_is_remark(pair->key)) return true;
    if (strcmp(pair->key, "interval") != 0) return add_node(c, arguments, pair->key, value);
    if (value->kind != YAML_SEQUENCE || value->count != 2) {
        diag_error(c->diag, value->place, "write `interval: [LOW, HIGH]`: 95 % of the distribution lies between them", "an interval is not a list of two values");
        return false;
    }
    return add_node(c, arguments, "low", value->items[0]) && add_node(c, arguments, "high", value->items[1]);
}

static bool lay_out(compiler_t *c, int kind, const yaml_node_t *numbers, arguments_t *arguments)
{
    bool is_good = true;

    *arguments = (arguments_t){.place = numbers->place};
    if (numbers->kind == YAML_SEQUENCE)
        for (size_t i = 0; i < numbers->count; i++) is_good = add_node(c, arguments, NULL, numbers->items[i]) && is_good;
    if (numbers->kind == YAML_MAPPING && KINDS[kind].has_moments)
        for (size_t i = 0; i < numbers->count; i++) is_good = add_pair(c, arguments, &numbers->pairs[i]) && is_good;
    if (numbers->kind == YAML_SEQUENCE || (numbers->kind == YAML_MAPPING && KINDS[kind].has_moments)) return is_good;
    diag_error(c->diag, numbers->place, diag_format(c->diag, "write it like %s: %s", KINDS[kind].name, KINDS[kind].example),
               "the numbers of a %s distribution are missing", KINDS[kind].name);
    return false;
}

/* The end of the argument that starts at `text`: the next comma that is in no parentheses of its own, or the end. */
static const char *argument_end(const char *text, const char *end)
{
    int depth = 0;

    for (; text < end && !(depth == 0 && *text == ','); text++) depth += (*text == '(') - (*text == ')');
    return text;
}

/* `20, 80` or `mean = 5, sd = 1`, from `at` to `end`. */
static void lay_out_text(compiler_t *c, const char *at, const char *end, place_t place, arguments_t *arguments)
{
    *arguments = (arguments_t){.place = place};
    for (const char *start = at, *stop; at <= end; at = stop + 1) {
        place_t here = place;
        const char *name = NULL, *equals;

        here.column += (int)(at - start);
        stop = argument_end(at, end);
        equals = memchr(at, '=', (size_t)(stop - at));
        if (equals) {
            const char *first = at + strspn(at, " "), *last = equals;
            while (last > first && last[-1] == ' ') last--;
            name = diag_format(c->diag, "%.*s", (int)(last - first), first);
            at = equals + 1;
        }
        add(arguments, name, diag_format(c->diag, "%.*s", (int)(stop - at), at), here);
    }
}

/* ---- understanding ---- */

bool compile_in_units(compiler_t *c, csv_cell_t cell, const distribution_of_t *of, bool is_shape, double *out)
{
    quantity_names_t names = compile_parameter_names(c);
    quantity_t value;

    if (!quantity_parse(cell.text, cell.place, &c->units, &names, c->diag, &value)) return false;
    bool is_plain = value.time == 0 && value.money == 0;
    if (is_plain && (is_shape || of->has_unit)) {
        *out = value.value;
        return true;
    }
    if (!is_shape && value.time == of->unit.time && value.money == of->unit.money) {
        *out = value.value / of->unit.value;
        return true;
    }
    if (is_shape) diag_error(c->diag, cell.place, "write a number without a unit", "`%s` is %s, where the distribution has a plain number", cell.text,
                             quantity_dimension(value.time, value.money));
    else if (is_plain) diag_error(c->diag, cell.place, "write the numbers with their unit, or give the parameter a `unit`",
                                  "`%s` has no unit, and `%s` is %s", cell.text, of->name, quantity_dimension(of->unit.time, of->unit.money));
    else diag_error(c->diag, cell.place, "give its distribution in the unit of the value", "`%s` is %s, and `%s` is %s", cell.text,
                    quantity_dimension(value.time, value.money), of->name, quantity_dimension(of->unit.time, of->unit.money));
    return false;
}

static bool read_positions(compiler_t *c, int kind, const distribution_of_t *of, const arguments_t *arguments, uncertain_t *out)
{
    const char *numbers = KINDS[kind].numbers;
    double *const to[] = {&out->a, &out->b, &out->c};
    bool is_good = true;

    if (arguments->n != strlen(numbers)) {
        diag_error(c->diag, arguments->place, diag_format(c->diag, "write it like %s: %s", KINDS[kind].name, KINDS[kind].example),
                   "%zu numbers for a %s distribution", arguments->n, KINDS[kind].name);
        return false;
    }
    if (!of->has_unit && !strchr(numbers, 'L')) {
        diag_error(c->diag, arguments->place, "give the parameter a `unit`, or write its value as one number with its unit",
                   "nobody can tell the unit of a %s distribution of `%s`", KINDS[kind].name, of->name);
        return false;
    }
    for (size_t i = 0; i < arguments->n; i++)
        is_good = compile_in_units(c, arguments->all[i].cell, of, numbers[i] == 'S', to[i]) && is_good;
    return is_good;
}

/* The named arguments as numbers. */
static bool read_names(compiler_t *c, int kind, const distribution_of_t *of, const arguments_t *arguments, double value[N_NAMES], bool is_given[N_NAMES])
{
    bool is_good = true;

    for (size_t i = 0; i < arguments->n && i < MOST_ARGUMENTS; i++) {
        const argument_t *argument = &arguments->all[i];
        int name = 0;

        while (name < N_NAMES && (!argument->name || strcmp(NAMES[name], argument->name) != 0)) name++;
        if (name == N_NAMES) {
            const char *nearest = argument->name ? diag_nearest(argument->name, NAMES, N_NAMES) : NULL;
            diag_error(c->diag, argument->cell.place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest)
                       : "there are mean, sd, se, estimate with low and high, at least and at most",
                       argument->name ? "a %s distribution has no `%s`" : "a %s distribution has numbers with and without names", KINDS[kind].name, argument->name);
            is_good = false;
            continue;
        }
        is_given[name] = true;
        is_good = compile_in_units(c, argument->cell, of, false, &value[name]) && is_good;
    }
    return is_good;
}

/* By mean and standard deviation, or by an estimate and its 95 % interval; the parameter's own value stands in for either centre. */
static bool read_named(compiler_t *c, int kind, const distribution_of_t *of, const arguments_t *arguments, uncertain_t *out)
{
    double value[N_NAMES] = {0};
    bool is_given[N_NAMES] = {0};

    if (!read_names(c, kind, of, arguments, value, is_given)) return false;
    bool by_interval = is_given[LOW] && is_given[HIGH], by_moments = is_given[SD] != is_given[SE];
    if (by_interval == by_moments || (is_given[MEAN] && is_given[ESTIMATE])) {
        if (by_interval || is_given[SD]) diag_error(c->diag, arguments->place, "write {mean: 0.8, sd: 0.1} or {estimate: 0.8, interval: [0.6, 1]}", "a %s distribution is given twice", KINDS[kind].name);
        else diag_error(c->diag, arguments->place, "write {mean: 0.8, sd: 0.1}", "a %s distribution has no `sd`", KINDS[kind].name);
        return false;
    }
    double centre = is_given[MEAN] ? value[MEAN] : is_given[ESTIMATE] ? value[ESTIMATE] : of->value;
    uncertain_t found;
    bool is_good = by_interval ? uncertain_of_interval((uncertain_kind_t)kind, centre, value[LOW], value[HIGH], &found)
                               : uncertain_of_moments((uncertain_kind_t)kind, centre, is_given[SD] ? value[SD] : value[SE], &found);
    if (!is_good) {
        diag_error(c->diag, arguments->place, "see its mean, and how large its standard deviation can be",
                   by_interval ? "no %s distribution has an estimate of %g in an interval from %g to %g" : "no %s distribution has a mean of %g and a standard deviation of %g",
                   KINDS[kind].name, centre, by_interval ? value[LOW] : is_given[SD] ? value[SD] : value[SE], value[HIGH]);
        return false;
    }
    *out = found;
    if (is_given[AT_LEAST]) out->low = value[AT_LEAST];
    if (is_given[AT_MOST]) out->high = value[AT_MOST];
    return true;
}

/* The distribution's numbers are in units so far; its values are not. */
static bool finish(compiler_t *c, int kind, const distribution_of_t *of, place_t place, uncertain_t *out)
{
    const char *why;

    if (!uncertain_check(out, &why)) {
        diag_error(c->diag, place, why, "there is no such %s distribution", KINDS[kind].name);
        return false;
    }
    out->scale = of->unit.value;
    out->low *= of->unit.value;
    out->high *= of->unit.value;
    return true;
}

static bool understand(compiler_t *c, int kind, const distribution_of_t *of, const arguments_t *arguments, uncertain_t *out)
{
    bool is_named = false;

    *out = (uncertain_t){.kind = (uncertain_kind_t)kind, .scale = 1, .low = -INFINITY, .high = INFINITY};
    for (size_t i = 0; i < arguments->n && i < MOST_ARGUMENTS; i++) is_named = is_named || arguments->all[i].name;
    if (is_named && !KINDS[kind].has_moments) {
        diag_error(c->diag, arguments->place, diag_format(c->diag, "write it like %s: %s", KINDS[kind].name, KINDS[kind].example),
                   "the numbers of a %s distribution have no names", KINDS[kind].name);
        return false;
    }
    if (!(is_named ? read_named(c, kind, of, arguments, out) : read_positions(c, kind, of, arguments, out))) return false;
    return finish(c, kind, of, arguments->place, out);
}

/* A name alone: the range is the interval. */
static bool of_range(compiler_t *c, int kind, place_t place, const distribution_of_t *of, uncertain_t *out)
{
    arguments_t arguments = {.place = place};

    add(&arguments, "low", of->low.text, of->low.place);
    add(&arguments, "high", of->high.text, of->high.place);
    if (KINDS[kind].has_moments && kind != UNCERTAIN_UNIFORM) return understand(c, kind, of, &arguments, out);
    diag_error(c->diag, place, diag_format(c->diag, "write it like %s: %s", KINDS[kind].name, KINDS[kind].example),
               "a range is no 95 %% interval of a %s distribution", KINDS[kind].name);
    return false;
}

bool compile_distribution(compiler_t *c, const yaml_node_t *node, const distribution_of_t *of, uncertain_t *out)
{
    arguments_t arguments;

    if (node->kind == YAML_SCALAR && of->low.text) {
        int kind = find_kind(c, node->text, node->place);
        return kind >= 0 && of_range(c, kind, node->place, of, out);
    }
    if (node->kind != YAML_MAPPING || node->count != 1) {
        diag_error(c->diag, node->place, "write it like {beta: [20, 80]}", "a distribution is not one name with its numbers");
        return false;
    }
    int kind = find_kind(c, node->pairs[0].key, node->pairs[0].place);
    return kind >= 0 && lay_out(c, kind, node->pairs[0].value, &arguments) && understand(c, kind, of, &arguments, out);
}

bool compile_distribution_text(compiler_t *c, csv_cell_t cell, const distribution_of_t *of, uncertain_t *out)
{
    const char *text = cell.text, *open = strchr(text, '('), *end = text + strlen(text) - 1;
    arguments_t arguments;

    if (!open && of->low.text) {
        int kind = find_kind(c, text, cell.place);
        return kind >= 0 && of_range(c, kind, cell.place, of, out);
    }
    if (!open || *end != ')') {
        diag_error(c->diag, cell.place, "write it like beta(20, 80)", "`%s` is not a distribution with its numbers", text);
        return false;
    }
    int kind = find_kind(c, diag_format(c->diag, "%.*s", (int)strcspn(text, " ("), text), cell.place);
    if (kind < 0) return false;
    place_t place = cell.place;
    place.column += (int)(open + 1 - text);
    lay_out_text(c, open + 1, end, place, &arguments);
    arguments.place = cell.place;
    return understand(c, kind, of, &arguments, out);
}
