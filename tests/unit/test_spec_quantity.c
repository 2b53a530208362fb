/* Expressions with units. Expected values are worked out in minutes and dollars beside each. */
#include <math.h>

#include "unit/compiler_fixture.h"

/* Two names, so that the longest one can win. */
static size_t find(void *context, const char *text, quantity_t *value, bool *is_wrong)
{
    static const struct {
        const char *name;
        quantity_t value;
    } names[] = {{"ratio", {.value = 2}}, {"ratio alt", {.value = 3}}, {"ratio-new", {.value = 5}}, {"fee", {.value = 100, .money = 1}}, {"lost", {.value = 0}}};
    size_t length = 0;

    (void)context;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i].name);
        if (n <= length || strncmp(names[i].name, text, n) != 0 || quantity_is_word(text[n])) continue;
        length = n;
        *value = names[i].value;
        *is_wrong = strcmp(names[i].name, "lost") == 0;
    }
    return length;
}

static const char *nearest(void *context, const char *name)
{
    static const char *const names[] = {"ratio", "ratio alt", "ratio-new", "fee"};

    (void)context;
    return diag_nearest(name, names, 4);
}

static const units_t UNITS = {.minutes_per_year = 525600, .currency = "USD"};
static const quantity_names_t NAMES = {.find = find, .nearest = nearest};

static void expect_value(const char *text, double value, int time, int money)
{
    diagnostics_t *diag = diag_new();
    quantity_t q;

    cr_assert(quantity_parse(text, (place_t){"m.yaml", 1, 1}, &UNITS, &NAMES, diag, &q), "%s: %s", text, diag_text(diag, 0));
    cr_assert_float_eq(q.value, value, 1e-14 * fabs(value), "%s is %.17g, not %.17g", text, q.value, value);
    cr_assert(q.time == time && q.money == money, "%s is %s", text, quantity_dimension(q.time, q.money));
    diag_free(diag);
}

static void expect_wrong(const char *text, const char *message)
{
    diagnostics_t *diag = diag_new();
    quantity_t q;

    cr_assert_not(quantity_parse(text, (place_t){"m.yaml", 7, 10}, &UNITS, &NAMES, diag, &q), "%s", text);
    expect_messages(diag, message, NULL);
    diag_free(diag);
}

Test(quantity, numbers_are_read)
{
    expect_value("12", 12, 0, 0);
    expect_value(".5", 0.5, 0, 0);
    expect_value("1e-3", 0.001, 0, 0);
    expect_value("1.5E2", 150, 0, 0);
    expect_value(" 7 ", 7, 0, 0);
}

Test(quantity, operators_bind_as_usual)
{
    expect_value("1 + 2 * 3", 7, 0, 0);
    expect_value("10 - 3 - 2", 5, 0, 0);
    expect_value("24 / 4 / 2", 3, 0, 0);
    expect_value("2 ^ 3 ^ 2", 512, 0, 0);      /* 2^(3^2) */
    expect_value("-2 ^ 2", -4, 0, 0);
    expect_value("2 ^ -1", 0.5, 0, 0);
    expect_value("(1 + 2) * 3", 9, 0, 0);
    expect_value("- - 3", 3, 0, 0);
    expect_value("350/1734", 350.0 / 1734, 0, 0);
}

Test(quantity, functions_are_known)
{
    expect_value("ln(exp(2))", 2, 0, 0);
    expect_value("sqrt (16)", 4, 0, 0);
    expect_value("min(3, 1 + 1)", 2, 0, 0);
    expect_value("min(1,200)", 1, 0, 0);
    expect_value("max(3 days, 2 days)", 3 * 1440, 1, 0);
    expect_value("-ln(1 - 0.1) / 365", 0.10536051565782628 / 365, 0, 0);     /* -ln 0.9 */
    expect_value("1.03^(1/365)", 1.0000809862990532, 0, 0);    /* Python */
}

