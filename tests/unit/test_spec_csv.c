/* CSV tables whose cells know where they stand. */
#include "unit/compiler_fixture.h"

static popgx_err_t parse(const char *text, diagnostics_t *diag, csv_table_t *table)
{
    char *copy = strdup(text);     /* so that a table that borrows from the bytes, or reads beyond them, is seen */
    popgx_err_t err = csv_parse("t.csv", copy, strlen(copy), diag, table);

    free(copy);
    return err;
}

static void expect_wrong(const char *text, const char *message)
{
    diagnostics_t *diag = diag_new();
    csv_table_t table;

    cr_assert_eq(parse(text, diag, &table), POPGX_E_INPUT);
    expect_messages(diag, message, NULL);
    diag_free(diag);
}

Test(csv, quotes_commas_line_breaks_and_blanks_are_read_as_rfc_4180_says)
{
    diagnostics_t *diag = diag_new();
    csv_table_t table;

    cr_assert_eq(parse("\xEF\xBB\xBFname, value ,\"a, b\"\r\n x y ,\" 1 \",\"he said \"\"no\"\"\"\r\n\r\nz,,\"two\nlines\"", diag, &table), POPGX_OK);
    cr_assert_eq(table.n_columns, 3);
    cr_assert_eq(table.n_rows, 2);
    cr_assert_eq(csv_column(&table, "value"), 1);
    cr_assert_eq(csv_column(&table, "a, b"), 2);
    cr_assert_eq(csv_column(&table, "c"), -1);
    cr_assert_str_eq(csv_cell(&table, 0, 0)->text, "x y");
    cr_assert_str_eq(csv_cell(&table, 0, 1)->text, " 1 ");
    cr_assert_str_eq(csv_cell(&table, 0, 2)->text, "he said \"no\"");
    cr_assert_str_eq(csv_cell(&table, 1, 1)->text, "");
    cr_assert_str_eq(csv_cell(&table, 1, 2)->text, "two\nlines");
    csv_release(&table);
    diag_free(diag);
}

Test(csv, cells_know_line_and_column)
{
    diagnostics_t *diag = diag_new();
    csv_table_t table;

    cr_assert_eq(parse("a,b\n\"x\ny\",\xC3\xA4\xC3\xB6\n1,  2\n", diag, &table), POPGX_OK);
    cr_assert_eq(csv_cell(&table, 0, 1)->place.line, 3);      /* the quoted cell took two lines */
    cr_assert_eq(csv_cell(&table, 0, 1)->place.column, 4);
    cr_assert_eq(csv_cell(&table, 1, 1)->place.line, 4);
    cr_assert_eq(csv_cell(&table, 1, 1)->place.column, 5);    /* behind the blanks */
    cr_assert_str_eq(csv_cell(&table, 1, 1)->place.file, "t.csv");
    csv_release(&table);
    diag_free(diag);
}

Test(csv, a_header_alone_is_a_table_without_rows)
{
    diagnostics_t *diag = diag_new();
    csv_table_t table;

    cr_assert_eq(parse("a,b", diag, &table), POPGX_OK);
    cr_assert_eq(table.n_rows, 0);
    csv_release(&table);
    diag_free(diag);
}

Test(csv, mistakes_are_named_with_their_fix)
{
    expect_wrong("", "t.csv: the table is empty: the first row names the columns");
    expect_wrong("a,b\n1,2\n3\n", "t.csv:3:1: 1 cell in a table of 2 columns: put a text with a comma in quotes, and leave no cell out");
    expect_wrong("a,b\n1,2,3\n", "t.csv:2:1: 3 cells in a table of 2 columns: put a text with a comma in quotes, and leave no cell out");
    expect_wrong("a,b\n1,\"2\n3,4\n", "t.csv:2:3: a quote is not closed: close it with \", and write \"\" for a quote inside");
    expect_wrong("a,b\n1,\"2\"3\n", "t.csv:2:6: text after a closing quote: write \"\" for a quote inside quotes, and a comma between cells");
    expect_wrong("a,b,a\n", "t.csv:1:5: there are two columns `a`: give each column a name of its own");
    expect_wrong("a,,c\n", "t.csv:1:3: column 2 has no name: name it in the first row");
    expect_wrong("a;b\n1;2\n", "t.csv:1:1: the table seems to have another separator than the comma: save it with commas between the columns");
    expect_wrong("a,b\n1,\xE4\n", "t.csv:2:3: the byte 0xe4 is not valid UTF-8: save the file as plain UTF-8 text");
}

Test(csv, all_wrong_rows_are_reported_at_once)
{
    diagnostics_t *diag = diag_new();
    csv_table_t table;

    cr_assert_eq(parse("a,b\n1\n1,2\n1,2,3\n", diag, &table), POPGX_E_INPUT);
    cr_assert_eq(diag_errors(diag), 2);
    diag_free(diag);
}
