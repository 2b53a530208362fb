/*
 * A recursive-descent evaluator over quantities: it computes while it reads, and keeps a tree only of what depends on people. Depth is limited, every result is checked to be finite, and it stops at its first mistake. Uses libm:
 * never called for anything evaluated per person.
 */
#include "spec/quantity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "kernels/arithmetic.h"
#include "model/model.h"

enum { DEEPEST = 32, LONGEST_NUMBER = 64 };    /* parameters nest expressions in expressions, so each may take little stack */

typedef struct {
    const char *text, *at;      /* `at` moves through `text` */
    place_t place;
    const units_t *units;
    const quantity_names_t *names;
    diagnostics_t *diag;
    const char *name, *name_end; /* of the last known name */
    int depth;
    int calls;                  /* how many functions' arguments this is in: a comma separates them */
} parser_t;

bool quantity_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '\''
           || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t word_length(const char *text)
{
    size_t n = 0;

    while (quantity_is_word(text[n])) n++;
    return n;
}

static bool word_is(const char *text, size_t n, const char *word) { return strlen(word) == n && memcmp(text, word, n) == 0; }

static void skip_blanks(parser_t *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r') p->at++;
}

static place_t place_of(const parser_t *p, const char *at)
{
    place_t place = p->place;

    for (const char *c = p->text; c < at; c++) place.column += !utf8_continues(*c);
    return place;
}

/* ---- units ---- */

static const struct {
    const char *name;
    double minutes;             /* 0: months and years, which the model defines */
    double years;
} TIMES[] = {
    {"minute", 1, 0}, {"hour", 60, 0}, {"day", 1440, 0}, {"week", 10080, 0}, {"month", 0, 1.0 / 12}, {"year", 0, 1},
};

/* The unit that `text` starts with; returns its length or 0. */
static size_t unit_at(const char *text, const units_t *units, quantity_t *unit)
{
    size_t n = word_length(text);

    if (*text == '%') {
        *unit = (quantity_t){.value = 0.01};
        return 1;
    }
    if (n > 0 && units->currency && word_is(text, n, units->currency)) {
        *unit = (quantity_t){.value = 1, .money = 1};
        return n;
    }
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
        size_t length = strlen(TIMES[i].name);
        if (strncmp(text, TIMES[i].name, length) != 0 || !(n == length || (n == length + 1 && text[length] == 's'))) continue;
        double minutes = TIMES[i].minutes > 0 ? TIMES[i].minutes : TIMES[i].years * units->minutes_per_year;
        *unit = (quantity_t){.value = minutes, .time = 1};
        return n;
    }
    return 0;
}

