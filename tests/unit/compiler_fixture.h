/* A compiler over a model given as text, for tests of one part at a time; and the exact comparison of messages. */
#ifndef POPGX_TESTS_COMPILER_FIXTURE_H
#define POPGX_TESTS_COMPILER_FIXTURE_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile.h"

typedef struct {
    compiler_t c;
    model_t model;
    yaml_document_t *document;
    spec_report_t report;
    size_t n_summary;
} compiler_fixture_t;

/** Opens `yaml` as m.yaml with a year of 365.25 days and USD. The YAML itself must be right. */
static inline compiler_t *fixture_open(compiler_fixture_t *f, const char *path, const char *yaml)
{
    *f = (compiler_fixture_t){0};
    f->c = (compiler_t){.arena = arena_new(), .model = &f->model, .diag = diag_new(), .path = path,
                        .units = {.minutes_per_year = 525960, .currency = "USD"}, .report = &f->report};
    f->c.summary = open_memstream(&f->report.summary, &f->n_summary);
    cr_assert_eq(yaml_parse(path, yaml, strlen(yaml), f->c.diag, &f->document), POPGX_OK, "%s", diag_text(f->c.diag, 0));
    f->c.root = yaml_root(f->document);
    return &f->c;
}

static inline void fixture_close(compiler_fixture_t *f)
{
    fclose(f->c.summary);
    compile_release_files(&f->c);
    model_release(&f->model);
    spec_report_release(&f->report);
    yaml_free(f->document);
    arena_free(f->c.arena);
    diag_free(f->c.diag);
}

/** Demands that the diagnostics are these, in order and to the letter; the list ends with NULL. */
static inline void expect_messages(const diagnostics_t *diag, ...)
{
    va_list args;
    const char *expected;
    size_t i = 0;

    va_start(args, diag);
    for (; (expected = va_arg(args, const char *)); i++) {
        const char *text = diag_text(diag, i);
        cr_assert(text && strcmp(text, expected) == 0, "message %zu\n is       %s\n expected %s", i, text ? text : "(none)", expected);
    }
    va_end(args);
    cr_assert(!diag_text(diag, i), "a message too many: %s", diag_text(diag, i));
}
#endif
