/* YAML files as trees with places. */
#include "unit/compiler_fixture.h"

static yaml_document_t *parse(const char *text, diagnostics_t *diag, popgx_err_t expected)
{
    yaml_document_t *document;
    char *copy = strdup(text);     /* on the heap without room behind it, so that reading beyond the end is seen */

    cr_assert_eq(yaml_parse("m.yaml", copy, strlen(copy), diag, &document), expected);
    free(copy);
    return document;
}

static void expect_wrong(const char *text, const char *message)
{
    diagnostics_t *diag = diag_new();

    yaml_free(parse(text, diag, POPGX_E_INPUT));
    expect_messages(diag, message, NULL);
    diag_free(diag);
}

Test(yaml, nodes_know_where_they_stand)
{
    diagnostics_t *diag = diag_new();
    yaml_document_t *document = parse("popgx: 1\npeople:\n  sex: {female: 48 %, male: rest}\n  list:\n    - a\n    - \"12\"\nempty:\n", diag, POPGX_OK);
    const yaml_node_t *root = yaml_root(document), *sex = yaml_get(yaml_get(root, "people"), "sex");

    cr_assert_eq(root->kind, YAML_MAPPING);
    cr_assert_eq(root->count, 3);
    cr_assert_str_eq(root->pairs[1].key, "people");
    cr_assert_eq(root->pairs[1].place.line, 2);
    cr_assert_str_eq(yaml_get(sex, "female")->text, "48 %");
    cr_assert_eq(yaml_get(sex, "female")->place.line, 3);
    cr_assert_eq(yaml_get(sex, "female")->place.column, 17);  /* `  sex: {female: ` is 16 characters */
    cr_assert_eq(sex->pairs[1].place.column, 23);
    const yaml_node_t *list = yaml_get(yaml_get(root, "people"), "list");
    cr_assert_eq(list->kind, YAML_SEQUENCE);
    cr_assert_not(list->items[0]->is_quoted);
    cr_assert(list->items[1]->is_quoted);
    cr_assert_str_eq(list->items[1]->text, "12");
    cr_assert_str_eq(yaml_get(root, "empty")->text, "");
    cr_assert_eq(yaml_get(root, "empty")->place.line, 7);     /* of its key */
    cr_assert_null(yaml_get(root, "none"));
    cr_assert_null(yaml_get(NULL, "none"));
    cr_assert_null(yaml_get(list, "none"));
    expect_messages(diag, NULL);
    yaml_free(document);
    diag_free(diag);
}

Test(yaml, a_byte_order_mark_and_folded_text_are_read)
{
    diagnostics_t *diag = diag_new();
    yaml_document_t *document = parse("\xEF\xBB\xBFtitle: >\n  one\n  two\n", diag, POPGX_OK);

    cr_assert_str_eq(yaml_get(yaml_root(document), "title")->text, "one two");
    yaml_free(document);
    diag_free(diag);
}

Test(yaml, an_unquoted_star_allele_is_an_error_that_says_so)
{
    expect_wrong("detects: [\"*1\", *2]", "m.yaml:1:17: an unquoted `*2` is a reference in YAML, not a text: write \"*2\" in quotes");
}

Test(yaml, a_key_given_twice_is_an_error_at_the_second)
{
    expect_wrong("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n", "m.yaml:5:3: the key `x` is given twice: the first is in line 3; keep one of them");
}

Test(yaml, what_a_reader_would_not_see_is_refused)
{
    expect_wrong("a: &x 1", "m.yaml:1:5: anchors are not used in models: write the value out, or put a text that starts with & in quotes");
    expect_wrong("a: !!int 2", "m.yaml:1:4: tags are not used in models: remove it, or put a text that starts with ! in quotes");
    expect_wrong("a: 1\n---\nb: 2\n", "m.yaml:2:1: a second document starts here: put each model into a file of its own");
    expect_wrong("a: \"x\\0y\"", "m.yaml:1:5: a text with a NUL character in it: remove the \\0");
    expect_wrong("? [a]\n: b", "m.yaml:1:3: a list or mapping is used as a key: a key is a single word or a short text");
    expect_wrong(": b", "m.yaml:1:1: a key is empty: write a name before the colon");
}

Test(yaml, syntax_errors_have_a_place_and_a_hint)
{
    expect_wrong("a: 1\n b: 2\n", "m.yaml:1:4: not valid YAML (invalid multiline plain key): "
                                  "check indentation, colons, quotes and brackets here and in the line above");
    expect_wrong("a:\n\tb: 2\n", "m.yaml:2:1: not valid YAML (tab character may not be used as indentation): indent with blanks");
}

Test(yaml, bytes_that_are_no_text_never_reach_the_parser)
{
    expect_wrong("a: x\nb: y%\xEC", "m.yaml:2:6: the byte 0xec is not valid UTF-8: save the file as plain UTF-8 text");
    expect_wrong("a: \x07", "m.yaml:1:4: the byte 0x07 is not valid UTF-8: save the file as plain UTF-8 text");
}

Test(yaml, a_file_that_says_nothing_is_an_error)
{
    expect_wrong("", "m.yaml: the file is empty: a model starts with `popgx: 1`; see popgx new");
    expect_wrong(" \n\n", "m.yaml: the file is empty: a model starts with `popgx: 1`; see popgx new");
    expect_wrong("# a comment\n", "m.yaml: the file says nothing: a model starts with `popgx: 1`; see popgx new");
}

Test(yaml, nesting_has_a_limit)
{
    char deep[20001];

    memset(deep, '[', 20000);
    deep[20000] = '\0';
    expect_wrong(deep, "m.yaml:1:100: more than 100 levels of nesting: a model needs fewer than 10");
}

Test(yaml, unknown_keys_are_named_with_the_nearest_known_one)
{
    static const char *const known[] = {"value", "unit", "source", NULL};
    diagnostics_t *diag = diag_new();
    yaml_document_t *document = parse("valeu: 1\nunit: USD\ncolour: red\n", diag, POPGX_OK);

    cr_assert_not(yaml_check_keys(yaml_root(document), "a parameter", known, diag));
    expect_messages(diag, "m.yaml:1:1: a parameter has no key `valeu`: did you mean `value`?",
                    "m.yaml:3:1: a parameter has no key `colour`: the keys here are value, unit, source", NULL);
    yaml_free(document);
    diag_free(diag);
}

Test(yaml, a_scalar_where_keys_are_needed_is_reported)
{
    static const char *const known[] = {"value", NULL};
    diagnostics_t *diag = diag_new();
    yaml_document_t *document = parse("just a text", diag, POPGX_OK);

    cr_assert_not(yaml_check_keys(yaml_root(document), "a model", known, diag));
    expect_messages(diag, "m.yaml:1:1: a model is not a mapping: write `key: value` pairs", NULL);
    yaml_free(document);
    diag_free(diag);
}
