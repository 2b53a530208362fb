/*
 * Reads a table in one pass over its bytes. All texts and cells live in one arena, so that a table is freed at once.
 * Reports every wrong row and goes on; an unclosed quote ends the table. Assumes nothing about the bytes.
 */
#include "spec/csv.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/utf8.h"

typedef struct {
    const char *file;
    const char *at, *end;
    int line, column;
    diagnostics_t *diag;
    arena_t *arena;
    csv_cell_t *cells;          /* [n]: of all rows so far, the header included */
    size_t n, room;
    char *text;                 /* [n_text]: of the cell being read */
    size_t n_text, text_room;
} reader_t;

static place_t here(const reader_t *reader) { return (place_t){.file = reader->file, .line = reader->line, .column = reader->column}; }

static bool at_end(const reader_t *reader) { return reader->at == reader->end; }
static bool at_break(const reader_t *reader)
{
    return *reader->at == '\n' || (*reader->at == '\r' && (reader->at + 1 == reader->end || reader->at[1] == '\n'));
}

static void advance(reader_t *reader)
{
    if (*reader->at == '\n') reader->line++, reader->column = 1;
    else if (!utf8_continues(*reader->at)) reader->column++;
    reader->at++;
}

static void skip_break(reader_t *reader)
{
    if (!at_end(reader) && *reader->at == '\r') advance(reader);
    if (!at_end(reader) && *reader->at == '\n') advance(reader);
}

static void skip_blanks(reader_t *reader)
{
    while (!at_end(reader) && (*reader->at == ' ' || *reader->at == '\t')) advance(reader);
}

/* Takes the character at hand into the cell and moves on. */
static void take(reader_t *reader)
{
    if (reader->n_text == reader->text_room) {
        reader->text_room = reader->text_room ? 2 * reader->text_room : 256;
        reader->text = memory_resize(reader->text, reader->text_room, 1);
    }
    reader->text[reader->n_text++] = *reader->at;
    advance(reader);
}

static void add_cell(reader_t *reader, place_t place)
{
    if (reader->n == reader->room) {
        reader->room = reader->room ? 2 * reader->room : 256;
        reader->cells = memory_resize(reader->cells, reader->room, sizeof *reader->cells);
    }
    reader->cells[reader->n++] = (csv_cell_t){.text = arena_text(reader->arena, reader->text, reader->n_text), .place = place};
}

/* The inside of quotes; a quote is doubled to stand for itself. */
static bool read_quoted(reader_t *reader)
{
    place_t start = here(reader);

    advance(reader);
    while (!at_end(reader)) {
        if (*reader->at == '"' && reader->at + 1 < reader->end && reader->at[1] == '"') advance(reader);
        else if (*reader->at == '"') break;
        take(reader);
    }
    if (at_end(reader)) {
        diag_error(reader->diag, start, "close it with \", and write \"\" for a quote inside", "a quote is not closed");
        return false;
    }
    advance(reader);
    skip_blanks(reader);
    if (at_end(reader) || *reader->at == ',' || at_break(reader)) return true;
    diag_error(reader->diag, here(reader), "write \"\" for a quote inside quotes, and a comma between cells", "text after a closing quote");
    while (!at_end(reader) && *reader->at != ',' && !at_break(reader)) advance(reader);
    return true;
}

static bool read_cell(reader_t *reader)
{
    reader->n_text = 0;
    skip_blanks(reader);
    place_t place = here(reader);
    if (!at_end(reader) && *reader->at == '"') {
        if (!read_quoted(reader)) return false;
    } else {
        while (!at_end(reader) && *reader->at != ',' && !at_break(reader)) take(reader);
        while (reader->n_text > 0 && strchr(" \t", reader->text[reader->n_text - 1])) reader->n_text--;
    }
    add_cell(reader, place);
    return true;
}

/* Appends the cells of one row and moves behind its line break. */
static bool read_row(reader_t *reader)
{
    for (;;) {
        if (!read_cell(reader)) return false;
        if (at_end(reader) || *reader->at != ',') break;
        advance(reader);
    }
    skip_break(reader);
    return true;
}

static void skip_empty_lines(reader_t *reader)
{
    while (!at_end(reader)) {
        reader_t ahead = *reader;
        skip_blanks(&ahead);
        if (!at_end(&ahead) && !at_break(&ahead)) return;
        skip_break(&ahead);
        *reader = ahead;
    }
}

static void check_header(reader_t *reader, size_t n_columns)
{
    const csv_cell_t *header = reader->cells;

    if (n_columns == 1 && strpbrk(header[0].text, ";\t"))
        diag_error(reader->diag, header[0].place, "save it with commas between the columns", "the table seems to have another separator than the comma");
    for (size_t i = 0; i < n_columns; i++) {
        if (!*header[i].text) diag_error(reader->diag, header[i].place, "name it in the first row", "column %zu has no name", i + 1);
        for (size_t j = 0; j < i; j++)
            if (*header[i].text && strcmp(header[i].text, header[j].text) == 0)
                diag_error(reader->diag, header[i].place, "give each column a name of its own", "there are two columns `%s`", header[i].text);
    }
}

static void read_table(reader_t *reader, csv_table_t *out)
{
    skip_empty_lines(reader);
    if (at_end(reader)) {
        diag_error(reader->diag, (place_t){.file = reader->file}, "the first row names the columns", "the table is empty");
        return;
    }
    if (!read_row(reader)) return;
    out->n_columns = reader->n;
    check_header(reader, out->n_columns);
    for (skip_empty_lines(reader); !at_end(reader); skip_empty_lines(reader)) {
        size_t before = reader->n;
        if (!read_row(reader)) return;
        size_t n = reader->n - before;
        if (n == out->n_columns) {
            out->n_rows++;
            continue;
        }
        diag_error(reader->diag, reader->cells[before].place, "put a text with a comma in quotes, and leave no cell out",
                   "%zu %s in a table of %zu columns", n, n == 1 ? "cell" : "cells", out->n_columns);
        reader->n = before;
    }
}

popgx_err_t csv_parse(const char *file, const char *bytes, size_t n_bytes, diagnostics_t *diag, csv_table_t *out)
{
    size_t errors = diag_errors(diag), bad = utf8_check(bytes, n_bytes);
    size_t mark = n_bytes >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    reader_t reader = {.at = bytes + mark, .end = bytes + bad, .line = 1, .column = 1, .diag = diag, .arena = arena_new()};

    *out = (csv_table_t){.memory = reader.arena};
    out->file = reader.file = arena_text(reader.arena, file, strlen(file));
    if (bad < n_bytes) {
        while (!at_end(&reader)) advance(&reader);
        diag_error(diag, here(&reader), "save the file as plain UTF-8 text", "the byte 0x%02x is not valid UTF-8", (unsigned char)bytes[bad]);
    } else {
        read_table(&reader, out);
    }
    if (diag_errors(diag) == errors) {
        csv_cell_t *cells = arena_take(reader.arena, reader.n, sizeof *cells);
        memcpy(cells, reader.cells, reader.n * sizeof *cells);
        out->header = cells;
        out->cells = cells + out->n_columns;
    }
    free(reader.cells);
    free(reader.text);
    if (diag_errors(diag) == errors) return POPGX_OK;
    csv_release(out);
    return FAIL(INPUT, "%s has mistakes", file);
}

void csv_release(csv_table_t *table)
{
    arena_free(table->memory);
    *table = (csv_table_t){0};
}

int csv_column(const csv_table_t *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->header[i].text, name) == 0) return (int)i;
    return -1;
}
