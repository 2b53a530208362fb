/*
 * Mistakes in a model: collected, so that the author sees all of them at once, each as
 * `file:line:column: what is wrong: what would be right`.
 */
#ifndef POPGX_SPEC_DIAG_H
#define POPGX_SPEC_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** A place in a file. Lines and columns count from 1; line 0: the file as a whole. `file` is borrowed and outlives the diagnostics. */
typedef struct {
    const char *file;
    int line, column;
} place_t;

typedef struct diagnostics diagnostics_t; /* owner; grows without bound errors: lack of memory aborts with a message */

diagnostics_t *diag_new(void);
void diag_free(diagnostics_t *diag);

/** Adds an error. `right` says what would be right (may be NULL only where nothing can be said). */
void diag_error(diagnostics_t *diag, place_t place, const char *right, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/** Adds a warning: printed with the word `warning`, does not make the model wrong. */
void diag_warn(diagnostics_t *diag, place_t place, const char *right, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

size_t diag_errors(const diagnostics_t *diag);
size_t diag_warnings(const diagnostics_t *diag);

/** Prints all, sorted by file, line and column, one a line. A repeated line is printed once. */
void diag_print(const diagnostics_t *diag, FILE *out);

/** The text of mistake `i` in printing order, without newline; borrowed. For tests and --json. */
const char *diag_text(const diagnostics_t *diag, size_t i);

/**
 * The known name nearest to `name` if it is near enough to be what was meant, else NULL: for "did you mean".
 *
 * @param known  [n]; entries may be NULL
 */
const char *diag_nearest(const char *name, const char *const *known, size_t n);

/** printf into memory owned by `diag`: for `right` texts made of values. */
const char *diag_format(diagnostics_t *diag, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
