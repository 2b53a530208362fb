/* Values with the unit that their place demands. */
#include <math.h>

#include "unit/compiler_fixture.h"

static const char *const MODEL =
    "parameters:\n"
    "  share: 0.2\n"
    "  price: 12 USD\n";

static bool value(compiler_t *c, const char *text, value_kind_t kind, double *out)
{
    return compile_text_value(c, text, (place_t){"m.yaml", 5, 3}, kind, out);
}

static void expect_value(const char *text, value_kind_t kind, double expected)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", MODEL);
    double x = -1;

    cr_assert(value(c, text, kind, &x), "%s: %s", text, diag_text(c->diag, 0));
    cr_assert_float_eq(x, expected, 1e-14 * fabs(expected), "%s is %.17g", text, x);
    fixture_close(&f);
}

static void expect_wrong(const char *text, value_kind_t kind, const char *message)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", MODEL);
    double x;

    cr_assert_not(value(c, text, kind, &x), "%s", text);
    expect_messages(c->diag, message, NULL);
    fixture_close(&f);
}

Test(values, each_kind_comes_in_the_engines_unit)
{
    expect_value("1.5", VALUE_NUMBER, 1.5);
    expect_value("0.32", VALUE_PROBABILITY, 0.32);
    expect_value("32 %", VALUE_PROBABILITY, 0.32);
    expect_value("1 - share", VALUE_PROBABILITY, 0.8);
    expect_value("30 days", VALUE_DURATION, 43200);
    expect_value("0.1 per year", VALUE_RATE, 0.1 / 525960);
    expect_value("price * 2", VALUE_MONEY, 24);
    expect_value("-5 USD", VALUE_MONEY, -5);
    expect_value("price per day", VALUE_MONEY_RATE, 12.0 / 1440);
    expect_value("0.8", VALUE_RATIO, 0.8);
}

Test(values, a_value_without_its_unit_is_told_the_unit)
{
    expect_wrong("40", VALUE_DURATION, "m.yaml:5:3: `40` is a plain number, not a duration: write `40 years`");
    expect_wrong("0.1", VALUE_RATE,
                 "m.yaml:5:3: `0.1` is a plain number, not a rate: write `0.1 per year`, or {probability: 0.1, over: 1 year} if it is a probability");
    expect_wrong("30 %", VALUE_RATE, "m.yaml:5:3: `30 %` is a plain number, not a rate: write {probability: 30 %, over: 1 year}, for example");
    expect_wrong("10", VALUE_MONEY, "m.yaml:5:3: `10` is a plain number, not an amount of money: write `10 USD`");
    expect_wrong("3", VALUE_MONEY_RATE, "m.yaml:5:3: `3` is a plain number, not money per time: write `3 USD per day`");
    expect_wrong("share + 1", VALUE_DURATION, "m.yaml:5:3: `share + 1` is a plain number, not a duration: a duration is written like `40 years`");
}

Test(values, a_value_of_another_kind_is_named)
{
    expect_wrong("3 USD", VALUE_MONEY_RATE, "m.yaml:5:3: `3 USD` is money, not money per time: money per time is written like `10 USD per day`");
    expect_wrong("1 day", VALUE_RATE, "m.yaml:5:3: `1 day` is a time, not a rate: a rate is written like `0.1 per year`");
    expect_wrong("price", VALUE_PROBABILITY, "m.yaml:5:3: `price` is money, not a probability: a probability is written like `0.32`");
    expect_wrong("2 days", VALUE_NUMBER, "m.yaml:5:3: `2 days` is a time, not a number: a number is written like `1.5`");
}

