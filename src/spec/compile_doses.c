/*
 * Doses by body weight or surface and what they cost: by the amount given, or in whole vials, of which the cheapest combination that holds the dose is
 * found in advance for all doses. Owns nothing.
 *
 * The cheapest cover of a dose by vials is a function in steps: after a while it repeats itself with the vial that is cheapest by content (of any
 * as many other vials as that one has units, some hold a whole number of it, and are replaced by it at no loss).
 */
#include "spec/compile_doses.h"

#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_expressions.h"

enum { MOST_VIALS = 16, MOST_UNITS = 1 << 20 };

#define MEASURES_PER_MG 1e6     /* contents are told apart to this */
#define LARGEST_MEASURES 0x1p62

/* A product that holds this much. */
typedef struct {
    double content;             /* mg, or units */
    double price;
    bool has_price;
} vial_t;

typedef struct {
    compiler_t *c;
    const yaml_node_t *item;
    unsigned may;
    bool is_known, is_units;    /* whether doses are in units (IU), not mass */
    vial_t vials[MOST_VIALS];
    size_t n_vials;
    double price;               /* per mg or unit; where vials have none of their own */
} dose_t;

/* ---- contents ---- */

static const struct {
    const char *name;
    double content;
    bool is_units;
} CONTENTS[] = {{"ug", 1e-3, false}, {"mcg", 1e-3, false}, {"mg", 1, false}, {"g", 1000, false}, {"IU", 1, true}, {"unit", 1, true}, {"units", 1, true}};

/* Cuts `word` and the blanks before it off the end of a text of *n characters. */
static bool cut_end(const char *text, size_t *n, const char *word)
{
    const size_t length = strlen(word);

    while (*n > 0 && text[*n - 1] == ' ') --*n;
    if (*n < length || strncmp(text + *n - length, word, length) || (*n > length && quantity_is_word(text[*n - length - 1]) && quantity_is_word(word[0])
        && !(text[*n - length - 1] >= '0' && text[*n - length - 1] <= '9'))) return false;
    *n -= length;
    while (*n > 0 && text[*n - 1] == ' ') --*n;
    return true;
}

/* "50 mg" -> how many of what; the unit is cut off. */
static bool cut_content(dose_t *d, const char *text, place_t place, size_t *n, double *content)
{
    for (size_t k = 0; k < sizeof CONTENTS / sizeof *CONTENTS; k++) {
        if (!cut_end(text, n, CONTENTS[k].name)) continue;
        if (d->is_known && d->is_units != CONTENTS[k].is_units) {
            diag_error(d->c->diag, place, "write all of them as masses, or all in units", "`%.100s` and the rest of the dose are of different kinds", text);
            return false;
        }
        d->is_known = true;
        d->is_units = CONTENTS[k].is_units;
        *content = CONTENTS[k].content;
        return true;
    }
    diag_error(d->c->diag, place, "write it in ug, mg, g or units: `50 mg`, for example", "`%.100s` is not an amount of a drug", text);
    return false;
}

/* "50 mg" in mg: a number above 0. */
static bool read_content(dose_t *d, const char *text, place_t place, double *out)
{
    size_t n = strlen(text);
    double per, value;

    if (!cut_content(d, text, place, &n, &per)) return false;
    if (!compile_text_value(d->c, diag_format(d->c->diag, "%.*s", (int)n, text), place, VALUE_NUMBER, &value)) return false;
    if (!(value > 0)) diag_error(d->c->diag, place, "it is above 0", "a vial of `%s`", text);
    *out = value * per;
    return value > 0;
}

/* ---- vials and prices ---- */

/* The vial of this content, made if it is new; NULL after reporting that there are too many. */
static vial_t *vial_of(dose_t *d, double content, place_t place)
{
    for (size_t k = 0; k < d->n_vials; k++)
        if (d->vials[k].content == content) return &d->vials[k];
    if (d->n_vials == MOST_VIALS) {
        diag_error(d->c->diag, place, "leave out those that nobody uses", "there are more than %d vials", MOST_VIALS);
        return NULL;
    }
    d->vials[d->n_vials] = (vial_t){.content = content};
    return &d->vials[d->n_vials++];
}

