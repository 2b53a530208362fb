/* Options: values, and what a mistake is answered with. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/options.h"

typedef struct {
    bool is_json;
    uint64_t patients, seed;
    const char *output;
} values_t;

enum { MOST_WORDS = 8 };

static popgx_err_t parse(values_t *values, const char **operand, const char *const *words)
{
    const option_t options[] = {
        {"output", 'o', OPTION_TEXT, &values->output, "FILE", ""},
        {"patients", 0, OPTION_COUNT, &values->patients, "N", ""},
        {"seed", 0, OPTION_NUMBER, &values->seed, "N", ""},
        {"json", 0, OPTION_FLAG, &values->is_json, NULL, ""},
    };
    const usage_t usage = {"run", "MODEL", "", "", options, sizeof options / sizeof *options};
    char copies[MOST_WORDS][64], *argv[MOST_WORDS + 1] = {NULL};
    static char operand_text[64];
    int argc = 0;

    for (; words[argc]; argc++) argv[argc] = strcpy(copies[argc], words[argc]);
    popgx_err_t err = options_parse(&usage, argc, argv, operand);
    if (!err && *operand) *operand = strcpy(operand_text, *operand);
    return err;
}

#define PARSE(values, operand, ...) parse(values, operand, (const char *const[]){"run", __VA_ARGS__, NULL})

Test(options, values_arrive_in_any_order_around_the_operand)
{
    values_t values = {0};
    const char *operand;
    cr_assert_eq(PARSE(&values, &operand, "--patients=1e6", "model.yaml", "--json", "--seed", "0"), POPGX_OK);
    cr_expect_str_eq(operand, "model.yaml");
    cr_expect_eq(values.patients, 1000000);
    cr_expect_eq(values.seed, 0);
    cr_expect(values.is_json);
}

static void expect_complaint(const char *complaint, const char *word1, const char *word2)
{
    values_t values = {0};
    const char *operand;
    cr_expect_eq(PARSE(&values, &operand, word1, word2), POPGX_E_INPUT);
    cr_expect(strstr(popgx_err_detail(), complaint), "'%s' does not say '%s'", popgx_err_detail(), complaint);
}

Test(options, mistakes_are_answered_with_what_would_be_right)
{
    expect_complaint("unknown option '--patient-s': did you mean '--patients'?", "m.yaml", "--patient-s=5");
    expect_complaint("unknown option '--zzzzzzzzz': popgx run --help", "m.yaml", "--zzzzzzzzz");
    expect_complaint("unknown option '-z'", "m.yaml", "-z");
    expect_complaint("--output needs an argument: --output FILE", "m.yaml", "-o");
    expect_complaint("--patients needs an argument: --patients N", "m.yaml", "--patients");
    expect_complaint("--patients '0' is not a whole number of at least 1", "m.yaml", "--patients=0");
    expect_complaint("--seed 'x' is not a whole number of at least 0", "m.yaml", "--seed=x");
    expect_complaint("--json takes no argument", "m.yaml", "--json=1");
    expect_complaint("one MODEL at a time: 'b.yaml' is too much", "a.yaml", "b.yaml");
    expect_complaint("MODEL is missing", "--json", NULL);
}

Test(options, lists_are_cut_at_commas_and_names_may_have_blanks)
{
    name_list_t list;
    cr_assert_eq(name_list_parse("no test, reactive test", &list), POPGX_OK);
    cr_expect_eq(list.n, 2);
    cr_expect_str_eq(list.names[0], "no test");
    cr_expect_str_eq(list.names[1], "reactive test");
    name_list_release(&list);
    cr_assert_eq(name_list_parse(NULL, &list), POPGX_OK);
    cr_expect_eq(list.n, 0);
    name_list_release(&list);
    cr_expect_eq(name_list_parse("a,,b", &list), POPGX_E_INPUT);
    name_list_release(&list);
}
