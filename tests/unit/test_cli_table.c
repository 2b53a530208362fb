/* Layout of text tables. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/table.h"

/* What the table prints; the caller frees it. */
static char *printed(table_t *table)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    table_print(table, out);
    fclose(out);
    table_free(table);
    return text;
}

Test(table, columns_are_as_wide_as_their_widest_cell_and_lines_have_no_blanks_at_their_ends)
{
    table_t *table = table_new();
    table_column(table, ALIGN_LEFT, "strategy");
    table_column(table, ALIGN_RIGHT, "cost");
    table_column(table, ALIGN_LEFT, "note");
    table_cell(table, "a");
    table_cell(table, "%d", 12345);
    table_cell(table, "%s", "");
    table_cell(table, "no test at all");
    table_cell(table, "%s", "7");
    table_cell(table, "dear");
    char *text = printed(table);
    cr_expect_str_eq(text, "  strategy         cost  note\n"
                           "  --------------  -----  ----\n"
                           "  a               12345\n"
                           "  no test at all      7  dear\n");
    free(text);
}

Test(table, width_counts_characters_not_bytes)
{
    cr_expect_eq(text_width("caf\xc3\xa9"), 4);
    table_t *table = table_new();
    table_column(table, ALIGN_RIGHT, "x");
    table_cell(table, "caf\xc3\xa9");
    table_cell(table, "cafes");
    char *text = printed(table);
    cr_expect_str_eq(text, "      x\n"
                           "  -----\n"
                           "   caf\xc3\xa9\n"
                           "  cafes\n");
    free(text);
}

Test(table, a_title_of_several_lines_stands_at_the_bottom)
{
    table_t *table = table_new();
    table_column(table, ALIGN_LEFT, "event");
    table_column(table, ALIGN_RIGHT, "genotype-guided\nde-escalation");
    table_cell(table, "stroke");
    table_cell(table, "3");
    char *text = printed(table);
    cr_expect_str_eq(text, "          genotype-guided\n"
                           "  event     de-escalation\n"
                           "  ------  ---------------\n"
                           "  stroke                3\n");
    free(text);
}

Test(table, texts_are_wrapped_at_blanks)
{
    char text[] = "no test at all but twenty-seven";
    text_wrap(text, 10);
    cr_expect_str_eq(text, "no test at\nall but\ntwenty-seven");
    char word[] = "indivisible";
    text_wrap(word, 3);
    cr_expect_str_eq(word, "indivisible");
}

Test(table, without_rows_nothing_is_printed)
{
    table_t *table = table_new();
    table_column(table, ALIGN_LEFT, "x");
    char *text = printed(table);
    cr_expect_str_eq(text, "");
    free(text);
    table_free(NULL);
}
