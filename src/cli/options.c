/*
 * Turns a table of options into what getopt_long wants, and its answers into values and messages.
 * Uses getopt's global state, so only the main thread may call it.
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"
#include "cluster/cluster.h"
#include "core/memory.h"
#include "spec/diag.h"

enum { MAX_OPTIONS = 32, FIRST_CODE = 256 }; /* option i is told by code FIRST_CODE + i */
enum { OPTION_WIDTH = 29, TEXT_WIDTH = 90 }; /* of the help's two columns */

/* The text in lines of at most TEXT_WIDTH characters, all but the first behind `indent` blanks. */
static void print_wrapped(const char *text, int indent)
{
    while (strlen(text) > TEXT_WIDTH) {
        size_t n = TEXT_WIDTH;
        while (n > 1 && text[n] != ' ') n--;
        printf("%.*s\n%*s", (int)n, text, indent, "");
        text += n + strspn(text + n, " ");
    }
    puts(text);
}

static void print_option(const option_t *option)
{
    char left[64] = "", letter[8] = "    ";

    if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    printf("%-*s ", OPTION_WIDTH, left);
    print_wrapped(option->help, OPTION_WIDTH + 1);
}

static void print_help(const usage_t *usage)
{
    const option_t help = {"help", 'h', OPTION_FLAG, NULL, NULL, "print this help"};

    printf("usage: popgx %s %s [options]\n\n%s\n\noptions:\n", usage->command, usage->operand, usage->summary);
    for (size_t i = 0; i < usage->n_options; i++) print_option(&usage->options[i]);
    print_option(&help);
    printf("\nexamples:\n%s", usage->examples);
}

static popgx_err_t fail_unknown(const usage_t *usage, const char *given)
{
    char known[MAX_OPTIONS + 1][64];
    const char *names[MAX_OPTIONS + 1];
    size_t length = strcspn(given, "="), n = usage->n_options;

    for (size_t i = 0; i <= n; i++) {
        snprintf(known[i], sizeof known[i], "--%s", i < n ? usage->options[i].name : "help");
        names[i] = known[i];
    }
    char asked[64];
    snprintf(asked, sizeof asked, "%.*s", (int)(length < 60 ? length : 60), given);
    const char *nearest = diag_nearest(asked, names, n + 1);
    if (nearest) return FAIL(INPUT, "unknown option '%s': did you mean '%s'?", asked, nearest);
    return FAIL(INPUT, "unknown option '%s': popgx %s --help lists the options", asked, usage->command);
}

/* getopt_long gave '?': the option is unknown, ambiguous, or is a flag that was given an argument. */
static popgx_err_t fail_option(const usage_t *usage, char **argv, int code)
{
    if (code >= FIRST_CODE)
        return FAIL(INPUT, "--%s takes no argument", usage->options[code - FIRST_CODE].name);
    if (code != 0) {
        char given[3] = {'-', (char)code, 0};
        return fail_unknown(usage, given);
    }
    return fail_unknown(usage, argv[optind - 1]);
}

static popgx_err_t set_option(const option_t *option, const char *text)
{
    switch (option->kind) {
    case OPTION_FLAG: *(bool *)option->value = true; return POPGX_OK;
    case OPTION_TEXT: *(const char **)option->value = text; return POPGX_OK;
    case OPTION_COUNT:
    case OPTION_NUMBER: break;
    }
    uint64_t number, smallest = option->kind == OPTION_COUNT;
    if (!number_parse(text, &number) || number < smallest || number > INT64_MAX)
        return FAIL(INPUT, "--%s '%s' is not a whole number of at least %llu: write it as 250000, 250_000, 250k, 2.5e5 or 1M",
                    option->name, text, (unsigned long long)smallest);
    *(uint64_t *)option->value = number;
    return POPGX_OK;
}