Test(quantity, units_follow_values_and_bind_tightest)
{
    expect_value("40 years", 40 * 525600.0, 1, 0);
    expect_value("1 minute", 1, 1, 0);
    expect_value("2 hours", 120, 1, 0);
    expect_value("1.5 days", 2160, 1, 0);
    expect_value("2 weeks", 20160, 1, 0);
    expect_value("6 months", 262800, 1, 0);
    expect_value("0.25 USD per day", 0.25 / 1440, -1, 1);
    expect_value("0.1 per year", 0.1 / 525600, -1, 0);
    expect_value("2 per 10 days", 2.0 / 14400, -1, 0);
    expect_value("3 %", 0.03, 0, 0);
    expect_value("3% per year", 0.03 / 525600, -1, 0);
    expect_value("1 / 2 days", 1.0 / 2880, -1, 0);
    expect_value("(1/2) days", 720, 1, 0);
    expect_value("40 years / 1 year", 40, 0, 0);
    expect_value("fee per day * 2", 200.0 / 1440, -1, 1);
    expect_value("50560 USD * 224.923 / 245.1393", 50560 * 224.923 / 245.1393, 0, 1);
}

Test(quantity, the_longest_known_name_wins_and_a_hyphen_is_else_a_minus)
{
    expect_value("ratio", 2, 0, 0);
    expect_value("ratio alt", 3, 0, 0);
    expect_value("ratio-new", 5, 0, 0);
    expect_value("ratio-1", 1, 0, 0);
    expect_value("1-ratio alt", -2, 0, 0);
    expect_value("ratio * ratio alt", 6, 0, 0);
}

Test(quantity, unknown_names_are_reported_at_their_column_with_the_nearest)
{
    expect_wrong("2 * ratio alr", "m.yaml:7:14: `ratio alr` is not a known name: did you mean `ratio alt`?");
    expect_wrong("2 * fee days ago", "m.yaml:7:23: `ago` is neither a unit nor an operator: "
                                     "units are minutes, hours, days, weeks, months, years, %, USD, and `per` before one");
    expect_wrong("1 + feee * 2", "m.yaml:7:14: `feee` is not a known name: did you mean `fee`?");
    expect_wrong("1 + raito-new", "m.yaml:7:14: `raito-new` is not a known name: did you mean `ratio-new`?");
    expect_wrong("\xC3\xA4\xC3\xB6 + 1", "m.yaml:7:10: `\xC3\xA4\xC3\xB6` is not a known name: define it under `parameters`");
    expect_wrong("\"\"", "m.yaml:7:10: unexpected `\"`: write a number, a name or an expression");
}

Test(quantity, columns_count_characters_not_bytes)
{
    expect_wrong("(1 / 2) * \xC3\xA4 x", "m.yaml:7:20: `\xC3\xA4 x` is not a known name: define it under `parameters`");
}

Test(quantity, a_name_that_is_wrong_itself_is_not_reported_again)
{
    diagnostics_t *diag = diag_new();
    quantity_t q;

    cr_assert_not(quantity_parse("1 + lost", (place_t){"m.yaml", 1, 1}, &UNITS, &NAMES, diag, &q));
    expect_messages(diag, NULL);
    diag_free(diag);
}

Test(quantity, unlike_dimensions_do_not_add)
{
    expect_wrong("1 day + 2", "m.yaml:7:16: a sum of a time and a plain number: give both the same kind of unit");
    expect_wrong("5 USD - 1 USD per day", "m.yaml:7:16: a difference of money and money per time: give both the same kind of unit");
    expect_wrong("min(1, 2 days)", "m.yaml:7:10: the smaller of a plain number and a time: give both the same kind of unit");
    expect_wrong("exp(1 day)", "m.yaml:7:10: a function needs a plain number, not a time: divide by its unit first, e.g. `40 years / 1 year`");
    expect_wrong("2 ^ 1 day", "m.yaml:7:12: an exponent needs a plain number, not a time: divide by its unit first, e.g. `40 years / 1 year`");
}

Test(quantity, results_are_finite_or_refused)
{
    expect_wrong("1 / (2 - 2)", "m.yaml:7:12: division by zero: the divisor must not be 0");
    expect_wrong("10 ^ 400", "m.yaml:7:13: the result is not a finite number: look for a division by zero or a power that is too large");
    expect_wrong("ln(0)", "m.yaml:7:10: ln of 0: its argument must be positive");
    expect_wrong("sqrt(-1)", "m.yaml:7:10: sqrt of -1: its argument must be positive");
    expect_wrong("1e999", "m.yaml:7:10: the result is not a finite number: look for a division by zero or a power that is too large");
}

