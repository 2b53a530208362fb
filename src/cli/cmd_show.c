/* `popgx show`: what a stored run says about itself. The store tells it as JSON; this file lays it out for people. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/privacy.h"
#include "cli/shared_options.h"
#include "cli/show_conceal.h"
#include "cli/report_print.h"
#include "cli/text_table.h"
#include "stats/conceal.h"
#include "store/answer.h"
#include "store/store.h"

/* A number, a text, or a list of them (the shape of a dataset: 3 x 1000). */
static void write_value(const json_t *value, FILE *out)
{
    size_t i;
    json_t *item;

    switch (json_typeof(value)) {
    case JSON_STRING: fputs(json_string_value(value), out); break;
    case JSON_INTEGER: fprintf(out, "%lld", (long long)json_integer_value(value)); break;
    case JSON_REAL: fprintf(out, "%.8g", json_real_value(value)); break;
    case JSON_TRUE: fputs("yes", out); break;
    case JSON_FALSE: fputs("no", out); break;
    case JSON_NULL: break;
    case JSON_OBJECT: break;
    case JSON_ARRAY:
        json_array_foreach(value, i, item) {
            if (i > 0) fputs(" x ", out);
            write_value(item, out);
        }
        break;
    }
}

static void add_cell(text_table_t *table, const json_t *value)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    INVARIANT(out, "no memory for a line of text");
    if (value) write_value(value, out);
    fclose(out);
    text_table_cell(table, "%s", text);
    free(text);
}

/* The plain values of an object, a line each. */
static void print_facts(json_t *object)
{
    text_table_t *table = text_table_new();
    const char *key;
    json_t *value;

    text_table_column(table, ALIGN_LEFT, "run");
    text_table_column(table, ALIGN_LEFT, "%s", "");
    json_object_foreach(object, key, value) {
        text_table_cell(table, "%s", key);
        add_cell(table, value);
    }
    table_end(table, stdout);
}

/* One line for each record, one column for each key of the NULL-terminated list. */
static void print_records(const json_t *records, const char *const *keys)
{
    text_table_t *table = text_table_new();
    json_t *record, *first = json_array_get(records, 0);
    size_t i;

    for (size_t k = 0; keys[k]; k++)
        text_table_column(table, json_is_number(json_object_get(first, keys[k])) ? ALIGN_RIGHT : ALIGN_LEFT, "%s", keys[k]);
    json_array_foreach(records, i, record)
        for (size_t k = 0; keys[k]; k++) add_cell(table, json_object_get(record, keys[k]));
    putchar('\n');
    table_end(table, stdout);
}

/* Where it comes from, the outcomes, and what is in the file. */
static void print_text(const json_t *root)
{
    const json_t *unfinished = json_object_get(root, "unfinished"), *run = json_object_get(root, "run");
    const json_t *part = json_object_get(run, "part"), *parts = json_object_get(run, "parts");

    if (json_integer_value(parts) > 0)
        printf("part %lld of %lld of a run, not the whole of it; popgx merge joins the parts\n\n", (long long)json_integer_value(part),
               (long long)json_integer_value(parts));
    print_facts(json_object_get(root, "run"));
    if (json_object_get(root, "journals")) {
        print_records(json_object_get(root, "journals"), (const char *const[]){"path", "bytes", "state", NULL});
        print_records(json_object_get(root, "missing"), (const char *const[]){"first_patient", "patients", NULL});
        return;
    }
    if (unfinished) {
        puts("\nA run that would replace it is not finished:\n");
        print_text(unfinished);
    }
    print_records(json_object_get(json_object_get(root, "results"), "outcomes"),
                  (const char *const[]){"strategy", "outcome", "unit", "mean", "se", NULL});
    if (json_object_get(root, "disclosure")) printf("\n%s\n", json_string_value(json_object_get(json_object_get(root, "disclosure"), "rule")));
    print_records(json_object_get(root, "datasets"), (const char *const[]){"path", "shape", "unit", "description", NULL});
}

static popgx_err_t print_csv(const char *path, uint64_t min_cell)
{
    answer_t answer = {0};
    popgx_err_t err;

    TRY(answer_read(path, &answer));
    privacy_begin(answer.model);
    TRY(tally_conceal(&answer.tally, (double)min_cell));
    TRY(report_print_csv(&answer.tally, 0, stdout));
out:
    answer_release(&answer);
    return err;
}

popgx_err_t cmd_show(int argc, char **argv)
{
    bool is_json = false, is_csv = false;
    uint64_t min_cell = PRIVACY_MINIMUM;
    const option_t options[] = {
        PRIVACY_OPTION(&min_cell),
        JSON_OPTION(&is_json),
        CSV_OPTION(&is_csv),
    };
    const usage_t usage = {
        "show", "RUN.h5",
        "Prints what a stored run says about itself: the command that made it, settings, checksums, outcomes, and what is in\n"
        "the file. Of a run that is still going on or was interrupted: which patients are done and which are missing.\n"
        "--json and --csv print the other results too.",
        "  popgx show run.h5\n"
        "  popgx show run.h5 --json | python3 -m json.tool\n"
        "  popgx show run.h5 --csv > results.csv\n",
        options, sizeof options / sizeof *options};
    const char *path;
    char *text = NULL;
    json_error_t problem;

    popgx_err_t err = options_parse(&usage, argc, argv, &path);
    if (err || !path) return err;
    if (is_csv) return print_csv(path, min_cell);
    err = store_describe(path, &text);
    if (err) return err;
    json_t *root = json_loads(text, 0, &problem);
    free(text);
    if (!root) BUG("store_describe made JSON that cannot be read: %s", problem.text);
    err = show_conceal(path, min_cell, root);
    if (!err && is_json) return json_print(root);
    if (!err) print_text(root);
    json_decref(root);
    return err;
}
