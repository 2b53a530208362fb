/* Named quantities, in the model and in sheets. */
#include <math.h>
#include <unistd.h>

#include "unit/compiler_fixture.h"

/* What a text says that may name parameters. */
static bool evaluate(compiler_t *c, const char *text, place_t place, quantity_t *out)
{
    const quantity_names_t names = compile_parameter_names(c);
    return quantity_parse(text, place, &c->units, &names, c->diag, out);
}

static void expect_quantity(compiler_t *c, const char *name, double value, int time, int money)
{
    quantity_t q;

    cr_assert(evaluate(c, name, (place_t){"m.yaml", 1, 1}, &q), "%s", name);
    cr_assert_float_eq(q.value, value, 1e-14 * fabs(value), "%s is %.17g", name, q.value);
    cr_assert(q.time == time && q.money == money, "%s is %s", name, quantity_dimension(q.time, q.money));
}

Test(parameters, every_form_gives_a_quantity)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml",
        "parameters:\n"
        "  carrier share: {value: 0.20, distribution: {beta: [20, 80]}, source: base case}\n"
        "  indication: {probability: 0.10, over: 10 years, range: [0.05, 0.2]}\n"
        "  ratio alt: {value: 0.8, range: [0.6, 1.0], distribution: {lognormal: {mean: 0.8, sd: 0.1}}}\n"
        "  price: {value: 3, unit: USD per day, range: [1, 5]}\n"
        "  bleeding: {rate: 0.1 per year}\n"
        "  deflator 2011: {value: 224.923 / 245.1393, source: CPI}\n"
        "  shares: {value: 1, distribution: {PERT: [0, 1, 3]}}\n");

    compile_parameters(c);
    expect_quantity(c, "carrier share", 0.2, 0, 0);
    expect_quantity(c, "indication", 0.10536051565782628 / 5259600, -1, 0);     /* -ln 0.9 */
    expect_quantity(c, "ratio alt", 0.8, 0, 0);
    expect_quantity(c, "price", 3.0 / 1440, -1, 1);
    expect_quantity(c, "bleeding", 0.1 / 525960, -1, 0);
    expect_quantity(c, "deflator 2011", 224.923 / 245.1393, 0, 0);
    expect_messages(c->diag, NULL);
    fflush(c->summary);
    cr_assert_str_eq(f.report.summary, "parameters: 7, 3 of them with a distribution\n  carrier share: 0.2\n  indication: 0.0105361 per year\n"
                                       "  ratio alt: 0.8\n  price: 1095.75 USD per year\n  bleeding: 0.1 per year\n"
                                       "  deflator 2011: 0.917531\n  shares: 1\n");
    fixture_close(&f);
}

Test(parameters, order_does_not_matter)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml",
        "parameters:\n  c: a * b\n  b: {value: a + 1, distribution: {uniform: [a, later]}}\n  a: 2\n  later: 9\n");

    compile_parameters(c);
    expect_quantity(c, "c", 6, 0, 0);
    expect_messages(c->diag, NULL);
    fixture_close(&f);
}

Test(parameters, circles_are_reported_once)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "parameters:\n  a: b + 1\n  b: 2 * c\n  c: a\n  d: d\n  e: a + d\n");

    compile_parameters(c);
    expect_messages(c->diag, "m.yaml:2:3: `a` depends on itself (a -> b -> c -> a): give one of them a value of its own",
                    "m.yaml:5:3: `d` depends on itself (d -> d): give one of them a value of its own", NULL);
    fixture_close(&f);
}

Test(parameters, a_long_chain_written_backwards_is_refused_and_not_followed_to_the_end)
{
    compiler_fixture_t f;
    char yaml[100000];
    size_t n = (size_t)sprintf(yaml, "parameters:\n");

    for (int i = 0; i < 2000; i++) n += (size_t)sprintf(yaml + n, "  p%d: p%d\n", i, i + 1);
    sprintf(yaml + n, "  p2000: 1\n");
    compiler_t *c = fixture_open(&f, "m.yaml", yaml);
    compile_parameters(c);
    cr_assert_str_eq(diag_text(c->diag, 0), "m.yaml:66:3: more than 64 parameters refer to each other in a chain: define it before those that need it");
    fixture_close(&f);
}

