/*
 * The way from a file to a model: read it, hand the tree to one part after the other (compile.h), and give the model
 * out only if no part found a mistake. Everything a part keeps lives in the compiler's arena and goes with it.
 */
#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "spec/compile.h"
#include "spec/compose.h"

#define LARGEST_MODEL ((size_t)16 << 20)

/* How long a model's year is unless it says otherwise: 365.25 days. */
#define MINUTES_PER_YEAR 525960.0

/* What a model file may say, each read by one of the parts. */
static const char *const SECTIONS[] = {
    "popgx", "title", "horizon", "year", "cycle", "discount", "currency", "largest cost per person", "thresholds", "parameters", "people",
    "genes", "groups", "phenoconversion", "quantities", "definitions", "processes", "survival model", "tests", "strategies",
    "payoffs", "resources", "price year", "price index", "subgroups", "perspectives", "report", NULL};

static popgx_err_t compile(compiler_t *c)
{
    static void (*const parts[])(compiler_t *) = {
        compile_survival_model, compile_settings, compile_parameters, compile_waning, compile_people, compile_births, compile_report, compile_calls, compile_states,
        compile_observations, compile_quantities, compile_conversion, compile_events, compile_strategies, compile_history_effects, compile_payoffs, compile_perspectives, compile_updates,
        compile_subgroups, compile_checks};
    size_t before = diag_errors(c->diag);

    compile_keys(c, c->root, "a model", SECTIONS);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && c->root->kind == YAML_MAPPING; i++) parts[i](c);
    if (diag_errors(c->diag) > before) return FAIL(INPUT, "%s has mistakes", c->path);
    model_verify(c->model);
    return POPGX_OK;
}

/* A model file that has been read. Nothing in it changes after spec_open, so many threads may compile it for draws at once. */
struct spec {
    char *path;
    yaml_document_t *document;
    arena_t *arena;             /* of the first compilation: the tables that it read are in it */
    compiler_t base;            /* as the first compilation left it: its tables and which strategies are kept */
    size_t n_uncertain;
};

static popgx_err_t compile_once(compiler_t *c, spec_report_t *report)
{
    size_t n_summary = 0;

    *c->model = (model_t){0};
    c->report = report;
    c->summary = open_memstream(&report->summary, &n_summary);
    INVARIANT(c->summary, "no memory for a summary");
    const yaml_node_t *root = c->root; /* parts that write out what is short leave it behind: scenarios change what the file says */
    popgx_err_t err = compile(c);
    c->root = root;
    fclose(c->summary);
    c->summary = NULL;
    return err;
}

popgx_err_t spec_open_text(const char *path, const char *bytes, size_t n_bytes, const char *const *strategies, size_t n_strategies,
                           diagnostics_t *diag, spec_t **out, model_t *model, spec_report_t *report)
{
    char *copy = memcpy(memory_resize(NULL, n_bytes + 1, 1), bytes, n_bytes);
    spec_t *spec = memory_resize(NULL, 1, sizeof *spec);

    copy[n_bytes] = '\0';
    *out = NULL;
    *model = (model_t){0};
    *report = (spec_report_t){0};
    *spec = (spec_t){.path = strcpy(memory_resize(NULL, strlen(path) + 1, 1), path), .arena = arena_new()};
    compile_add_source(report, path, copy, n_bytes);
    popgx_err_t err = yaml_parse(path, bytes, n_bytes, diag, &spec->document);
    spec->base = (compiler_t){.arena = spec->arena, .model = model, .diag = diag, .path = path, .units = {.minutes_per_year = MINUTES_PER_YEAR},
                              .strategies = strategies, .n_strategies = n_strategies};
    if (spec->document) {
        size_t before = diag_errors(diag);
        spec->base.report = report;
        spec->base.root = compose_model(&spec->base, yaml_root(spec->document));
        if (!err && diag_errors(diag) > before) err = FAIL(INPUT, "%s has mistakes", path);
        popgx_err_t compiled = compile_once(&spec->base, report);
        if (!err) err = compiled;
    }
    if (err) {
        model_release(model);
        spec_report_release(report);
        spec_close(spec);
        return err;
    }
    spec->n_uncertain = report->n_uncertain;
    spec->base.path = spec->path;
    *out = spec;
    return POPGX_OK;
}

void spec_close(spec_t *spec)
{
    if (!spec) return;
    compile_release_files(&spec->base);
    compose_release(&spec->base);
    arena_free(spec->arena);
    yaml_free(spec->document);
    free(spec->path);
    free(spec);
}

/* To compile once more what was read: with the tables, the rows of quantiles, the tree and the choice of strategies of the first time, and an arena of its own. */
static compiler_t compiler_again(const spec_t *spec, diagnostics_t *diag, model_t *model)
{
    return (compiler_t){.arena = arena_new(), .model = model, .diag = diag, .path = spec->path, .units = {.minutes_per_year = MINUTES_PER_YEAR},
                        .strategies = spec->base.strategies, .n_strategies = spec->base.n_strategies, .root = spec->base.root,
                        .tables = spec->base.tables, .shared_tables = spec->base.tables, .quantile_rows = spec->base.quantile_rows};
}

