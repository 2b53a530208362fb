/*
 * The way from a file to a model: read it, hand the tree to one part after the other (compile.h), and give the model
 * out only if no part found a mistake. Everything a part keeps lives in the compiler's arena and goes with it.
 */
#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "spec/compile.h"

#define LARGEST_MODEL ((size_t)16 << 20)

/* How long a model's year is unless it says otherwise: 365.25 days. */
#define MINUTES_PER_YEAR 525960.0

/* What a model file may say, each read by one of the parts. */
static const char *const SECTIONS[] = {
    "popgx", "title", "horizon", "year", "discount", "currency", "largest cost per person", "thresholds", "parameters", "people",
    "genes", "groups", "processes", "tests", "strategies", "payoffs", NULL};

static popgx_err_t compile(compiler_t *c)
{
    static void (*const parts[])(compiler_t *) = {
        compile_settings, compile_parameters, compile_people, compile_calls, compile_states, compile_observations,
        compile_events, compile_strategies, compile_payoffs, compile_checks};
    size_t before = diag_errors(c->diag);

    compile_keys(c, c->root, "a model", SECTIONS);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && c->root->kind == YAML_MAPPING; i++) parts[i](c);
    if (diag_errors(c->diag) > before) return FAIL(INPUT, "%s has mistakes", c->path);
    model_verify(c->model);
    return POPGX_OK;
}

popgx_err_t spec_load_text(const char *path, const char *bytes, size_t n_bytes, const char *const *strategies, size_t n_strategies,
                           diagnostics_t *diag, model_t *model, spec_report_t *report)
{
    popgx_err_t err = POPGX_OK;
    yaml_document_t *document = NULL;
    size_t n_summary = 0;
    char *copy = memcpy(memory_resize(NULL, n_bytes + 1, 1), bytes, n_bytes);
    compiler_t c = {.arena = arena_new(), .model = model, .diag = diag, .path = path, .units = {.minutes_per_year = MINUTES_PER_YEAR},
                    .report = report, .strategies = strategies, .n_strategies = n_strategies};

    copy[n_bytes] = '\0';
    *model = (model_t){0};
    *report = (spec_report_t){0};
    compile_add_source(report, path, copy, n_bytes);
    c.summary = open_memstream(&report->summary, &n_summary);
    INVARIANT(c.summary, "no memory for a summary");
    err = yaml_parse(path, bytes, n_bytes, diag, &document);
    if (document) {
        c.root = yaml_root(document);
        popgx_err_t compiled = compile(&c);
        if (!err) err = compiled;
    }
    fclose(c.summary);
    compile_release_files(&c);
    arena_free(c.arena);
    yaml_free(document);
    if (err) {
        model_release(model);
        spec_report_release(report);
    }
    return err;
}

popgx_err_t spec_load(const char *path, const char *const *strategies, size_t n_strategies, diagnostics_t *diag,
                      model_t *model, spec_report_t *report)
{
    char *bytes = NULL;
    size_t n_bytes = 0;

    *model = (model_t){0};
    *report = (spec_report_t){0};
    if (file_read(path, LARGEST_MODEL, &bytes, &n_bytes) != POPGX_OK) {
        diag_error(diag, (place_t){.file = path}, "give the path of a model file", "cannot read the model (%s)", popgx_err_detail());
        return FAIL(INPUT, "cannot read the model %s", path);
    }
    popgx_err_t err = spec_load_text(path, bytes, n_bytes, strategies, n_strategies, diag, model, report);
    free(bytes);
    return err;
}
