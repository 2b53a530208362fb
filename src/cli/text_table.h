/*
 * Text tables: columns with a title and an alignment, cells filled from left to right, row by row.
 * Knows nothing of what the cells mean.
 */
#ifndef POPGX_CLI_TEXT_TABLE_H
#define POPGX_CLI_TEXT_TABLE_H

#include <stddef.h>
#include <stdio.h>

typedef enum { ALIGN_LEFT, ALIGN_RIGHT } text_table_align_t;

typedef struct text_table text_table_t; /* owner */

text_table_t *text_table_new(void);
/** Frees `table`; NULL is allowed. */
void text_table_free(text_table_t *table);

/** Adds a column; all columns come before the first cell. A title may have several lines. */
void text_table_column(text_table_t *table, text_table_align_t align, const char *title, ...) __attribute__((format(printf, 3, 4)));

/** Fills the next cell. */
void text_table_cell(text_table_t *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * Prints titles, a rule and the rows, indented by two blanks, columns two blanks apart, no blanks at line ends.
 * Prints nothing if there are no rows.
 */
void text_table_print(const text_table_t *table, FILE *out);

/** Breaks `text` into lines of at most `width` characters, if words are not longer: turns blanks into line ends. */
void text_wrap(char *text, size_t width);

/** Characters (not bytes) of a UTF-8 text. */
size_t text_width(const char *text);
#endif