Test(parameters, mistakes_are_all_reported_with_their_fix)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml",
        "parameters:\n"
        "  a: 2 * bb\n"
        "  bbb: 1\n"
        "  c: {valeu: 1}\n"
        "  d: {value: 1, rate: 2 per year}\n"
        "  e: {probability: 0.5}\n"
        "  f: {value: 1, range: 3}\n"
        "  g: {value: 1, range: [2, 3]}\n"
        "  h: {value: 1 USD, unit: USD}\n"
        "  i: {value: 1, range: [0 days, 2 days]}\n"
        "  j: {rate: 3}\n"
        "  k: {probability: 1, over: 1 year}\n"
        "  l: {value: 1, distribution: {bta: [1, 2]}}\n"
        "  m: {value: 1, distribution: {beta: [1]}}\n"
        "  n: {value: 1, distribution: {triangular: {mean: 1, sd: 2}}}\n"
        "  o: {value: 1, distribution: {normal: {mean: 1}}}\n"
        "  p: {value: 1, unit: prob}\n"
        "  q: [1]\n"
        "  r: {source: none}\n");

    compile_parameters(c);
    expect_messages(c->diag,
        "m.yaml:2:10: `bb` is not a known name: did you mean `bbb`?",
        "m.yaml:4:6: the parameter `c` has no value: give one of `value`, `rate`, or `probability` with `over`",
        "m.yaml:4:7: the parameter `c` has no key `valeu`: did you mean `value`?",
        "m.yaml:5:6: the parameter `d` has two values: give one of `value`, `rate`, or `probability` with `over`",
        "m.yaml:6:6: the parameter `e` has no `over`: write {probability: 0.25, over: 1 year}",
        "m.yaml:7:24: a range is not a list of two values: write `range: [LOW, HIGH]`",
        "m.yaml:8:25: the range of `g` (2 to 3) does not contain its value: the value lies between the two ends, the lower first",
        "m.yaml:9:14: the value of `h` has a unit already: write the number alone, or leave `unit` out",
        "m.yaml:10:25: the value of `i` is a plain number and its range a time: give the range in the unit of the value",
        "m.yaml:11:13: `3` is a plain number, not a rate: a rate is written like `0.1 per year`",
        "m.yaml:12:20: no finite rate makes an event certain: write a probability below 1",
        "m.yaml:13:32: `bta` is not a known distribution: did you mean `beta`?",
        "m.yaml:14:38: 1 numbers for a beta distribution: write it like beta: [20, 80]",
        "m.yaml:15:44: the numbers of a triangular distribution are missing: write it like triangular: [0.6, 0.8, 1]",
        "m.yaml:16:40: a normal distribution has no `sd`: write {mean: 0.8, sd: 0.1}",
        "m.yaml:17:23: `prob` is neither a unit nor an operator: "
            "units are minutes, hours, days, weeks, months, years, %, USD, and `per` before one",
        "m.yaml:18:6: the parameter `q` is not a mapping: write `key: value` pairs",
        "m.yaml:19:6: the parameter `r` has no value: give one of `value`, `rate`, or `probability` with `over`",
        NULL);
    fixture_close(&f);
}

