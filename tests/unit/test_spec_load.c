/* From a model file to a model, through all parts. */
#include "unit/compiler_fixture.h"

static const char GOOD[] =
    "popgx: 1\n"
    "title: A small model\n"
    "horizon: 10 years\n"
    "currency: USD\n"
    "parameters: {death: 0.1 per year, price: 2 USD}\n"
    "people: {sex: {female: 48 %, male: rest}}\n"
    "processes:\n"
    "  life: {events: {death: {to: dead, hazard: death}}}\n"
    "  drug: {states: [none, taken]}\n"
    "strategies:\n"
    "  nothing: {}\n"
    "  treat: {entry: [{set: {drug: taken}}]}\n"
    "payoffs:\n"
    "  cost: [{while: {drug: taken}, rate: price per day, category: drug}]\n"
    "  qaly: {combine: additive, items: [{while: {life: alive}, utility: 0.9}]}\n";

static popgx_err_t load(const char *text, const char *const *strategies, size_t n, diagnostics_t *diag, model_t *model, spec_report_t *report)
{
    return spec_load_text("m.yaml", text, strlen(text), strategies, n, diag, model, report);
}

Test(spec, a_good_model_loads_with_its_source_and_summary)
{
    diagnostics_t *diag = diag_new();
    model_t model;
    spec_report_t report;

    cr_assert_eq(load(GOOD, NULL, 0, diag, &model, &report), POPGX_OK, "%s", diag_text(diag, 0));
    expect_messages(diag, NULL);
    cr_assert_eq(model.n_strategies, 2);
    cr_assert_eq(model.settings.horizon, 5259600);      /* 10 * 525960 */
    cr_assert_str_eq(model_text(&model, model.settings.title), "A small model");
    cr_assert_eq(report.n_sources, 1);
    cr_assert_str_eq(report.sources[0].path, "m.yaml");
    cr_assert_str_eq(report.sources[0].bytes, GOOD);
    cr_assert(strstr(report.summary, "  death: 0.1 per year\n"), "%s", report.summary);
    model_release(&model);
    spec_report_release(&report);
    diag_free(diag);
}

Test(spec, the_same_text_gives_the_same_bytes)
{
    unsigned char *bytes[2];
    size_t n[2];

    for (int i = 0; i < 2; i++) {
        diagnostics_t *diag = diag_new();
        model_t model, back;
        spec_report_t report;
        cr_assert_eq(load(GOOD, NULL, 0, diag, &model, &report), POPGX_OK);
        cr_assert_eq(model_pack(&model, &bytes[i], &n[i]), POPGX_OK);
        cr_assert_eq(model_unpack(bytes[i], n[i], &back), POPGX_OK, "%s", popgx_err_detail());
        model_release(&back);
        model_release(&model);
        spec_report_release(&report);
        diag_free(diag);
    }
    cr_assert_eq(n[0], n[1]);
    cr_assert_eq(memcmp(bytes[0], bytes[1], n[0]), 0);
    free(bytes[0]);
    free(bytes[1]);
}

Test(spec, strategies_can_be_chosen_and_a_wrong_name_is_an_error)
{
    diagnostics_t *diag = diag_new();
    model_t model;
    spec_report_t report;

    cr_assert_eq(load(GOOD, (const char *const[]){"treat"}, 1, diag, &model, &report), POPGX_OK, "%s", diag_text(diag, 0));
    cr_assert_eq(model.n_strategies, 1);
    cr_assert_eq(model_find_strategy(&model, "treat"), 0);
    model_release(&model);
    spec_report_release(&report);
    cr_assert_eq(load(GOOD, (const char *const[]){"treet"}, 1, diag, &model, &report), POPGX_E_INPUT);
    cr_assert(strstr(diag_text(diag, 0), "treat"), "%s", diag_text(diag, 0));
    cr_assert_eq(model.n_slots, 0);
    diag_free(diag);
}

static void expect_wrong(const char *text, const char *first)
{
    diagnostics_t *diag = diag_new();
    model_t model;
    spec_report_t report;

    cr_assert_eq(load(text, NULL, 0, diag, &model, &report), POPGX_E_INPUT);
    cr_assert_str_eq(diag_text(diag, 0), first);
    cr_assert_null(model.slots);
    cr_assert_null(report.summary);
    diag_free(diag);
}