/* vials: [50 mg, 200 mg] */
static bool read_vials(dose_t *d, const yaml_node_t *vials)
{
    for (size_t i = 0; vials && i < compile_count(vials); i++) {
        const yaml_node_t *item = compile_item(vials, i);
        const char *text = compile_name(d->c, item, "a vial");
        double content;
        if (!text || !read_content(d, text, item->place, &content) || !vial_of(d, content, item->place)) return false;
    }
    return true;
}

/* {50 mg: 30 USD, 200 mg: 100 USD} */
static bool read_vial_prices(dose_t *d, const yaml_node_t *prices, bool has_list)
{
    for (size_t i = 0; i < prices->count; i++) {
        const yaml_pair_t *pair = &prices->pairs[i];
        const size_t before = d->n_vials;
        double content;
        if (compile_is_remark(pair->key)) continue;
        if (!read_content(d, pair->key, pair->place, &content)) return false;
        vial_t *vial = vial_of(d, content, pair->place);
        if (!vial || !compile_value(d->c, pair->value, VALUE_MONEY, &vial->price)) return false;
        vial->has_price = true;
        if ((has_list && d->n_vials > before) || !(vial->price > 0)) {
            diag_error(d->c->diag, pair->place, has_list && d->n_vials > before ? "add it to `vials`" : "prices are above 0", "the price of a vial of `%s`", pair->key);
            return false;
        }
    }
    for (size_t k = 0; k < d->n_vials; k++) {
        if (d->vials[k].has_price) continue;
        diag_error(d->c->diag, prices->place, "give the price of every vial", "a vial of %g has no price", d->vials[k].content);
        return false;
    }
    return true;
}

/* 0.5 USD per mg */
static bool read_price(dose_t *d, const yaml_node_t *price)
{
    const char *text = compile_name(d->c, price, "the price");
    size_t n = text ? strlen(text) : 0;
    double content = 1;

    if (!text || !cut_content(d, text, price->place, &n, &content)) return false;
    const bool is_per = cut_end(text, &n, "per") || cut_end(text, &n, "/");
    if (!is_per || !compile_text_value(d->c, diag_format(d->c->diag, "%.*s", (int)n, text), price->place, VALUE_MONEY, &d->price)) {
        if (!is_per) diag_error(d->c->diag, price->place, "write `0.5 USD per mg`, or {50 mg: 30 USD, 200 mg: 100 USD}", "`%.100s` is not a price of a drug", text);
        return false;
    }
    d->price /= content;
    for (size_t k = 0; k < d->n_vials; k++) d->vials[k].price = d->price * d->vials[k].content;
    if (!(d->price > 0)) diag_error(d->c->diag, price->place, "prices are above 0", "the price of the drug is `%s`", text);
    return d->price > 0;
}

static bool read_prices(dose_t *d)
{
    const yaml_node_t *vials = yaml_get(d->item, "vials"), *price = yaml_get(d->item, "price");

    if (!read_vials(d, vials)) return false;
    if (price) return price->kind == YAML_MAPPING ? read_vial_prices(d, price, vials != NULL) : read_price(d, price);
    diag_error(d->c->diag, d->item->place, "add price: 0.5 USD per mg, or price: {50 mg: 30 USD, 200 mg: 100 USD}", "the dose has no `price`");
    return false;
}

/* ---- the dose ---- */

static const expression_t *multiply(dose_t *d, const expression_t *a, const expression_t *b)
{
    return a && b ? compile_combine(d->c, ARITHMETIC_MULTIPLY, a, b) : NULL;
}

/* A plain number, as an expression; NULL after reporting. */
static const expression_t *read_number(dose_t *d, const char *text, place_t place)
{
    quantity_t value;

    if (!compile_expression(d->c, text, place, &value) || !compile_may_read(d->c, value.code, d->may, text, place)) return NULL;
    if (value.time == 0 && value.money == 0) return value.code ? value.code : compile_constant(d->c, value.value);
    diag_error(d->c->diag, place, "write a plain number", "`%.100s` is %s", text, quantity_dimension(value.time, value.money));
    return NULL;
}

