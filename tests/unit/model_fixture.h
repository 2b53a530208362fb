/* A whole model from text, with its clocks and moments found by name; and what is wrong with one, to the letter. */
#ifndef POPGX_TESTS_MODEL_FIXTURE_H
#define POPGX_TESTS_MODEL_FIXTURE_H

#include <unistd.h>

#include "compiler_fixture.h"
#include "spec/spec.h"

/* Lines 1 to 3 of every model here; what a test writes begins in line 4. */
#define MODEL_HEAD "popgx: 1\nhorizon: 10 years\ncurrency: USD\n"

typedef struct {
    model_t m;
    spec_report_t report;
    diagnostics_t *diag;
    popgx_err_t err;
} whole_model_t;

static inline whole_model_t model_of(const char *path, const char *text, const char *const *strategies, size_t n)
{
    whole_model_t w = {.diag = diag_new()};
    char *all = NULL;
    cr_assert_geq(asprintf(&all, MODEL_HEAD "%s", text), 0);
    w.err = spec_load_text(path, all, strlen(all), strategies, n, w.diag, &w.m, &w.report);
    free(all);
    return w;
}

static inline whole_model_t right_model(const char *text)
{
    whole_model_t w = model_of("m.yaml", text, NULL, 0);
    if (w.err) diag_print(w.diag, stderr);
    cr_assert_eq(w.err, POPGX_OK);
    return w;
}

static inline void close_model(whole_model_t *w)
{
    if (!w->err) {
        model_release(&w->m);
        spec_report_release(&w->report);
    }
    diag_free(w->diag);
}

/* The model is wrong, and this is all that is said of it. */
#define expect_wrong(text, ...)                                      \
    do {                                                             \
        whole_model_t wrong = model_of("m.yaml", text, NULL, 0);     \
        expect_messages(wrong.diag, __VA_ARGS__, NULL);              \
        cr_assert_eq(wrong.err, POPGX_E_INPUT);                      \
        close_model(&wrong);                                         \
    } while (0)

static inline int32_t moment_of(const model_t *m, const char *name)
{
    for (int32_t i = 0; i < m->n_moments; i++)
        if (!strcmp(model_text(m, m->moments[i].name), name)) return i;
    cr_assert_fail("no moment `%s`", name);
    return MODEL_NONE;
}

static inline const model_clock_t *clock_of(const model_t *m, const char *moment)
{
    int32_t of = moment_of(m, moment);
    for (int32_t i = 0; i < m->n_clocks; i++)
        if (m->clocks[i].moment == of) return &m->clocks[i];
    cr_assert_fail("no clock of `%s`", moment);
    return NULL;
}

/* The index of a level by the names of its slot and of itself. */
static inline uint8_t level_of(const model_t *m, const char *slot, const char *level)
{
    int32_t s = model_find_slot(m, slot);
    cr_assert_neq(s, MODEL_NONE);
    for (int32_t l = 0; l < m->slots[s].level_names.count; l++)
        if (!strcmp(model_level_name(m, s, l), level)) return (uint8_t)l;
    cr_assert_fail("`%s` has no level `%s`", slot, level);
    return 0;
}

/* Writes a table into the current folder, which is a new one for each test that does. */
static inline void write_table(const char *name, const char *text)
{
    static char folder[32];
    if (!folder[0]) {
        strcpy(folder, "/tmp/popgx-test-XXXXXX");
        cr_assert(mkdtemp(folder));
        cr_assert_eq(chdir(folder), 0);
    }
    FILE *file = fopen(name, "w");
    cr_assert(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}
#endif
