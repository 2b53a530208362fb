/* `popgx check`: is the model right, and what was understood? Simulates only if it is to verify the model (verify.h). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/model_input.h"
#include "cli/shared_options.h"
#include "cli/text_table.h"
#include "cli/verify.h"

static json_t *names_of_levels(const model_t *m, int32_t slot)
{
    json_t *names = json_array();
    for (int32_t l = 0; l < m->slots[slot].level_names.count; l++)
        json_array_append_new(names, json_string(model_level_name(m, slot, l)));
    return names;
}

static json_t *slots_json(const model_t *m, model_slot_kind_t kind)
{
    json_t *slots = json_object();
    for (int32_t s = 0; s < m->n_slots; s++)
        if (m->slots[s].kind == (int32_t)kind && m->slots[s].is_reported)
            json_object_set_new(slots, model_text(m, m->slots[s].name), names_of_levels(m, s));
    return slots;
}

static json_t *genes_json(const model_t *m)
{
    json_t *genes = json_object();
    for (int32_t g = 0; g < m->n_genes; g++) {
        const model_gene_t *gene = &m->genes[g];
        json_t *alleles = json_array();
        for (int32_t a = 0; a < gene->allele_names.count; a++)
            json_array_append_new(alleles, json_string(model_text(m, m->name_list[gene->allele_names.first + a])));
        json_object_set_new(genes, model_text(m, gene->name), alleles);
    }
    return genes;
}

/* Names of all records of an array of the model whose records have a `name`. */
#define NAMES(out, m, array)                                                                   \
    do {                                                                                       \
        for (int32_t i_ = 0; i_ < (m)->n_##array; i_++)                                        \
            json_array_append_new((out), json_string(model_text((m), (m)->array[i_].name)));   \
    } while (0)

static json_t *model_json(const model_t *m)
{
    json_t *strategies = json_array(), *outcomes = json_array(), *tests = json_array(), *numbers = json_array();
    json_t *clocks = json_array(), *thresholds = json_array();

    NAMES(strategies, m, strategies);
    NAMES(outcomes, m, outcomes);
    NAMES(tests, m, tests);
    NAMES(numbers, m, numbers);
    for (int32_t c = 0; c < m->n_clocks; c++)
        json_array_append_new(clocks, json_string(model_text(m, m->moments[m->clocks[c].moment].name)));
    for (int32_t t = 0; t < m->settings.thresholds.count; t++)
        json_array_append_new(thresholds, json_number(m->reals[m->settings.thresholds.first + t]));
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "title",
                     model_text(m, m->settings.title), "source", model_text(m, m->settings.source), "currency",
                     model_text(m, m->settings.currency), "horizon_minutes", m->settings.horizon, "minutes_per_year",
                     json_number(m->settings.minutes_per_year), "attributes", slots_json(m, SLOT_ATTRIBUTE), "numbers",
                     numbers, "genes", genes_json(m), "processes", slots_json(m, SLOT_PROCESS), "clocks", clocks, "tests",
                     tests, "strategies", strategies, "outcomes", outcomes, "thresholds", thresholds);
}

static popgx_err_t print_json(const char *path, const diagnostics_t *diag, const model_t *model, const char *summary)
{
    size_t errors = diag_errors(diag), all = errors + diag_warnings(diag);
    json_t *messages = json_array();

    for (size_t i = 0; i < all; i++) {
        const char *text = diag_text(diag, i);
        if (text) json_array_append_new(messages, json_string(text));
    }
    json_t *root = json_pack("{s:s, s:b, s:I, s:I, s:o, s:o, s:o}", "file", path, "is_valid", model != NULL, "errors",
                             (json_int_t)errors, "warnings", (json_int_t)(all - errors), "messages", messages, "model",
                             model ? model_json(model) : json_null(), "summary",
                             model && summary ? json_string(summary) : json_null());
    return json_print(root);
}

static const char *verdict_word(verdict_t verdict)
{
    static const char *const words[] = {"passed", "FAILED", "not applicable"};
    return words[verdict];
}

static void print_verification(const verify_report_t *verified)
{
    text_table_t *table = text_table_new();

    text_table_column(table, ALIGN_LEFT, "check");
    text_table_column(table, ALIGN_LEFT, "verdict");
    text_table_column(table, ALIGN_LEFT, "what must be");
    text_table_column(table, ALIGN_LEFT, "what was found");
    for (size_t i = 0; i < verified->n; i++) {
        const verify_check_t *check = &verified->checks[i];
        text_table_cell(table, "%s", check->name);
        text_table_cell(table, "%s", verdict_word(check->verdict));
        text_table_cell(table, "%s", check->demand);
        text_table_cell(table, "%s", check->found);
    }
    text_table_print(table, stdout);
    text_table_free(table);
    puts("\nWhat a program cannot judge is left to you: whether structure, data and assumptions are right for the question (AdViSHE A, B, D),\n"
         "and whether results agree with other models and with what was observed (AdViSHE C).");
}

static popgx_err_t print_verification_json(const char *path, const verify_report_t *verified)
{
    json_t *checks = json_array();

    for (size_t i = 0; i < verified->n; i++) {
        const verify_check_t *check = &verified->checks[i];
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s}", "check", check->name, "verdict", verdict_word(check->verdict), "demand",
                                                check->demand, "found", check->found));
    }
    return json_print(json_pack("{s:s, s:I, s:o}", "file", path, "failed", (json_int_t)verified->n_failed, "checks", checks));
}

popgx_err_t cmd_check(int argc, char **argv)
{
    bool is_json = false;
    bool is_verified = false;
    uint64_t people = 10000;
    const option_t options[] = {
        {"verify", 0, OPTION_FLAG, &is_verified, NULL, "also simulate changes of the model whose effect is known in advance, and check that they have it"},
        {"patients", 'n', OPTION_COUNT, &people, "N", "with --verify: people to simulate (default 10,000)"},
        JSON_OPTION(&is_json)};
    const usage_t usage = {
        "check", "MODEL",
        "Reads a model and its tables and prints what popgx understood, with all defaults. Mistakes go to standard error,\n"
        "all at once, each as file:line:column: what is wrong: what would be right.",
        "  popgx check model.yaml\n"
        "  popgx check model.yaml --json > model.json\n"
        "  popgx check model.yaml --verify\n",
        options, sizeof options / sizeof *options};
    const char *path;
    model_t model = {0};
    spec_report_t report = {0};
    verify_report_t verified;

    popgx_err_t err = options_parse(&usage, argc, argv, &path);
    if (err || !path) return err;
    diagnostics_t *diag = diag_new();
    err = model_input_load(path, &(name_list_t){0}, diag, &model, &report);
    if (!err && is_verified) {
        err = verify_model(&model, people > 1 ? people : 2, &verified);
        if (!err && is_json) err = print_verification_json(path, &verified);
        else if (!err) print_verification(&verified);
        if (!err && verified.n_failed) err = FAIL(RANGE, "%zu of %zu checks failed", verified.n_failed, verified.n);
    } else if (is_json && (!err || err == POPGX_E_INPUT)) {
        popgx_err_t print_err = print_json(path, diag, err ? NULL : &model, report.summary);
        if (print_err) err = print_err;
    } else if (!err && report.summary) {
        puts(report.summary);
    }
    model_release(&model);
    spec_report_release(&report);
    diag_free(diag);
    return err;
}