Test(parameters, names_must_be_usable_in_expressions)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "parameters:\n  2nd line: 1\n  day: 1\n  ln: 1\n  a+b: 1\n  rest: 1\n  USD: 2\n  t-PA cost.2: 3\n");

    compile_parameters(c);
    expect_messages(c->diag,
        "m.yaml:2:3: `2nd line` cannot be the name of a parameter: "
            "names consist of letters, digits, blanks, _ . and -, and start with a letter",
        "m.yaml:3:3: `day` means something else in expressions: choose another name",
        "m.yaml:4:3: `ln` means something else in expressions: choose another name",
        "m.yaml:5:3: the parameter `a+b` has a `+` in its name: names consist of letters, digits, blanks, _ . and -, and start with a letter",
        "m.yaml:6:3: `rest` means something else in expressions: choose another name",
        "m.yaml:7:3: `USD` means something else in expressions: choose another name", NULL);
    fixture_close(&f);
}

Test(parameters, the_user_of_a_wrong_parameter_is_not_told_that_it_is_missing)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "parameters:\n  a: {value: 1 +}\n  b: a\n");
    double x;

    compile_parameters(c);
    cr_assert_not(compile_text_value(c, "a * 2", (place_t){"m.yaml", 9, 9}, VALUE_NUMBER, &x));
    cr_assert_not(compile_text_value(c, "b", (place_t){"m.yaml", 9, 9}, VALUE_NUMBER, &x));
    expect_messages(c->diag, "m.yaml:2:17: the expression ends too early: write a number, a name or an expression", NULL);
    fixture_close(&f);
}

Test(parameters, what_nobody_uses_is_a_warning)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "parameters:\n  used: 1\n  indirect: 2\n  through: indirect\n  forgotten: 3\n");
    double x;

    compile_parameters(c);
    cr_assert(compile_text_value(c, "used + through", (place_t){"m.yaml", 9, 9}, VALUE_NUMBER, &x));
    compile_unused_parameters(c);
    expect_messages(c->diag, "m.yaml:5:3: warning: the parameter `forgotten` is not used: remove it, or check the names where it should be used", NULL);
    cr_assert_eq(diag_errors(c->diag), 0);
    fixture_close(&f);
}

Test(parameters, an_unknown_parameter_is_reported_with_the_nearest)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "parameters:\n  carrier share: 1\n");
    quantity_t q;

    cr_assert_not(evaluate(c, "carier share", (place_t){"m.yaml", 3, 4}, &q));
    cr_assert_not(evaluate(c, "zzz", (place_t){"m.yaml", 4, 4}, &q));
    expect_messages(c->diag, "m.yaml:3:4: `carier share` is not a known name: did you mean `carrier share`?",
                    "m.yaml:4:4: `zzz` is not a known name: define it under `parameters`", NULL);
    fixture_close(&f);
}

Test(parameters, a_model_without_parameters_is_fine)
{
    compiler_fixture_t f;
    compiler_t *c = fixture_open(&f, "m.yaml", "popgx: 1\n");

    compile_parameters(c);
    compile_unused_parameters(c);
    expect_messages(c->diag, NULL);
    fixture_close(&f);
}

/* ---- sheets ---- */

static char folder[] = "/tmp/popgx_sheet_XXXXXX";

