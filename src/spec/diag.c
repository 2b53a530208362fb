/*
 * Owns the texts of the mistakes, kept in printing order as they come: most come in the order of the file, so
 * insertion from the end is cheap. Texts are whole lines without control characters, whatever the model file
 * contained. Never fails: lack of memory aborts (core/memory.h).
 */
#include "spec/diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/memory.h"
#include "core/utf8.h"

enum { LONGEST_MESSAGE = 1000, LONGEST_NAME = 80 };

typedef struct {
    place_t place;          /* its file is a copy */
    const char *text;
    bool is_warning;
} mistake_t;

struct diagnostics {
    arena_t *arena;
    mistake_t *mistakes;    /* [n] */
    size_t n, capacity, n_warnings;
};

diagnostics_t *diag_new(void)
{
    arena_t *arena = arena_new();
    diagnostics_t *diag = arena_take(arena, 1, sizeof *diag);

    diag->arena = arena;
    return diag;
}

void diag_free(diagnostics_t *diag)
{
    if (!diag) return;
    free(diag->mistakes);
    arena_free(diag->arena);    /* `diag` itself lies in it */
}

/* <0, 0, >0: before, the same place, after. */
static int place_order(place_t a, place_t b)
{
    int files = strcmp(a.file, b.file);

    if (files) return files;
    return a.line != b.line ? (a.line > b.line) - (a.line < b.line) : (a.column > b.column) - (a.column < b.column);
}

/* Adds the mistake behind all others of its place, unless it is there already. */
static void diag_insert(diagnostics_t *diag, mistake_t mistake)
{
    size_t at = diag->n;

    while (at > 0 && place_order(diag->mistakes[at - 1].place, mistake.place) > 0) at--;
    for (size_t i = at; i > 0 && place_order(diag->mistakes[i - 1].place, mistake.place) == 0; i--)
        if (strcmp(diag->mistakes[i - 1].text, mistake.text) == 0) return;
    if (diag->n == diag->capacity) {
        diag->capacity = diag->capacity ? 2 * diag->capacity : 16;
        diag->mistakes = memory_resize(diag->mistakes, diag->capacity, sizeof *diag->mistakes);
    }
    memmove(diag->mistakes + at + 1, diag->mistakes + at, (diag->n - at) * sizeof *diag->mistakes);
    diag->mistakes[at] = mistake;
    diag->n++;
    diag->n_warnings += mistake.is_warning;
}

/* Makes one printable line: control characters become `?`, a character cut in the middle is dropped. */
static void line_tidy(char *line, size_t written)
{
    size_t n = strlen(line);

    if (written > n)
        while (n > 0 && utf8_check(line, n) < n && n > LONGEST_MESSAGE - 4) line[--n] = '\0';
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F) *c = '?';
}

static void diag_add(diagnostics_t *diag, place_t place, bool is_warning, const char *right, const char *what, va_list args)
{
    char line[LONGEST_MESSAGE];
    int n = 0;

    if (place.line > 0) n = snprintf(line, sizeof line, "%.300s:%d:%d: ", place.file, place.line, place.column);
    else n = snprintf(line, sizeof line, "%.300s: ", place.file);
    if (is_warning) n += snprintf(line + n, sizeof line - (size_t)n, "warning: ");
    n += vsnprintf(line + n, sizeof line - (size_t)n, what, args);
    if (right && n < LONGEST_MESSAGE) n += snprintf(line + n, sizeof line - (size_t)n, ": %s", right);
    line_tidy(line, (size_t)n);

    place.file = diag_format(diag, "%s", place.file);
    diag_insert(diag, (mistake_t){.place = place, .text = diag_format(diag, "%s", line), .is_warning = is_warning});
}

void diag_error(diagnostics_t *diag, place_t place, const char *right, const char *what, ...)
{
    va_list args;

    va_start(args, what);
    diag_add(diag, place, false, right, what, args);
    va_end(args);
}

void diag_warn(diagnostics_t *diag, place_t place, const char *right, const char *what, ...)
{
    va_list args;

    va_start(args, what);
    diag_add(diag, place, true, right, what, args);
    va_end(args);
}

size_t diag_errors(const diagnostics_t *diag) { return diag->n - diag->n_warnings; }
size_t diag_warnings(const diagnostics_t *diag) { return diag->n_warnings; }
const char *diag_text(const diagnostics_t *diag, size_t i) { return i < diag->n ? diag->mistakes[i].text : NULL; }

void diag_print(const diagnostics_t *diag, FILE *out)
{
    for (size_t i = 0; i < diag->n; i++) fprintf(out, "%s\n", diag->mistakes[i].text);
}

const char *diag_format(diagnostics_t *diag, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    INVARIANT(n >= 0, "a message cannot be formatted: %s", fmt);
    char *text = arena_take(diag->arena, (size_t)n + 1, 1);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    return text;
}

/* Edits (insert, delete, replace, swap two neighbours) that turn a into b, case ignored: optimal string alignment. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t rows[3][LONGEST_NAME + 1];   /* the last three rows of the usual table, row i in rows[i % 3] */

    if (n > LONGEST_NAME || m > LONGEST_NAME) return SIZE_MAX;
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            size_t cost = above[j - 1] + (x != y);
            if (above[j] + 1 < cost) cost = above[j] + 1;
            if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1;
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && y == tolower((unsigned char)a[i - 2])
                && two_above[j - 2] + 1 < cost)
                cost = two_above[j - 2] + 1;
            row[j] = cost;
        }
    }
    return rows[n % 3][m];
}

const char *diag_nearest(const char *name, const char *const *known, size_t n)
{
    const char *nearest = NULL;
    size_t length = strlen(name), best = length < 2 ? 0 : length / 3 + 1; /* farther than a third of the letters is another word */

    for (size_t i = 0; i < n; i++) {
        if (!known[i]) continue;
        size_t distance = edit_distance(name, known[i]);
        if (distance <= best && (!nearest || distance < best)) {
            best = distance;
            nearest = known[i];
        }
    }
    return nearest;
}