Test(quantity, grammar_mistakes_say_what_would_be_right)
{
    expect_wrong("", "m.yaml:7:10: a value is missing: write a number, a name or an expression");
    expect_wrong("1 +", "m.yaml:7:13: the expression ends too early: write a number, a name or an expression");
    expect_wrong("(1 + 2", "m.yaml:7:16: a parenthesis is not closed: close it with `)`");
    expect_wrong("1 + 2)", "m.yaml:7:15: a parenthesis that was never opened: remove it or open one before");
    expect_wrong("10 000", "m.yaml:7:13: two values in a row: write + - * / or ^ between them, and numbers without blanks");
    expect_wrong("1,000 USD", "m.yaml:7:10: a comma inside a number: write 1000.5 for a thousand and a half");
    expect_wrong("min(1)", "m.yaml:7:15: a comma is missing: separate its two arguments by a comma");
    expect_wrong("5 USD / day", "m.yaml:7:18: a unit without a number: write `1 day` or `per day`");
    expect_wrong("5 EUR", "m.yaml:7:12: `EUR` is neither a unit nor an operator: "
                          "units are minutes, hours, days, weeks, months, years, %, USD, and `per` before one");
    expect_wrong("5 per", "m.yaml:7:15: `per` without a unit: write e.g. `per day` or `per 100 days`");
    expect_wrong("5 per 0 days", "m.yaml:7:12: division by zero: the divisor must not be 0");
    expect_wrong("$5", "m.yaml:7:10: unexpected `$`: write a number, a name or an expression");
}

Test(quantity, nesting_has_a_limit)
{
    char deep[2001];

    memset(deep, '(', 2000);
    deep[2000] = '\0';
    expect_wrong(deep, "m.yaml:7:42: an expression that is nested too deeply: split it into several parameters");
    memset(deep, '-', 2000);
    expect_wrong(deep, "m.yaml:7:42: an expression that is nested too deeply: split it into several parameters");
}

Test(quantity, a_unit_alone_can_be_read)
{
    diagnostics_t *diag = diag_new();
    quantity_t q;

    cr_assert(quantity_parse_unit("USD per day", (place_t){"t.csv", 1, 1}, &UNITS, diag, &q));
    cr_assert(q.value == 1.0 / 1440 && q.time == -1 && q.money == 1);
    cr_assert(quantity_parse_unit("", (place_t){"t.csv", 1, 1}, &UNITS, diag, &q));
    cr_assert(q.value == 1 && q.time == 0 && q.money == 0);
    cr_assert_not(quantity_parse_unit("prob", (place_t){"t.csv", 2, 3}, &UNITS, diag, &q));
    expect_messages(diag, "t.csv:2:3: `prob` is neither a unit nor an operator: "
                          "units are minutes, hours, days, weeks, months, years, %, USD, and `per` before one", NULL);
    diag_free(diag);
}

Test(quantity, values_are_shown_in_the_units_that_a_reader_thinks_in)
{
    diagnostics_t *diag = diag_new();

    cr_assert_str_eq(quantity_words(&(quantity_t){.value = 0.2}, &UNITS, diag), "0.2");
    cr_assert_str_eq(quantity_words(&(quantity_t){.value = 40 * 525600.0, .time = 1}, &UNITS, diag), "40 years");
    cr_assert_str_eq(quantity_words(&(quantity_t){.value = 2880, .time = 1}, &UNITS, diag), "2 days");
    cr_assert_str_eq(quantity_words(&(quantity_t){.value = 0.1 / 525600, .time = -1}, &UNITS, diag), "0.1 per year");
    cr_assert_str_eq(quantity_words(&(quantity_t){.value = 12.5, .money = 1}, &UNITS, diag), "12.5 USD");
    cr_assert_str_eq(quantity_words(&(quantity_t){.value = 0.25 / 1440, .time = -1, .money = 1}, &UNITS, diag), "91.25 USD per year");
    diag_free(diag);
}