/* What `key` says, or the number of people of that name: kilograms, centimetres. */
static const expression_t *read_body(dose_t *d, const char *key, const char *unit)
{
    const yaml_node_t *given = yaml_get(d->item, key), *dose = yaml_get(d->item, "dose");
    const char *text = given ? compile_name(d->c, given, "it") : key;

    if (!given && !expression_is_number(d->c, key)) {
        diag_error(d->c->diag, dose->place, diag_format(d->c->diag, "add `%s`, in %s, to `people`, or to the dose what it is", key, unit), "nobody has a `%s`", key);
        return NULL;
    }
    return text ? read_number(d, text, given ? given->place : dose->place) : NULL;
}

/* Mosteller, N Engl J Med 1987; 317: 1098: square metres are the root of cm x kg / 3600. */
static const expression_t *read_surface(dose_t *d)
{
    const expression_t *product = multiply(d, read_body(d, "height", "centimetres"), read_body(d, "weight", "kilograms"));
    if (!product) return NULL;
    const expression_t *share = compile_combine(d->c, ARITHMETIC_DIVIDE, product, compile_constant(d->c, 3600));
    return expression_make(d->c, CODE_ARITHMETIC + ARITHMETIC_SQRT, 0, 0, share, NULL, NULL);
}

/* `5 mg/kg`, `375 mg/m2`, `100 mg` and their expressions, in mg; NULL after reporting. */
static const expression_t *read_dose(dose_t *d)
{
    const yaml_node_t *dose = yaml_get(d->item, "dose"), *most = yaml_get(d->item, "at most");
    const char *text = compile_name(d->c, dose, "the dose");
    size_t n = text ? strlen(text) : 0;
    double content = 1, limit;

    if (!text) return NULL;
    const bool is_by_weight = cut_end(text, &n, "/kg") || cut_end(text, &n, "per kg");
    const bool is_by_surface = !is_by_weight && (cut_end(text, &n, "/m2") || cut_end(text, &n, "per m2"));
    if (!cut_content(d, text, dose->place, &n, &content)) return NULL;
    const expression_t *amount = read_number(d, diag_format(d->c->diag, "%.*s", (int)n, text), dose->place);
    if (amount && content != 1) amount = multiply(d, amount, compile_constant(d->c, content));
    if (amount && is_by_weight) amount = multiply(d, amount, read_body(d, "weight", "kilograms"));
    if (amount && is_by_surface) amount = multiply(d, amount, read_surface(d));
    if (!amount || !most) return amount;
    const char *limit_text = compile_name(d->c, most, "the largest dose");
    if (!limit_text || !read_content(d, limit_text, most->place, &limit)) return NULL;
    return compile_combine(d->c, ARITHMETIC_MIN, amount, compile_constant(d->c, limit));
}

/* ---- whole vials ---- */

