/* `popgx show`: what a stored run says about itself. The store tells it as JSON; this file lays it out for people. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/text_table.h"
#include "store/store.h"

static bool is_plain(const json_t *value) { return !json_is_object(value) && !json_is_array(value); }

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

/* The keys of all rows, each once, in the order in which they come up; the values are the rows' first. */
static json_t *columns_of(const json_t *rows)
{
    json_t *columns = json_object(), *row, *value;
    size_t i;
    const char *key;

    json_array_foreach(rows, i, row)
        json_object_foreach(row, key, value)
            if (!json_object_get(columns, key)) json_object_set(columns, key, value);
    return columns;
}

static text_table_t *table_of_rows(const json_t *rows)
{
    json_t *columns = columns_of(rows), *row, *value;
    text_table_t *table = text_table_new();
    size_t i;
    const char *key;

    json_object_foreach(columns, key, value)
        text_table_column(table, json_is_number(value) ? ALIGN_RIGHT : ALIGN_LEFT, "%s", key);
    json_array_foreach(rows, i, row)
        json_object_foreach(columns, key, value) add_cell(table, json_object_get(row, key));
    json_decref(columns);
    return table;
}

/* The plain values of an object, a line each. */
static text_table_t *table_of_facts(json_t *object)
{
    text_table_t *table = text_table_new();
    const char *key;
    json_t *value;

    text_table_column(table, ALIGN_LEFT, "what");
    text_table_column(table, ALIGN_LEFT, "value");
    json_object_foreach(object, key, value) {
        if (!is_plain(value)) continue;
        text_table_cell(table, "%s", key);
        add_cell(table, value);
    }
    return table;
}

/* Facts and lists of records are tables, each under its name; what has parts is shown part by part. */
static void print_part(const char *name, json_t *part)
{
    text_table_t *table = json_is_array(part) ? table_of_rows(part) : table_of_facts(part);
    const char *key;
    json_t *value;

    if (text_table_rows(table) > 0) {
        printf("%s\n", name);
        text_table_print(table, stdout);
        putchar('\n');
    }
    text_table_free(table);
    json_object_foreach(part, key, value)
        if (!is_plain(value)) print_part(key, value);
}

popgx_err_t cmd_show(int argc, char **argv)
{
    bool is_json = false;
    const option_t options[] = {{"json", 0, OPTION_FLAG, &is_json, NULL, "print one JSON object on standard output"}};
    const usage_t usage = {
        "show", "RUN.h5",
        "Prints what a stored run says about itself: the command it came from, settings, checksums, results, shapes.",
        "  popgx show run.h5\n"
        "  popgx show run.h5 --json | python3 -m json.tool\n",
        options, sizeof options / sizeof *options};
    const char *path;
    char *text = NULL;
    json_error_t problem;

    popgx_err_t err = options_parse(&usage, argc, argv, &path);
    if (err || !path) return err;
    err = store_describe(path, &text);
    if (err) return err;
    json_t *root = json_loads(text, 0, &problem);
    free(text);
    if (!root) BUG("store_describe made JSON that cannot be read: %s", problem.text);
    if (is_json) return json_print(root);
    print_part(path, root);
    json_decref(root);
    return POPGX_OK;
}