popgx_err_t spec_compile_draw(const spec_t *spec, const draws_t *draws, uint64_t draw, diagnostics_t *diag, model_t *model, double *numbers)
{
    spec_report_t report = {0};
    compiler_t c = compiler_again(spec, diag, model);
    c.draws = draws;
    c.draw = draw;
    popgx_err_t err = compile_once(&c, &report);

    INVARIANT(err || report.n_uncertain == spec->n_uncertain, "%zu of %zu parameters were drawn", report.n_uncertain, spec->n_uncertain);
    for (size_t i = 0; !err && i < report.n_uncertain; i++) numbers[i] = report.uncertain[i].number;
    compile_release_files(&c);
    arena_free(c.arena);
    spec_report_release(&report);
    if (err) model_release(model);
    return err;
}

/* The scenario's tree, which the caller frees as *document; NULL after reporting what the model does not have. */
static const yaml_node_t *read_scenario(compiler_t *base, const char *path, diagnostics_t *diag, yaml_document_t **document)
{
    char *bytes = NULL;
    size_t n_bytes = 0, before = diag_errors(diag);

    if (file_read(path, LARGEST_MODEL, &bytes, &n_bytes) != POPGX_OK) {
        diag_error(diag, (place_t){.file = path}, "give the path of a file with sections of a model", "cannot read the scenario (%s)", popgx_err_detail());
        return NULL;
    }
    popgx_err_t err = yaml_parse(path, bytes, n_bytes, diag, document);
    free(bytes);
    const yaml_node_t *root = err ? NULL : yaml_root(*document), *parameters = yaml_get(root, "parameters");
    if (root && root->kind != YAML_MAPPING) diag_error(diag, root->place, "write sections of a model, such as `parameters:`", "a scenario is not a mapping");
    for (size_t i = 0; parameters && parameters->kind == YAML_MAPPING && i < parameters->count; i++)
        (void)compile_has_parameter(base, parameters->pairs[i].key, parameters->pairs[i].place, diag);
    return diag_errors(diag) > before ? NULL : root;
}

popgx_err_t spec_compile_variant(const spec_t *spec, const char *scenario, const spec_change_t *changes, size_t n_changes,
                                 diagnostics_t *diag, model_t *model, spec_report_t *report)
{
    spec_report_t unasked = {0};
    yaml_document_t *document = NULL;
    compiler_t base = spec->base;
    popgx_err_t err = POPGX_OK;
    compiler_t c = compiler_again(spec, diag, model);

    c.changes = changes;
    c.n_changes = n_changes;
    *model = (model_t){0};
    if (!report) report = &unasked;
    *report = (spec_report_t){0};
    for (size_t i = 0; i < n_changes; i++)
        if (!compile_has_parameter(&base, changes[i].name, (place_t){.file = spec->path}, diag)) err = FAIL(INPUT, "there is no parameter `%s`", changes[i].name);
    if (scenario && !err) {
        c.scenario = read_scenario(&base, scenario, diag, &document);
        if (c.scenario) c.root = compose_join(c.arena, c.root, c.scenario, true);
        else err = FAIL(INPUT, "%s is not a scenario of %s", scenario, spec->path);
    }
    if (!err) err = compile_once(&c, report);
    compile_release_files(&c);
    arena_free(c.arena);
    yaml_free(document);
    spec_report_release(&unasked);
    if (err) {
        model_release(model);
        spec_report_release(report);
    }
    return err;
}

popgx_err_t spec_load_text(const char *path, const char *bytes, size_t n_bytes, const char *const *strategies, size_t n_strategies,
                           diagnostics_t *diag, model_t *model, spec_report_t *report)
{
    spec_t *spec = NULL;
    popgx_err_t err = spec_open_text(path, bytes, n_bytes, strategies, n_strategies, diag, &spec, model, report);

    spec_close(spec);
    return err;
}

popgx_err_t spec_open(const char *path, const char *const *strategies, size_t n_strategies, diagnostics_t *diag, spec_t **out,
                      model_t *model, spec_report_t *report)
{
    char *bytes = NULL;
    size_t n_bytes = 0;

    *out = NULL;
    *model = (model_t){0};
    *report = (spec_report_t){0};
    popgx_err_t err = file_read(path, LARGEST_MODEL, &bytes, &n_bytes);
    if (err == POPGX_E_NOMEM) return err;   /* no mistake in the model */
    if (err) {
        diag_error(diag, (place_t){.file = path}, "give the path of a model file", "cannot read the model (%s)", popgx_err_detail());
        return FAIL(INPUT, "cannot read the model %s", path);
    }
    err = spec_open_text(path, bytes, n_bytes, strategies, n_strategies, diag, out, model, report);
    free(bytes);
    return err;
}

popgx_err_t spec_load(const char *path, const char *const *strategies, size_t n_strategies, diagnostics_t *diag,
                      model_t *model, spec_report_t *report)
{
    spec_t *spec = NULL;
    popgx_err_t err = spec_open(path, strategies, n_strategies, diag, &spec, model, report);

    spec_close(spec);
    return err;
}
