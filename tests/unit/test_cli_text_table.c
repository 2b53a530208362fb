/* Layout of text tables. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/text_table.h"

/* What the table prints; the caller frees it. */
static char *printed(text_table_t *table)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    text_table_print(table, out);
    fclose(out);
    text_table_free(table);
    return text;
}

Test(text_table, columns_are_as_wide_as_their_widest_cell_and_lines_have_no_blanks_at_their_ends)
{
    text_table_t *table = text_table_new();
    text_table_column(table, ALIGN_LEFT, "strategy");
    text_table_column(table, ALIGN_RIGHT, "cost");
    text_table_column(table, ALIGN_LEFT, "note");
    text_table_cell(table, "a");
    text_table_cell(table, "%d", 12345);
    text_table_cell(table, "%s", "");
    text_table_cell(table, "no test at all");
    text_table_cell(table, "%s", "7");
    text_table_cell(table, "dear");
    char *text = printed(table);
    cr_expect_str_eq(text, "  strategy         cost  note\n"
                           "  --------------  -----  ----\n"
                           "  a               12345\n"
                           "  no test at all      7  dear\n");
    free(text);
}

Test(text_table, width_counts_characters_not_bytes)
{
    cr_expect_eq(text_width("caf\xc3\xa9"), 4);
    text_table_t *table = text_table_new();
    text_table_column(table, ALIGN_RIGHT, "x");
    text_table_cell(table, "caf\xc3\xa9");
    text_table_cell(table, "cafes");
    char *text = printed(table);
    cr_expect_str_eq(text, "      x\n"
                           "  -----\n"
                           "   caf\xc3\xa9\n"
                           "  cafes\n");
    free(text);
}

Test(text_table, a_title_of_several_lines_stands_at_the_bottom)
{
    text_table_t *table = text_table_new();
    text_table_column(table, ALIGN_LEFT, "event");
    text_table_column(table, ALIGN_RIGHT, "genotype-guided\nde-escalation");
    text_table_cell(table, "stroke");
    text_table_cell(table, "3");
    char *text = printed(table);
    cr_expect_str_eq(text, "          genotype-guided\n"
                           "  event     de-escalation\n"
                           "  ------  ---------------\n"
                           "  stroke                3\n");
    free(text);
}

Test(text_table, texts_are_wrapped_at_blanks)
{
    char text[] = "no test at all but twenty-seven";
    text_wrap(text, 10);
    cr_expect_str_eq(text, "no test at\nall but\ntwenty-seven");
    char word[] = "indivisible";
    text_wrap(word, 3);
    cr_expect_str_eq(word, "indivisible");
}

Test(text_table, without_rows_nothing_is_printed)
{
    text_table_t *table = text_table_new();
    text_table_column(table, ALIGN_LEFT, "x");
    char *text = printed(table);
    cr_expect_str_eq(text, "");
    free(text);
    text_table_free(NULL);
}
