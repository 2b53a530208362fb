/* Layout of text tables. Tables are small and printed once: lack of memory ends the program (core/memory.h). */
#include "cli/text_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/memory.h"

enum { MAX_COLUMNS = 256, MAX_TITLE = 256 };

struct text_table {
    size_t n_columns, n_cells, capacity;
    text_table_align_t align[MAX_COLUMNS];
    char **cells; /* [n_cells]; the first n_columns are the titles */
};

text_table_t *text_table_new(void)
{
    text_table_t *table = memory_resize(NULL, 1, sizeof *table);
    memset(table, 0, sizeof *table);
    return table;
}

void text_table_free(text_table_t *table)
{
    if (!table) return;
    for (size_t i = 0; i < table->n_cells; i++) free(table->cells[i]);
    free(table->cells);
    free(table);
}

static void add_cell(text_table_t *table, const char *fmt, va_list args)
{
    if (table->n_cells == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 64;
        table->cells = memory_resize(table->cells, table->capacity, sizeof *table->cells);
    }
    INVARIANT(vasprintf(&table->cells[table->n_cells], fmt, args) >= 0, "a cell of a table cannot be formatted as '%s'", fmt);
    table->n_cells++;
}

void text_table_column(text_table_t *table, text_table_align_t align, const char *title, ...)
{
    va_list args;

    INVARIANT(table->n_columns < MAX_COLUMNS && table->n_cells == table->n_columns, "column %zu of a table", table->n_columns);
    va_start(args, title);
    add_cell(table, title, args);
    va_end(args);
    table->align[table->n_columns++] = align;
}

void text_table_cell(text_table_t *table, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_cell(table, fmt, args);
    va_end(args);
}

size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80; /* continuation bytes add nothing */
    return width;
}

void text_wrap(char *text, size_t width)
{
    char *blank = NULL, *line = text;

    for (char *c = text; *c; c++) {
        if (*c == ' ') blank = c;
        if (!blank || (size_t)(c - line) < width) continue;
        *blank = '\n';
        line = blank + 1;
        blank = NULL;
    }
}

static void print_blanks(FILE *out, size_t n) { fprintf(out, "%*s", (int)n, ""); }

/* Line `i` of a title, copied to `line`; "" if it has fewer lines. */
static const char *title_line(const char *title, size_t i, char *line, size_t size)
{
    for (; i > 0 && *title; i--) title += strcspn(title, "\n") + (title[strcspn(title, "\n")] == '\n');
    snprintf(line, size, "%.*s", (int)strcspn(title, "\n"), title);
    return line;
}

static size_t count_lines(const char *title)
{
    size_t n = 1;
    for (; *title; title++) n += *title == '\n';
    return n;
}

static size_t widest_line(const char *title)
{
    char line[MAX_TITLE];
    size_t widest = 0;

    for (size_t i = 0; i < count_lines(title); i++) {
        size_t width = text_width(title_line(title, i, line, sizeof line));
        if (width > widest) widest = width;
    }
    return widest;
}

/* Blanks are owed until something follows them, so that lines end without any. */
static void print_row(const text_table_t *table, char *const *row, const size_t *width, FILE *out)
{
    size_t owed = 2;

    for (size_t c = 0; c < table->n_columns; c++) {
        size_t pad = width[c] - text_width(row[c]);
        if (table->align[c] == ALIGN_RIGHT) owed += pad;
        if (*row[c]) {
            print_blanks(out, owed);
            fputs(row[c], out);
            owed = 0;
        }
        owed += 2 + (table->align[c] == ALIGN_LEFT ? pad : 0);
    }
    fputc('\n', out);
}

/* Titles of fewer lines than the highest stand at the bottom. */
static void print_titles(const text_table_t *table, const size_t *width, FILE *out)
{
    char lines[MAX_COLUMNS][MAX_TITLE], *row[MAX_COLUMNS];
    size_t height = 0;

    for (size_t c = 0; c < table->n_columns; c++) {
        size_t n = count_lines(table->cells[c]);
        if (n > height) height = n;
    }
    for (size_t i = 0; i < height; i++) {
        for (size_t c = 0; c < table->n_columns; c++) {
            size_t above = height - count_lines(table->cells[c]);
            row[c] = lines[c];
            lines[c][0] = 0;
            if (i >= above) title_line(table->cells[c], i - above, lines[c], sizeof lines[c]);
        }
        print_row(table, row, width, out);
    }
}

static void print_rule(const text_table_t *table, const size_t *width, FILE *out)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        fputs("  ", out);
        for (size_t i = 0; i < width[c]; i++) fputc('-', out);
    }
    fputc('\n', out);
}

void text_table_print(const text_table_t *table, FILE *out)
{
    size_t width[MAX_COLUMNS] = {0}, n = table->n_columns;

    if (table->n_cells <= n) return; /* the titles alone */
    INVARIANT(table->n_cells % n == 0, "a table of %zu columns has %zu cells", n, table->n_cells);
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t w = i < n ? widest_line(table->cells[i]) : text_width(table->cells[i]);
        if (w > width[i % n]) width[i % n] = w;
    }
    print_titles(table, width, out);
    print_rule(table, width, out);
    for (size_t i = n; i < table->n_cells; i += n) print_row(table, table->cells + i, width, out);
}
