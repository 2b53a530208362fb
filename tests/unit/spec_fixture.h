/* A model from a few lines of text, for tests of what becomes of them. */
#ifndef POPGX_TESTS_SPEC_FIXTURE_H
#define POPGX_TESTS_SPEC_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include "spec/spec.h"

#define DATA POPGX_SOURCE_ROOT "/jobs/data/"

typedef struct {
    diagnostics_t *diag;
    model_t model;
    spec_report_t report;
    popgx_err_t err;
} loaded_t;

/* `text` follows the lines that every model needs; at most 8 kB. The horizon is a year unless it gives one first. */
static inline loaded_t load(const char *text)
{
    loaded_t loaded = {.diag = diag_new()};
    char all[8192];

    int n = snprintf(all, sizeof all, "popgx: 1\n%scurrency: USD\nstrategies: {usual: {entry: []}}\n%s\n",
                     strncmp(text, "horizon:", 8) ? "horizon: 1 year\n" : "", text);
    cr_assert(n > 0 && n < (int)sizeof all);
    loaded.err = spec_load_text("model.yaml", all, (size_t)n, NULL, 0, loaded.diag, &loaded.model, &loaded.report);
    return loaded;
}

static inline loaded_t load_good(const char *text)
{
    loaded_t loaded = load(text);
    if (loaded.err) diag_print(loaded.diag, stderr);
    cr_assert_eq(loaded.err, POPGX_OK, "%s", text);
    return loaded;
}

static inline void unload(loaded_t *loaded)
{
    if (!loaded->err) {
        model_release(&loaded->model);
        spec_report_release(&loaded->report);
    }
    diag_free(loaded->diag);
}

/* The model is refused, and some message says `part`. */
static inline void expect_mistake(const char *text, const char *part)
{
    loaded_t loaded = load(text);
    bool is_said = false;

    cr_expect_eq(loaded.err, POPGX_E_INPUT, "accepted: %s", text);
    for (size_t i = 0; i < diag_errors(loaded.diag) + diag_warnings(loaded.diag); i++)
        is_said = is_said || strstr(diag_text(loaded.diag, i), part);
    if (!is_said) diag_print(loaded.diag, stderr);
    cr_expect(is_said, "nothing says `%s` of: %s", part, text);
    unload(&loaded);
}

static inline int32_t slot_of(const model_t *m, const char *name)
{
    int32_t slot = model_find_slot(m, name);
    cr_assert_neq(slot, MODEL_NONE, "%s", name);
    return slot;
}

static inline int32_t level_of(const model_t *m, int32_t slot, const char *level)
{
    for (int32_t l = 0; l < m->slots[slot].level_names.count; l++)
        if (strcmp(model_level_name(m, slot, l), level) == 0) return l;
    return MODEL_NONE;
}

/* The step that fills `to` (a slot unless the kind says number or gene). */
static inline const model_step_t *step_of(const model_t *m, model_step_kind_t kind, int32_t to)
{
    for (int32_t s = 0; s < m->n_steps; s++)
        if (m->steps[s].kind == (int32_t)kind && m->steps[s].to == to) return &m->steps[s];
    BUG("no step of kind %d fills %d", (int)kind, (int)to);
}
#endif