static bool is_function(const char *text, size_t n)
{
    static const char *const names[] = {"ln", "exp", "sqrt", "min", "max", "if"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (word_is(text, n, names[i])) return true;
    return false;
}

bool quantity_is_reserved(const char *word, const units_t *units)
{
    size_t n = strlen(word);
    quantity_t unit;

    return unit_at(word, units, &unit) == n || word_is(word, n, "per") || is_function(word, n) || word_is(word, n, "and")
           || word_is(word, n, "or") || word_is(word, n, "not");
}

const char *quantity_dimension(int time, int money)
{
    if (money == 0) return time == 0 ? "a plain number" : time == 1 ? "a time" : time == -1 ? "a rate" : "a power of time";
    if (money == 1) return time == 0 ? "money" : time == -1 ? "money per time" : "money times time";
    return "a power of money";
}

const char *quantity_words(const quantity_t *value, const units_t *units, diagnostics_t *diag)
{
    double year = units->minutes_per_year, size = value->value < 0 ? -value->value : value->value;
    const char *money = value->money == 1 && units->currency ? diag_format(diag, " %s", units->currency) : "";

    if (value->money == (*money != 0) && value->time == 0) return diag_format(diag, "%.6g%s", value->value, money);
    if (value->money == (*money != 0) && value->time == -1) return diag_format(diag, "%.6g%s per year", value->value * year, money);
    if (value->money == 0 && value->time == 1)
        return size < year ? diag_format(diag, "%.6g days", value->value / 1440) : diag_format(diag, "%.6g years", value->value / year);
    return diag_format(diag, "%.6g (%s)", value->value, quantity_dimension(value->time, value->money));
}

/* ---- arithmetic ---- */

static bool check_finite(parser_t *p, const char *at, const quantity_t *value)
{
    if (value->code || isfinite(value->value)) return true;
    diag_error(p->diag, place_of(p, at), "look for a division by zero or a power that is too large", "the result is not a finite number");
    return false;
}

static bool require_plain(parser_t *p, const char *at, const quantity_t *value, const char *what)
{
    if (value->time == 0 && value->money == 0) return true;
    diag_error(p->diag, place_of(p, at), "divide by its unit first, e.g. `40 years / 1 year`", "%s needs a plain number, not %s", what,
               quantity_dimension(value->time, value->money));
    return false;
}

static bool require_like(parser_t *p, const char *at, const char *what, const quantity_t *a, const quantity_t *b)
{
    if (a->time == b->time && a->money == b->money) return true;
    diag_error(p->diag, place_of(p, at), "give both the same kind of unit", "%s of %s and %s", what,
               quantity_dimension(a->time, a->money), quantity_dimension(b->time, b->money));
    return false;
}

/* ---- what depends on people ---- */

static const expression_t *node_of(parser_t *p, const quantity_t *value)
{
    if (value->code) return value->code;
    expression_t *constant = arena_take(p->names->arena, 1, sizeof *constant);
    *constant = (expression_t){.kind = CODE_CONSTANT, .constant = value->value};
    return constant;
}

/* a = operation of a, b and c, as many as there are, if one of them depends on people; else false, and the caller computes it. */
static bool defer(parser_t *p, arithmetic_t operation, quantity_t *a, const quantity_t *b, const quantity_t *c)
{
    if (!a->code && !(b && b->code) && !(c && c->code)) return false;
    expression_t *node = arena_take(p->names->arena, 1, sizeof *node);
    *node = (expression_t){.kind = CODE_ARITHMETIC + (int32_t)operation, .operand = {node_of(p, a), b ? node_of(p, b) : NULL, c ? node_of(p, c) : NULL}};
    a->code = node;
    return true;
}

static void negate(parser_t *p, quantity_t *a)
{
    if (!defer(p, ARITHMETIC_NEGATE, a, NULL, NULL)) a->value = -a->value;
}

static void multiply(parser_t *p, quantity_t *a, const quantity_t *b)
{
    if (!defer(p, ARITHMETIC_MULTIPLY, a, b, NULL)) a->value *= b->value;
    a->time += b->time;
    a->money += b->money;
}

static bool divide(parser_t *p, const char *at, quantity_t *a, const quantity_t *b)
{
    if (!b->code && b->value == 0) {
        diag_error(p->diag, place_of(p, at), "the divisor must not be 0", "division by zero");
        return false;
    }
    if (!defer(p, ARITHMETIC_DIVIDE, a, b, NULL)) a->value /= b->value;
    a->time -= b->time;
    a->money -= b->money;
    return true;
}

static void raise_to(parser_t *p, quantity_t *a, const quantity_t *exponent)
{
    const double n = exponent->value;
    bool is_whole = !exponent->code && n == floor(n) && fabs(n) <= ARITHMETIC_LARGEST_POWER;

    if (a->code && is_whole) {
        (void)defer(p, ARITHMETIC_WHOLE_POWER, a, NULL, NULL);
        expression_t *node = arena_take(p->names->arena, 1, sizeof *node);
        *node = *a->code;
        node->index = (int32_t)n;
        a->code = node;
    } else if (!defer(p, ARITHMETIC_POWER, a, exponent, NULL)) {
        a->value = pow(a->value, n);
    }
}

/* ---- the grammar, from the inside out ---- */

static bool parse_choice(parser_t *p, quantity_t *out);

static bool fail_here(parser_t *p, const char *right, const char *what)
{
    diag_error(p->diag, place_of(p, p->at), right, "%s", what);
    return false;
}

/* A number without sign, at most LONGEST_NUMBER characters. Copied out, so that strtod sees no hex, inf or nan. */
static bool parse_number(parser_t *p, quantity_t *out)
{
    char number[LONGEST_NUMBER + 1];
    const char *c = p->at;

    while (is_digit(*c)) c++;
    if (*c == '.') c++;
    while (is_digit(*c)) c++;
    if ((*c == 'e' || *c == 'E') && (is_digit(c[1]) || ((c[1] == '+' || c[1] == '-') && is_digit(c[2]))))
        for (c += 2; is_digit(*c);) c++;
    size_t n = (size_t)(c - p->at);
    if (n > LONGEST_NUMBER) return fail_here(p, "17 digits are all that a number can hold", "a number with too many digits");
    if (*c == ',' && is_digit(c[1]) && p->calls == 0)
        return fail_here(p, "write 1000.5 for a thousand and a half", "a comma inside a number");
    memcpy(number, p->at, n);
    number[n] = '\0';
    *out = (quantity_t){.value = strtod(number, NULL)};
    if (!check_finite(p, p->at, out)) return false;
    p->at = c;
    return true;
}

static bool parse_argument(parser_t *p, char after, quantity_t *out)
{
    if (!parse_choice(p, out)) return false;
    skip_blanks(p);
    if (*p->at == after) {
        p->at++;
        return true;
    }
    return after == ',' ? fail_here(p, "separate its two arguments by a comma", "a comma is missing")
                        : fail_here(p, "close it with `)`", "a parenthesis is not closed");
}

/* The smaller or the larger of two. */
static bool call_of_two(parser_t *p, const char *name, bool is_min, quantity_t *out)
{
    quantity_t second;

    p->calls++;
    if (!parse_argument(p, ',', out) || !parse_argument(p, ')', &second)) return false;
    p->calls--;
    if (!require_like(p, name, is_min ? "the smaller" : "the larger", out, &second)) return false;
    if (!defer(p, is_min ? ARITHMETIC_MIN : ARITHMETIC_MAX, out, &second, NULL))
        out->value = is_min ? fmin(out->value, second.value) : fmax(out->value, second.value);
    return true;
}

/* if(TRUTH, A, B) */
static bool call_if(parser_t *p, const char *name, quantity_t *out)
{
    quantity_t truth, otherwise;

    p->calls++;
    if (!parse_argument(p, ',', &truth) || !parse_argument(p, ',', out) || !parse_argument(p, ')', &otherwise)) return false;
    p->calls--;
    if (!require_plain(p, name, &truth, "the condition of `if`") || !require_like(p, name, "a choice", out, &otherwise)) return false;
    quantity_t chosen = truth;
    if (defer(p, ARITHMETIC_SELECT, &chosen, out, &otherwise)) out->code = chosen.code;
    else if (truth.value == 0) *out = otherwise;
    return true;
}

static bool call(parser_t *p, quantity_t *out)
{
    const char *name = p->at;
    size_t n = word_length(name);

    p->at = strchr(name, '(') + 1;
    if (word_is(name, n, "min") || word_is(name, n, "max")) return call_of_two(p, name, word_is(name, n, "min"), out);
    if (word_is(name, n, "if")) return call_if(p, name, out);
    if (!parse_argument(p, ')', out)) return false;
    if (!require_plain(p, name, out, "a function")) return false;
    arithmetic_t operation = word_is(name, n, "ln") ? ARITHMETIC_LN : word_is(name, n, "exp") ? ARITHMETIC_EXP : ARITHMETIC_SQRT;
    if (defer(p, operation, out, NULL, NULL)) return true;
    if ((word_is(name, n, "ln") && !(out->value > 0)) || (word_is(name, n, "sqrt") && out->value < 0)) {
        diag_error(p->diag, place_of(p, name), "its argument must be positive", "%.*s of %g", (int)n, name, out->value);
        return false;
    }
    out->value = word_is(name, n, "ln") ? log(out->value) : word_is(name, n, "exp") ? exp(out->value) : sqrt(out->value);
    return check_finite(p, name, out);
}

/* Up to where an unknown name would go: words joined by single blanks or hyphens. */
static size_t phrase_length(const char *text)
{
    size_t n = word_length(text);

    while ((text[n] == ' ' || text[n] == '-') && word_length(text + n + 1) > 0 && !is_digit(text[n + 1]))
        n += 1 + word_length(text + n + 1);
    return n;
}

static bool report_unknown(parser_t *p)
{
    size_t n = word_length(p->at);
    size_t phrase = phrase_length(p->at);
    quantity_t unit;

    if (unit_at(p->at, p->units, &unit) > 0)
        return fail_here(p, diag_format(p->diag, "write `1 %.*s` or `per %.*s`", (int)n, p->at, (int)n, p->at), "a unit without a number");
    const char *whole = diag_format(p->diag, "%.*s", (int)phrase, p->at), *first = diag_format(p->diag, "%.*s", (int)n, p->at);
    const char *nearest = p->names ? p->names->nearest(p->names->context, whole) : NULL;
    if (!nearest && p->names) nearest = p->names->nearest(p->names->context, first);
    diag_error(p->diag, place_of(p, p->at),
               nearest ? diag_format(p->diag, "did you mean `%s`?", nearest) : "define it under `parameters`", "`%s` is not a known name",
               whole);
    return false;
}

static bool parse_name(parser_t *p, quantity_t *out)
{
    size_t n = word_length(p->at), blanks = strspn(p->at + n, " ");
    bool is_wrong = false;

    if (is_function(p->at, n) && p->at[n + blanks] == '(') return call(p, out);
    size_t length = p->names ? p->names->find(p->names->context, p->at, out, &is_wrong) : 0;
    if (is_wrong) return false;
    if (length == 0) return report_unknown(p);
    p->name = p->at;
    p->name_end = p->at += length;
    return true;
}

static bool parse_primary(parser_t *p, quantity_t *out)
{
    skip_blanks(p);
    if (*p->at == '(') {
        p->at++;
        return parse_argument(p, ')', out);
    }
    if (is_digit(*p->at) || (*p->at == '.' && is_digit(p->at[1]))) return parse_number(p, out);
    if (quantity_is_word(*p->at)) return parse_name(p, out);
    if (!*p->at) return fail_here(p, "write a number, a name or an expression", p->at == p->text ? "a value is missing" : "the expression ends too early");
    return fail_here(p, "write a number, a name or an expression", diag_format(p->diag, "unexpected `%c`", *p->at));
}

/* What follows a value: units and `per [NUMBER] UNIT`. */
static bool parse_units(parser_t *p, quantity_t *out)
{
    for (;;) {
        quantity_t unit, number = {.value = 1};
        skip_blanks(p);
        const char *start = p->at;
        size_t n = unit_at(start, p->units, &unit);
        if (n > 0) {
            p->at += n;
            multiply(p, out, &unit);
        } else if (word_is(start, word_length(start), "per")) {
            p->at += 3;
            skip_blanks(p);
            if (is_digit(*p->at) && !parse_number(p, &number)) return false;
            skip_blanks(p);
            n = unit_at(p->at, p->units, &unit);
            if (n == 0) return fail_here(p, "write e.g. `per day` or `per 100 days`", "`per` without a unit");
            p->at += n;
            multiply(p, &unit, &number);
            if (!divide(p, start, out, &unit)) return false;
        } else {
            return check_finite(p, start, out);
        }
    }
}

static bool parse_factor(parser_t *p, quantity_t *out);

/* value [units] [^ factor] */
static bool parse_power(parser_t *p, quantity_t *out)
{
    quantity_t exponent;

    if (!parse_primary(p, out) || !parse_units(p, out)) return false;
    if (*p->at != '^') return true;
    const char *at = p->at++;
    if (!parse_factor(p, &exponent) || !require_plain(p, at, out, "`^`") || !require_plain(p, at, &exponent, "an exponent")) return false;
    raise_to(p, out, &exponent);
    return check_finite(p, at, out);
}

static bool parse_factor(parser_t *p, quantity_t *out)
{
    if (p->depth == DEEPEST) return fail_here(p, "split it into several parameters", "an expression that is nested too deeply");
    p->depth++;
    skip_blanks(p);
    bool is_negative = *p->at == '-';
    if (*p->at == '-' || *p->at == '+') p->at++;
    bool is_good = is_negative ? parse_factor(p, out) : parse_power(p, out);
    if (is_good && is_negative) negate(p, out);
    p->depth--;
    return is_good;
}

static bool parse_product(parser_t *p, quantity_t *out)
{
    if (!parse_factor(p, out)) return false;
    for (skip_blanks(p); *p->at == '*' || *p->at == '/'; skip_blanks(p)) {
        quantity_t right;
        const char *at = p->at++;
        if (!parse_factor(p, &right)) return false;
        if (*at == '*') multiply(p, out, &right);
        else if (!divide(p, at, out, &right)) return false;
        if (!check_finite(p, at, out)) return false;
    }
    return true;
}

static bool parse_sum(parser_t *p, quantity_t *out)
{
    if (!parse_product(p, out)) return false;
    for (skip_blanks(p); *p->at == '+' || *p->at == '-'; skip_blanks(p)) {
        quantity_t right;
        const char *at = p->at++;
        if (!parse_product(p, &right) || !require_like(p, at, *at == '+' ? "a sum" : "a difference", out, &right)) return false;
        if (!defer(p, *at == '+' ? ARITHMETIC_ADD : ARITHMETIC_SUBTRACT, out, &right, NULL)) out->value += *at == '+' ? right.value : -right.value;
        if (!check_finite(p, at, out)) return false;
    }
    return true;
}

/* ---- truths ---- */

/* sum [= sum]: not chained. */
static bool parse_comparison(parser_t *p, quantity_t *out)
{
    static const struct {
        const char *sign;
        arithmetic_t operation;
        bool is_swapped, is_negated;
    } SIGNS[] = {
        {"<=", ARITHMETIC_AT_MOST, false, false}, {">=", ARITHMETIC_AT_MOST, true, false}, {"!=", ARITHMETIC_EQUAL, false, true},
        {"<", ARITHMETIC_LESS, false, false}, {">", ARITHMETIC_LESS, true, false}, {"=", ARITHMETIC_EQUAL, false, false},
    };
    if (!parse_sum(p, out)) return false;
    skip_blanks(p);
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        const char *at = p->at;
        quantity_t right;
        if (strncmp(at, SIGNS[i].sign, strlen(SIGNS[i].sign)) != 0) continue;
        p->at += strlen(SIGNS[i].sign);
        if (!parse_sum(p, &right) || !require_like(p, at, "a comparison", out, &right)) return false;
        quantity_t left = SIGNS[i].is_swapped ? right : *out;
        if (SIGNS[i].is_swapped) right = *out;
        if (!defer(p, SIGNS[i].operation, &left, &right, NULL)) {
            double a = left.value, b = right.value;
            left.value = SIGNS[i].operation == ARITHMETIC_LESS ? a < b : SIGNS[i].operation == ARITHMETIC_AT_MOST ? a <= b : a == b;
        }
        if (SIGNS[i].is_negated && !defer(p, ARITHMETIC_NOT, &left, NULL, NULL)) left.value = left.value == 0;
        *out = (quantity_t){.value = left.value, .code = left.code};
        skip_blanks(p);
        return true;
    }
    return true;
}