Test(spec, what_is_no_model_is_refused)
{
    expect_wrong("", "m.yaml: the file is empty: a model starts with `popgx: 1`; see popgx new");
    expect_wrong("a text", "m.yaml:1:1: a model is not a mapping: write `key: value` pairs");
    expect_wrong("[1, 2]", "m.yaml:1:1: a model is not a mapping: write `key: value` pairs");
}

/* GOOD with `from` replaced by `to`. */
static const char *changed(const char *from, const char *to)
{
    static char text[2 * sizeof GOOD];
    const char *at = strstr(GOOD, from);

    cr_assert(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
    return text;
}

Test(spec, one_wrong_word_is_answered_at_its_place)
{
    expect_wrong(changed("title:", "titel:"), "m.yaml:2:1: a model has no key `titel`: did you mean `title`?");
    expect_wrong(changed("horizon: 10 years", "horizon: 10"), "m.yaml:3:10: `10` is a plain number, not a duration: write `10 years`");
    expect_wrong(changed("hazard: death", "hazard: deth"), "m.yaml:8:45: `deth` is not a known name: did you mean `death`?");
    expect_wrong(changed("{drug: taken}}]", "{drug: token}}]"), "m.yaml:12:32: `drug` has no level `token`: did you mean `taken`?");
    expect_wrong(changed("rate: price per day", "rate: price"),
                 "m.yaml:14:39: `price` is money, not money per time: money per time is written like `10 USD per day`");
}

Test(spec, mistakes_of_all_parts_are_reported_together)
{
    diagnostics_t *diag = diag_new();
    model_t model;
    spec_report_t report;
    static const char text[] =
        "popgx: 1\nhorizon: 10\nparameters: {a: b}\npeople: {sex: {female: 1.2, male: rest}}\n"
        "processes: {life: {events: {death: {to: dead, hazard: 0.1}}}}\nstrategies: {x: {}}\npayoffs: {qaly: {combine: additive, items: []}}\n";

    cr_assert_eq(load(text, NULL, 0, diag, &model, &report), POPGX_E_INPUT);
    bool seen[8] = {0};
    for (size_t i = 0; diag_text(diag, i); i++) {
        int line = 0;
        sscanf(diag_text(diag, i), "m.yaml:%d:", &line);
        if (line > 0 && line < 8) seen[line] = true;
    }
    for (int line = 2; line <= 5; line++) cr_assert(seen[line], "nothing about line %d", line);
    diag_free(diag);
}

Test(spec, an_unused_parameter_is_a_warning_and_the_model_runs)
{
    diagnostics_t *diag = diag_new();
    model_t model;
    spec_report_t report;

    cr_assert_eq(load(changed("price: 2 USD}", "price: 2 USD, spare: 1}"), NULL, 0, diag, &model, &report), POPGX_OK);
    expect_messages(diag, "m.yaml:5:49: warning: the parameter `spare` is not used: remove it, or check the names where it should be used", NULL);
    model_release(&model);
    spec_report_release(&report);
    diag_free(diag);
}

Test(spec, a_file_that_is_not_there_is_reported)
{
    diagnostics_t *diag = diag_new();
    model_t model;
    spec_report_t report;

    cr_assert_eq(spec_load("/nowhere/m.yaml", NULL, 0, diag, &model, &report), POPGX_E_INPUT);
    expect_messages(diag, "/nowhere/m.yaml: cannot read the model (/nowhere/m.yaml: No such file or directory): give the path of a model file", NULL);
    diag_free(diag);
}

Test(spec, the_studies_load_without_a_complaint)
{
    static const char *const studies[] = {"single-gene/model.yaml", "clopidogrel-cyp2c19/model.yaml", "clopidogrel-cyp2c19/published.yaml"};

    for (size_t i = 0; i < sizeof studies / sizeof *studies; i++) {
        diagnostics_t *diag = diag_new();
        model_t model;
        spec_report_t report;
        char path[500];
        snprintf(path, sizeof path, "%s/jobs/%s", POPGX_SOURCE_ROOT, studies[i]);
        cr_assert_eq(spec_load(path, NULL, 0, diag, &model, &report), POPGX_OK, "%s", diag_text(diag, 0));
        expect_messages(diag, NULL);
        model_release(&model);
        spec_report_release(&report);
        diag_free(diag);
    }
}
