/* Mistakes as the author of a model sees them. */
#include "unit/compiler_fixture.h"

static place_t at(const char *file, int line, int column) { return (place_t){.file = file, .line = line, .column = column}; }

Test(diag, mistakes_come_sorted_by_place_and_in_one_form)
{
    diagnostics_t *diag = diag_new();

    diag_error(diag, at("m.yaml", 9, 2), "write `40 years`", "`%d` is a plain number", 40);
    diag_error(diag, at("m.yaml", 2, 10), "b", "second");
    diag_warn(diag, at("m.yaml", 2, 3), "remove it", "first");
    diag_error(diag, at("a.csv", 0, 0), NULL, "empty");
    expect_messages(diag, "a.csv: empty", "m.yaml:2:3: warning: first: remove it", "m.yaml:2:10: second: b",
                    "m.yaml:9:2: `40` is a plain number: write `40 years`", NULL);
    cr_assert_eq(diag_errors(diag), 3);
    cr_assert_eq(diag_warnings(diag), 1);
    diag_free(diag);
}

Test(diag, what_is_said_twice_is_kept_once)
{
    diagnostics_t *diag = diag_new();

    for (int i = 0; i < 3; i++) {
        diag_error(diag, at("m.yaml", 1, 1), "r", "x");
        diag_error(diag, at("m.yaml", 1, 1), "r", "y");
    }
    expect_messages(diag, "m.yaml:1:1: x: r", "m.yaml:1:1: y: r", NULL);
    diag_free(diag);
}

Test(diag, a_message_is_one_printable_line_of_bounded_length)
{
    diagnostics_t *diag = diag_new();
    char longest[5001];

    diag_error(diag, at("m.yaml", 1, 1), "r", "a\nb\x1b[31m");
    cr_assert_str_eq(diag_text(diag, 0), "m.yaml:1:1: a?b?[31m: r");
    for (int i = 0; i < 2500; i++) memcpy(longest + 2 * i, "\xC3\xA4", 2);   /* umlauts: a cut may fall into one */
    longest[5000] = '\0';
    diag_error(diag, at("m.yaml", 2, 1), "r", "%s", longest);
    diag_error(diag, at("m.yaml", 3, 1), "r", "_%s", longest);
    for (size_t i = 1; i < 3; i++) {
        size_t n = strlen(diag_text(diag, i));
        cr_assert(n > 900 && n < 1000 && (n - strlen("m.yaml:2:1: ") - (i - 1)) % 2 == 0, "%zu bytes", n);
    }
    diag_free(diag);
}

Test(diag, the_nearest_name_is_what_was_meant_or_nothing)
{
    static const char *const known[] = {"clopidogrel", NULL, "prasugrel", "ticagrelor", "age"};

    cr_assert_str_eq(diag_nearest("clopidogerl", known, 5), "clopidogrel"); /* two letters swapped: 1 edit */
    cr_assert_str_eq(diag_nearest("Ticagrelor", known, 5), "ticagrelor");   /* case does not count */
    cr_assert_str_eq(diag_nearest("prasugel", known, 5), "prasugrel");
    cr_assert_str_eq(diag_nearest("agee", known, 5), "age");
    cr_assert_null(diag_nearest("warfarin", known, 5));
    cr_assert_null(diag_nearest("x", NULL, 0));
    cr_assert_null(diag_nearest("x", (const char *[]){"y"}, 1));             /* one letter is too little to guess from */
    cr_assert_str_eq(diag_nearest("x", (const char *[]){"X"}, 1), "X");
}