static bool take_word(parser_t *p, const char *word)
{
    skip_blanks(p);
    if (!word_is(p->at, word_length(p->at), word)) return false;
    p->at += strlen(word);
    return true;
}

static bool parse_not(parser_t *p, quantity_t *out)
{
    skip_blanks(p);
    const char *at = p->at;
    if (!take_word(p, "not")) return parse_comparison(p, out);
    if (p->depth == DEEPEST) return fail_here(p, "split it into several definitions", "an expression that is nested too deeply");
    p->depth++;
    if (!parse_not(p, out) || !require_plain(p, at, out, "`not`")) return false;
    p->depth--;
    if (!defer(p, ARITHMETIC_NOT, out, NULL, NULL)) out->value = out->value == 0;
    return true;
}

/* Truths joined by `and` or, one level up, by `or`. */
static bool parse_joined(parser_t *p, bool is_or, quantity_t *out)
{
    if (!(is_or ? parse_joined(p, false, out) : parse_not(p, out))) return false;
    for (;;) {
        const char *at = p->at;
        quantity_t right;
        if (!take_word(p, is_or ? "or" : "and")) return true;
        if (!(is_or ? parse_joined(p, false, &right) : parse_not(p, &right))) return false;
        if (!require_plain(p, at, out, is_or ? "`or`" : "`and`") || !require_plain(p, at, &right, is_or ? "`or`" : "`and`")) return false;
        if (!defer(p, is_or ? ARITHMETIC_OR : ARITHMETIC_AND, out, &right, NULL))
            out->value = is_or ? out->value != 0 || right.value != 0 : out->value != 0 && right.value != 0;
    }
}