static void write_sheet(const char *text)
{
    char path[100];

    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/inputs.csv", folder);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void remove_sheet(void)
{
    char path[100];

    snprintf(path, sizeof path, "%s/inputs.csv", folder);
    unlink(path);
    rmdir(folder);
}

static compiler_t *open_sheet(compiler_fixture_t *f, const char *yaml, const char *sheet)
{
    static char path[100];

    write_sheet(sheet);
    snprintf(path, sizeof path, "%s/m.yaml", folder);
    return fixture_open(f, path, yaml);
}

Test(parameters, a_sheet_and_the_model_can_share_the_work, .fini = remove_sheet)
{
    compiler_fixture_t f;
    compiler_t *c = open_sheet(&f, "parameters:\n  file: inputs.csv\n  total: clopidogrel price * 2\n",
        "name,value,unit,source,low,high,distribution,note\n"
        "clopidogrel price,0.25,USD per day,Red Book,0.1,0.5,\"gamma(4, 0.0625)\",generic\n"
        "bleeding,0.1 per year,,,,,,\n");

    compile_parameters(c);
    expect_quantity(c, "clopidogrel price", 0.25 / 1440, -1, 1);
    expect_quantity(c, "total", 0.5 / 1440, -1, 1);
    expect_quantity(c, "bleeding", 0.1 / 525960, -1, 0);
    expect_messages(c->diag, NULL);
    cr_assert_eq(f.report.n_sources, 1);
    cr_assert_str_eq(f.report.sources[0].path, "inputs.csv");
    fixture_close(&f);
}

Test(parameters, mistakes_in_a_sheet_are_found_in_the_sheet, .fini = remove_sheet)
{
    compiler_fixture_t f;
    char expected[8][300];
    compiler_t *c = open_sheet(&f, "parameters: {file: inputs.csv, a: 1}\n",
        "name,value,low,high,distributoin\n"
        "a,2,,,\n"
        "b,,,,\n"
        "c,1,0,,\n"
        "d,1 +,,,\n");

    compile_parameters(c);
    snprintf(expected[0], 300, "%s/inputs.csv:1:21: warning: the column `distributoin` is not used: did you mean `distribution`?", folder);
    snprintf(expected[1], 300, "%s/inputs.csv:2:1: the parameter `a` is given twice: the first is at %s/m.yaml:1", folder, folder);
    snprintf(expected[2], 300, "%s/inputs.csv:3:3: a value is missing: write a number, a name or an expression", folder);
    snprintf(expected[3], 300, "%s/inputs.csv:4:1: the parameter `c` has half a range: fill in `low` and `high`, or neither", folder);
    snprintf(expected[4], 300, "%s/inputs.csv:5:6: the expression ends too early: write a number, a name or an expression", folder);
    expect_messages(c->diag, expected[0], expected[1], expected[2], expected[3], expected[4], NULL);
    fixture_close(&f);
}

Test(parameters, distributions_in_a_sheet_are_checked, .fini = remove_sheet)
{
    compiler_fixture_t f;
    char expected[4][300];
    compiler_t *c = open_sheet(&f, "parameters: {file: inputs.csv}\n",
        "name,value,distribution\n"
        "a,1,\"uniform(min(0, 1), 2)\"\n"
        "b,1,beta\n"
        "c,1,beta(1)\n"
        "d,1,\"poisson(1, 2)\"\n"
        "e,1,\"normal(1, x)\"\n");

    compile_parameters(c);
    snprintf(expected[0], 300, "%s/inputs.csv:3:5: `beta` is not a distribution with its numbers: write it like beta(20, 80)", folder);
    snprintf(expected[1], 300, "%s/inputs.csv:4:5: 1 numbers for a beta distribution: write it like beta: [20, 80]", folder);
    snprintf(expected[2], 300, "%s/inputs.csv:5:5: `poisson` is not a known distribution: "
                               "there are normal, lognormal, gamma, beta, uniform, triangular and PERT", folder);
    snprintf(expected[3], 300, "%s/inputs.csv:6:15: `x` is not a known name: define it under `parameters`", folder);
    expect_messages(c->diag, expected[0], expected[1], expected[2], expected[3], NULL);
    fixture_close(&f);
}

Test(parameters, a_sheet_that_is_not_there_or_has_the_wrong_columns_is_reported, .fini = remove_sheet)
{
    compiler_fixture_t f;
    char expected[2][300];
    compiler_t *c = open_sheet(&f, "parameters: {file: [inputs.csv, other.csv]}\n", "param,value\nx,1\n");

    compile_parameters(c);
    snprintf(expected[0], 300, "%s/inputs.csv:1:1: the sheet has no column `name`: "
                               "its columns are name, value and, if wanted, unit, source, low, high, distribution", folder);
    snprintf(expected[1], 300, "%s/m.yaml:1:33: cannot read the table (%s/other.csv: No such file or directory): "
                               "tables are named relative to the file that names them", folder, folder);
    expect_messages(c->diag, expected[0], expected[1], NULL);
    fixture_close(&f);
}