static void make_getopt(const usage_t *usage, struct option *longs, char *shorts)
{
    size_t i, n = usage->n_options;

    *shorts++ = ':'; /* tells a missing argument from an unknown option */
    *shorts++ = 'h';
    for (i = 0; i < n; i++) {
        const option_t *option = &usage->options[i];
        longs[i] = (struct option){option->name, option->kind == OPTION_FLAG ? no_argument : required_argument, NULL,
                                   FIRST_CODE + (int)i};
        if (!option->letter) continue;
        *shorts++ = option->letter;
        if (option->kind != OPTION_FLAG) *shorts++ = ':';
    }
    longs[n] = (struct option){"help", no_argument, NULL, 'h'};
    longs[n + 1] = (struct option){0};
    *shorts = 0;
}

static const option_t *find_option(const usage_t *usage, int code)
{
    if (code >= FIRST_CODE) return &usage->options[code - FIRST_CODE];
    for (size_t i = 0; i < usage->n_options; i++)
        if (usage->options[i].letter == (char)code) return &usage->options[i];
    BUG("option code %d of popgx %s", code, usage->command);
}

static popgx_err_t fail_no_operand(const usage_t *usage)
{
    return FAIL(INPUT, "%s is missing: popgx %s %s", usage->operand, usage->command, usage->operand);
}

static popgx_err_t take_operand(const usage_t *usage, int argc, char **argv, const char **operand)
{
    if (optind >= argc && usage->operand[0] == '[') {
        *operand = "";
        return POPGX_OK;
    }
    if (optind >= argc) return fail_no_operand(usage);
    if (optind + 1 < argc)
        return FAIL(INPUT, "one %s at a time: '%s' is too much", usage->operand, argv[optind + 1]);
    *operand = argv[optind];
    return POPGX_OK;
}

/* All options; the operands are behind optind. */
static popgx_err_t parse_options(const usage_t *usage, int argc, char **argv, bool *is_helped)
{
    struct option longs[MAX_OPTIONS + 2];
    char shorts[2 * MAX_OPTIONS + 3];
    int code;

    INVARIANT(usage->n_options <= MAX_OPTIONS, "too many options: %zu", usage->n_options);
    make_getopt(usage, longs, shorts);
    *is_helped = false;
    opterr = 0;
    optind = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == 'h') {
            if (cluster_rank() == 0) print_help(usage);
            *is_helped = true;
            return POPGX_OK;
        }
        if (code == '?') return fail_option(usage, argv, optopt);
        if (code == ':') {
            const option_t *option = find_option(usage, optopt);
            return FAIL(INPUT, "--%s needs an argument: --%s %s", option->name, option->name, option->argument);
        }
        popgx_err_t err = set_option(find_option(usage, code), optarg);
        if (err) return err;
    }
    return POPGX_OK;
}

popgx_err_t options_parse(const usage_t *usage, int argc, char **argv, const char **operand)
{
    bool is_helped;
    popgx_err_t err = parse_options(usage, argc, argv, &is_helped);

    *operand = NULL;
    return err || is_helped ? err : take_operand(usage, argc, argv, operand);
}

popgx_err_t options_parse_many(const usage_t *usage, int argc, char **argv, const char *const **operands, size_t *n)
{
    bool is_helped;
    popgx_err_t err = parse_options(usage, argc, argv, &is_helped);

    *operands = (const char *const *)argv + optind;
    *n = 0;
    if (err || is_helped) return err;
    if (optind >= argc) return fail_no_operand(usage);
    *n = (size_t)(argc - optind);
    return POPGX_OK;
}

popgx_err_t name_list_parse(const char *text, name_list_t *out)
{
    *out = (name_list_t){0};
    if (!text) return POPGX_OK;
    size_t most = 1;
    for (const char *c = text; *c; c++) most += *c == ',';
    out->text = memory_resize(NULL, strlen(text) + 1, 1);
    strcpy(out->text, text);
    out->names = memory_resize(NULL, most, sizeof *out->names);
    for (char *rest = out->text, *name; (name = strsep(&rest, ",")) != NULL;) {
        name += strspn(name, " ");
        for (size_t n = strlen(name); n > 0 && name[n - 1] == ' '; n--) name[n - 1] = 0;
        if (!*name) return FAIL(INPUT, "the list '%s' has an empty name: write a,b,c", text);
        out->names[out->n++] = name;
    }
    return POPGX_OK;
}

void name_list_release(name_list_t *list)
{
    free(list->names);
    free(list->text);
    *list = (name_list_t){0};
}