static bool parse_choice(parser_t *p, quantity_t *out) { return parse_joined(p, true, out); }

/* What was meant if the words behind a known name were to belong to it, or NULL: `ratio alr` where there is `ratio alt`. */
static const char *longer_name(parser_t *p)
{
    if (!p->name || strspn(p->name_end, " ") != (size_t)(p->at - p->name_end)) return NULL;
    return p->names->nearest(p->names->context, diag_format(p->diag, "%.*s", (int)phrase_length(p->name), p->name));
}

/* Something stands where an operator or the end should be. */
static bool report_rest(parser_t *p)
{
    size_t n = word_length(p->at);

    if (*p->at == ')') return fail_here(p, "remove it or open one before", "a parenthesis that was never opened");
    if (n == 0) return fail_here(p, "the operators are + - * / ^ and = != < <= > >=", diag_format(p->diag, "unexpected `%s`", p->at));
    const char *longer = longer_name(p);
    if (longer) {
        diag_error(p->diag, place_of(p, p->name), diag_format(p->diag, "did you mean `%s`?", longer), "`%.*s` is not a known name",
                   (int)phrase_length(p->name), p->name);
        return false;
    }
    if (is_digit(*p->at)) return fail_here(p, "write + - * / or ^ between them, and numbers without blanks", "two values in a row");
    return fail_here(p, diag_format(p->diag, "units are minutes, hours, days, weeks, months, years, %%%s%s, and `per` before one",
                                    p->units->currency ? ", " : "", p->units->currency ? p->units->currency : ""),
                     diag_format(p->diag, "`%.*s` is neither a unit nor an operator", (int)n, p->at));
}

bool quantity_parse(const char *text, place_t place, const units_t *units, const quantity_names_t *names,
                    diagnostics_t *diag, quantity_t *out)
{
    parser_t p = {.text = text, .at = text, .place = place, .units = units, .names = names, .diag = diag};

    *out = (quantity_t){0};
    if (!parse_choice(&p, out)) return false;
    return *p.at == '\0' ? true : report_rest(&p);
}

bool quantity_parse_unit(const char *text, place_t place, const units_t *units, diagnostics_t *diag, quantity_t *out)
{
    parser_t p = {.text = text, .at = text, .place = place, .units = units, .diag = diag};

    *out = (quantity_t){.value = 1};
    if (!parse_units(&p, out)) return false;
    return *p.at == '\0' ? true : report_rest(&p);
}