Test(values, values_out_of_their_range_are_refused)
{
    expect_wrong("1.2", VALUE_PROBABILITY, "m.yaml:5:3: `1.2` is not between 0 and 1: write a probability such as `0.32` or `32 %`");
    expect_wrong("32", VALUE_PROBABILITY, "m.yaml:5:3: `32` is not between 0 and 1: write a probability such as `0.32` or `32 %`");
    expect_wrong("-0.1", VALUE_PROBABILITY, "m.yaml:5:3: `-0.1` is not between 0 and 1: write a probability such as `0.32` or `32 %`");
    expect_wrong("-1 per year", VALUE_RATE, "m.yaml:5:3: `-1 per year` is negative: a rate is at least 0");
    expect_wrong("-0.5", VALUE_RATIO, "m.yaml:5:3: `-0.5` is negative: a ratio is at least 0");
    expect_wrong("-1 day", VALUE_DURATION, "m.yaml:5:3: `-1 day` is negative: a duration is at least 0");
    expect_wrong("0 days", VALUE_DURATION, "m.yaml:5:3: `0 days` is no time at all: a duration here is longer than 0, such as `40 years`");
}

static bool node_rate(compiler_t *c, double *out) { return compile_value(c, yaml_get(c->root, "x"), VALUE_RATE, out); }

static void expect_rate(const char *yaml, double expected)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", yaml);
    double x = -1;

    cr_assert(node_rate(c, &x), "%s", diag_text(c->diag, 0));
    cr_assert_float_eq(x, expected, 1e-14 * expected, "%.17g", x);
    fixture_close(&f);
}

static void expect_wrong_rate(const char *yaml, const char *message)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", yaml);
    double x;

    cr_assert_not(node_rate(c, &x));
    expect_messages(c->diag, message, NULL);
    fixture_close(&f);
}

Test(values, a_probability_over_a_period_is_a_rate)
{
    expect_rate("x: {probability: 0.1, over: 10 years}", 0.10536051565782628 / 5259600);  /* -ln 0.9 over minutes */
    expect_rate("x: {probability: 0, over: 1 day}", 0);
    expect_wrong_rate("x: {probability: 1, over: 1 day}",
                      "m.yaml:1:18: no finite rate makes an event certain: write a probability below 1, or an event with a `delay`");
    expect_wrong_rate("x: {probability: 0.1}", "m.yaml:1:4: a probability over a period has no `over`: write {probability: 0.25, over: 1 year}");
    expect_wrong_rate("x: {probability: 0.1, over: 10}", "m.yaml:1:29: `10` is a plain number, not a duration: write `10 years`");
    expect_wrong_rate("x: {probability: 0.1, ovre: 1 day}", "m.yaml:1:23: a rate has no key `ovre`: did you mean `over`?");
    expect_wrong_rate("x: [1]", "m.yaml:1:4: a list stands here instead of a rate: a rate is written like `0.1 per year`");
}

static void expect_minutes(const char *text, int32_t least, int32_t expected, const char *message)
{
    compiler_fixture_t f;
    char yaml[100];
    int32_t minutes = -1;

    snprintf(yaml, sizeof yaml, "x: %s", text);
    compiler_t *c = fixture_open(&f, "m.yaml", yaml);
    cr_assert_eq(compile_minutes(c, yaml_get(c->root, "x"), least, &minutes), message == NULL);
    expect_messages(c->diag, message, NULL);
    if (!message) cr_assert_eq(minutes, expected);
    fixture_close(&f);
}

Test(values, minutes_are_rounded_and_bounded)
{
    expect_minutes("1 day", 1, 1440, NULL);
    expect_minutes("0 days", 0, 0, NULL);
    expect_minutes("0.01 hours", 1, 1, NULL);                /* 0.6 minutes */
    expect_minutes("4084 years", 1, 0, "m.yaml:1:4: `4084 years` is too long: times on record end at 4083 years");
    expect_minutes("4082 years", 1, 2146968720, NULL);       /* 4082 * 525960 */
    expect_minutes("0 days", 1, 0, "m.yaml:1:4: `0 days` is no time at all: a duration here is longer than 0, such as `40 years`");
    expect_minutes("0.001 hours", 1, 0, "m.yaml:1:4: `0.001 hours` is less than half a minute: times on record are whole minutes");
}