static int64_t common(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static size_t cheapest(const dose_t *d)
{
    size_t best = 0;
    for (size_t k = 1; k < d->n_vials; k++)
        if (d->vials[k].price / d->vials[k].content < d->vials[best].price / d->vials[best].content) best = k;
    return best;
}

/* The contents in whole units of the largest amount of which all are multiples, to a millionth of a mg; what a dose costs repeats from *n units on. */
static bool count_units(dose_t *d, int64_t units[MOST_VIALS], double *unit, int64_t *n)
{
    int64_t all = 0, largest = 0;
    bool is_right = true;

    for (size_t k = 0; k < d->n_vials; k++) {
        const double content = d->vials[k].content * MEASURES_PER_MG;
        is_right = is_right && content < LARGEST_MEASURES;
        units[k] = is_right ? (int64_t)llround(content) : 0;
        all = common(units[k], all);
    }
    for (size_t k = 0; all > 0 && k < d->n_vials; k++) {
        units[k] /= all;
        largest = units[k] > largest ? units[k] : largest;
    }
    *unit = (double)all / MEASURES_PER_MG;
    *n = largest < MOST_UNITS ? units[cheapest(d)] * (largest + 1) : INT64_MAX;
    if (is_right && all > 0 && *n <= MOST_UNITS) return true;
    diag_error(d->c->diag, d->item->place, "round them, to whole milligrams for example", "the vials have too fine a measure in common");
    return false;
}

/* The cost of a dose in whole vials: steps in reals. */
static bool add_steps(dose_t *d, int32_t *at)
{
    model_t *m = d->c->model;
    const size_t best = cheapest(d);
    int64_t units[MOST_VIALS], n, n_cuts = 0;
    double unit;

    if (!count_units(d, units, &unit, &n)) return false;
    double *cost = arena_take(d->c->arena, (size_t)n + 1, sizeof *cost);
    for (int64_t u = 1; u <= n; u++) {
        cost[u] = INFINITY;
        for (size_t k = 0; k < d->n_vials; k++) cost[u] = fmin(cost[u], d->vials[k].price + cost[u > units[k] ? u - units[k] : 0]);
    }
    for (int64_t u = 0; u < n; u++) n_cuts += cost[u + 1] != cost[u];
    n_cuts++;                                   /* the last is where periods begin */
    *at = builder_add_reals(m, (int32_t)(STEPS_HEAD + 2 * n_cuts + 1));
    double *steps = m->reals + *at, *cut = steps + STEPS_HEAD, *value = cut + n_cuts;
    steps[0] = (double)n_cuts;
    steps[1] = d->vials[best].content;
    steps[2] = d->vials[best].price;
    for (int64_t u = 0; u <= n; u++) {          /* a dose may exceed its vial by a rounding error */
        if (u < n && cost[u + 1] == cost[u]) continue;
        *value++ = cost[u];
        *cut++ = (double)u * unit * (1 + 1e-9);
    }
    *value = cost[n];
    return true;
}

/* Whether what is left in a vial is thrown away; 1, 0, or -1 after reporting. */
static int is_wasted(dose_t *d)
{
    const yaml_node_t *wastage = yaml_get(d->item, "wastage");

    if (!wastage) return d->n_vials > 0;
    const bool is_true = wastage->kind == YAML_SCALAR && !strcmp(wastage->text, "true"), is_false = wastage->kind == YAML_SCALAR && !strcmp(wastage->text, "false");
    if (!is_true && !is_false) diag_error(d->c->diag, wastage->place, "write true or false", "`wastage` is wrong");
    else if (is_true && d->n_vials == 0) diag_error(d->c->diag, wastage->place, "add vials: [50 mg, 200 mg], for example", "without vials nothing is wasted");
    else return is_true;
    return -1;
}

bool dose_read(compiler_t *c, const yaml_node_t *item, unsigned may, amount_t *out, const char **words)
{
    dose_t d = {.c = c, .item = item, .may = may};
    const yaml_node_t *intensity = yaml_get(item, "relative dose intensity");
    const expression_t *share = NULL, *cost;
    int32_t steps = 0;

    *out = (amount_t){.words = yaml_get(item, "dose")->kind == YAML_SCALAR ? yaml_get(item, "dose")->text : "", .place = yaml_get(item, "dose")->place};
    const expression_t *dose = read_dose(&d);
    if (!read_prices(&d) || !dose) return false;
    const int wasted = is_wasted(&d);
    if (wasted < 0 || (wasted && !add_steps(&d, &steps))) return false;
    const double price = d.n_vials ? d.vials[cheapest(&d)].price / d.vials[cheapest(&d)].content : d.price;
    cost = wasted ? expression_make(c, CODE_STEPS, steps, 0, dose, NULL, NULL) : multiply(&d, dose, compile_constant(c, price));
    if (intensity && (!compile_name(c, intensity, "the intensity") || !(share = read_number(&d, intensity->text, intensity->place)))) return false;
    out->code = share ? multiply(&d, cost, share) : cost;
    *words = wasted ? diag_format(c->diag, "%s in whole vials%s, the cheapest that hold it", out->words, yaml_get(item, "wastage") ? "" : " (default)")
                    : diag_format(c->diag, "%s at %.6g a %s", out->words, price, d.is_units ? "unit" : "mg");
    if (intensity) *words = diag_format(c->diag, "%s, times %s", *words, intensity->text);
    return compile_make_table(c, NULL, 0, 1, &out->table);
}
