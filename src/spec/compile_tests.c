/*
 * Tests: what each would call every person (drawn with the person, hidden from the prescriber), what is known once a
 * result has come, and the moments and clocks of ordering and reporting. What a test costs is posted by the payoffs.
 */
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_people.h"

static const yaml_node_t *tests_of(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "tests");
    return node && node->kind == YAML_MAPPING ? node : NULL;
}

/* ---- calls ---- */

static const call_t *find_call(const struct people *people, int32_t test, int32_t observed)
{
    for (size_t k = 0; k < people->n_calls; k++)
        if (people->calls[k].test == test && people->calls[k].observed == observed) return &people->calls[k];
    return NULL;
}

/* False after reporting that the test tells of one thing twice. */
static bool add_call(compiler_t *c, int32_t test, int32_t observed, int32_t called, place_t place)
{
    struct people *people = people_of(c);

    if (find_call(people, test, observed)) {
        diag_error(c->diag, place, "name it once", "the test shows `%s` twice", model_text(c->model, c->model->slots[observed].name));
        return false;
    }
    people->calls = compile_grow(c, people->calls, people->n_calls, sizeof *people->calls);
    people->calls[people->n_calls++] = (call_t){.test = test, .observed = observed, .called = called, .map = MODEL_NONE, .of = MODEL_NONE};
    return true;
}

/* A slot `called TEST THING` with the levels of THING; its step is the caller's. */
static int32_t add_called_slot(compiler_t *c, const char *test, int32_t observed, place_t place)
{
    const char *levels[MODEL_MAX_LEVELS], *name = model_text(c->model, c->model->slots[observed].name);
    int32_t n = compile_levels(c->model, observed);

    for (int32_t l = 0; l < n; l++) levels[l] = diag_format(c->diag, "%s", model_level_name(c->model, observed, l));
    int32_t slot = compile_add_slot(c, diag_format(c->diag, "called %s %s", test, name), SLOT_ATTRIBUTE, levels, (size_t)n, place);
    if (slot != MODEL_NONE) c->model->slots[slot].is_reported = 0;
    return slot;
}

/* ---- genes ---- */

/* What the panel calls two alleles -> the phenotype of the two that it reports. */
static bool call_phenotype(compiler_t *c, int32_t test, const char *test_name, const gene_t *gene, const phenotype_t *phenotype,
                           const panel_t *panel, place_t place)
{
    int32_t n = (int32_t)gene->n_drawn, slot = add_called_slot(c, test_name, phenotype->slot, place);
    if (slot == MODEL_NONE) return false;

    int32_t map = builder_add_indices(c->model, n * n);
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < n; k++) {
            if (gene->drawn[i] == MODEL_NONE || !gene_can_have(gene, gene->drawn[k])) continue;
            int32_t level = panel_level(c, gene, phenotype, panel, gene->drawn[i], gene->drawn[k], place);
            if (level == MODEL_NONE) return false;
            c->model->indices[map + i * n + k] = level;
        }
    people_step(c, (model_step_t){.kind = STEP_DIPLOTYPE, .to = slot, .from = gene->gene, .first = map});
    return add_call(c, test, phenotype->slot, slot, place);
}

/* GENE: [ALLELE, ...] or GENE: {panel: NAME} */
static void compile_detection(compiler_t *c, int32_t test, const char *test_name, const yaml_pair_t *pair)
{
    const gene_t *gene = people_gene(c, pair->key, pair->place);
    panel_t panel;

    if (!gene || !compile_panel(c, gene, pair->value, test_name, &panel)) return;

    bool shows_anything = false;
    for (size_t p = 0; p < gene->n_phenotypes; p++) {
        const phenotype_t *phenotype = &gene->phenotypes[p];
        if (phenotype->allele && !panel_has(&panel, phenotype->allele)) continue; /* a risk allele that is not looked for */
        shows_anything = true;
        if (!call_phenotype(c, test, test_name, gene, phenotype, &panel, pair->place)) return;
    }
    if (!shows_anything)
        diag_error(c->diag, pair->value->place, "add one whose copies count", "none of these alleles has a phenotype of its own");
}

/* ---- what else a test shows ---- */

/* reads: ATTRIBUTE or [ATTRIBUTE, ...]. */
static void compile_reads(compiler_t *c, int32_t test, const yaml_pair_t *pair, const yaml_node_t *reads)
{
    size_t n = compile_count(reads);

    if (n == 0) diag_error(c->diag, reads->place, "name an attribute", "the test reads nothing");
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(reads, i);
        const char *name = compile_name(c, item, "what a test reads");
        int32_t slot = name ? people_slot(c, name, item->place) : MODEL_NONE;
        if (slot == MODEL_NONE || !add_call(c, test, slot, slot, item->place)) continue;
        fprintf(c->summary, "  %s reads %s%s\n", pair->key, name, compile_errs(c, pair->value, slot) ? "" : " without error");
    }
}

/* Groups made of what the test shows are shown too. */
static void compile_called_groups(compiler_t *c, int32_t test, const char *test_name, place_t place)
{
    struct people *people = people_of(c);

    for (size_t g = 0; g < people->n_groups; g++) {     /* a group stands after what it is made of */
        const group_t *group = &people->groups[g];
        const call_t *call = find_call(people, test, group->from);
        if (!call || find_call(people, test, group->slot)) continue;
        int32_t slot = group->slot, from = call->called;
        if (call->drawn.width || call->map != MODEL_NONE) {
            int32_t of = call->observed;
            if (add_call(c, test, group->slot, group->slot, place)) {
                people->calls[people->n_calls - 1].map = group->map;
                people->calls[people->n_calls - 1].of = of;
            }
            continue;
        }
        if (call->called != call->observed) {
            slot = add_called_slot(c, test_name, group->slot, place);
            if (slot == MODEL_NONE) continue;
            people_step(c, (model_step_t){.kind = STEP_MAP, .to = slot, .from = from, .first = group->map});
        }
        (void)add_call(c, test, group->slot, slot, place);
    }
}

/* Errors of everything that the test shows, before groups are made of it. */
static void compile_errors(compiler_t *c, int32_t test, const yaml_pair_t *pair)
{
    const yaml_node_t *shows = yaml_get(pair->value, "shows"), *errors = yaml_get(pair->value, "errors");
    bool is_plain = yaml_get(pair->value, "sensitivity") || yaml_get(pair->value, "specificity"), is_same;
    struct people *people = people_of(c);
    size_t n_shown = 0;

    for (size_t k = 0; k < people->n_calls; k++) n_shown += people->calls[k].test == test;
    for (size_t i = 0; shows && i < shows->count && shows->kind == YAML_MAPPING; i++) {
        int32_t slot = people_slot(c, shows->pairs[i].key, shows->pairs[i].place);
        if (slot != MODEL_NONE && !find_call(people, test, slot))
            diag_error(c->diag, shows->pairs[i].place, "name something that the test detects or reads; groups of it follow", "test `%s` does not show `%s`", pair->key,
                       shows->pairs[i].key);
    }
    if (shows && shows->kind != YAML_MAPPING)
        diag_error(c->diag, shows->place, "write {THING: {sensitivity: P, specificity: P}}", "`shows` does not say of what");
    if (is_plain && n_shown > 1)
        diag_error(c->diag, pair->place, "write `shows: {THING: {sensitivity: P, specificity: P}}`", "test `%s` shows %zu things: it is not said which of them it errs on",
                   pair->key, n_shown);
    if (errors && !shows && !is_plain)
        diag_error(c->diag, errors->place, "add `sensitivity` and `specificity`, or `shows`", "test `%s` never errs", pair->key);
    if (!compile_is_same(c, errors, &is_same) || (is_plain && n_shown > 1)) return;
    for (size_t k = 0; k < people->n_calls; k++)
        if (people->calls[k].test == test && !compile_error(c, pair, &people->calls[k], is_same)) return;
}

void compile_calls(compiler_t *c)
{
    static const char *const keys[] = {"detects", "reads", "sensitivity", "specificity", "positive", "shows", "errors", "cost", "cost at", "repeat cost", "price year",
                                       "category", "payer", "result after", "fails", "failures", "repeats", "failed result", "available", NULL};
    const yaml_node_t *all = yaml_get(c->root, "tests"), *tests = tests_of(c);

    size_t before = diag_errors(c->diag);
    if (all && !tests) diag_error(c->diag, all->place, "for example {pcr: {reads: variant, cost: 100 USD}}", "`tests` is not a mapping");
    if (!tests) return;
    fputs("tests\n", c->summary);
    for (size_t t = 0; t < tests->count; t++) {
        const yaml_pair_t *pair = &tests->pairs[t];
        const yaml_node_t *detects = yaml_get(pair->value, "detects"), *reads = yaml_get(pair->value, "reads");
        if (!compile_keys(c, pair->value, "a test", keys)) continue;
        if (!detects && !reads) diag_error(c->diag, pair->place, "add `detects: {GENE: [ALLELE, ...]}` or `reads: ATTRIBUTE`", "test `%s` shows nothing", pair->key);
        if (detects && detects->kind != YAML_MAPPING)
            diag_error(c->diag, detects->place, "for example {CYP2C19: [\"*2\", \"*3\"]}", "`detects` does not name a gene");
        for (size_t g = 0; detects && detects->kind == YAML_MAPPING && g < detects->count; g++)
            compile_detection(c, (int32_t)t, pair->key, &detects->pairs[g]);
        if (reads) compile_reads(c, (int32_t)t, pair, reads);
        compile_errors(c, (int32_t)t, pair);
        compile_called_groups(c, (int32_t)t, pair->key, pair->place);
        compile_access(c, pair);
    }
    people_of(c)->has_wrong_tests = diag_errors(c->diag) > before;
}

bool people_is_tested(const compiler_t *c, int32_t slot)
{
    for (size_t k = 0; c->people && k < c->people->n_calls; k++)
        if (c->people->calls[k].observed == slot) return true;
    return false;
}

bool people_has_wrong_tests(const compiler_t *c) { return c->people && c->people->has_wrong_tests; }

/* ---- observations, moments, clocks ---- */

/* The slot `observed THING`, shared by all tests that show it. */
static int32_t observation_of(compiler_t *c, int32_t observed, place_t place)
{
    const char *levels[MODEL_MAX_LEVELS + 1] = {"unknown"};
    const char *name = diag_format(c->diag, "observed %s", model_text(c->model, c->model->slots[observed].name));
    int32_t slot = model_find_slot(c->model, name), n = compile_levels(c->model, observed);

    if (slot != MODEL_NONE) return slot;
    for (int32_t l = 0; l < n; l++) levels[1 + l] = diag_format(c->diag, "%s", model_level_name(c->model, observed, l));
    slot = compile_add_slot(c, name, SLOT_OBSERVATION, levels, (size_t)n + 1, place);
    if (slot != MODEL_NONE) c->model->slots[slot].initial = OBSERVED_UNKNOWN;
    return slot;
}

static model_span_t add_readings(compiler_t *c, int32_t test, place_t place)
{
    const struct people *people = people_of(c);
    model_span_t span = {c->model->n_readings, 0};

    for (size_t k = 0; k < people->n_calls; k++) {
        const call_t *call = &people->calls[k];
        if (call->test != test) continue;
        int32_t observation = observation_of(c, call->observed, place);
        if (observation == MODEL_NONE) continue;
        int32_t at = builder_add_readings(c->model, 1);
        model_reading_t reading = {.purpose = call->purpose, .drawn = call->drawn, .observation = observation, .called = call->called, .map = call->map};
        if (call->map != MODEL_NONE) reading.called = observation_of(c, call->of, place);
        c->model->readings[at] = reading;
        span.count++;
    }
    return span;
}

/* Whether something asks {known: {TEST: ...}}. */
static bool is_asked(const yaml_node_t *node, const char *test)
{
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        if (is_asked(node->items[i], test)) return true;
    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if ((strcmp(pair->key, "known") == 0 && yaml_get(pair->value, test)) || is_asked(pair->value, test)) return true;
    }
    return false;
}

/* `known TEST`: false until a result has said something; only if a strategy asks. */
static void add_known(compiler_t *c, const yaml_pair_t *pair, model_span_t *readings)
{
    static const char *const levels[] = {"false", "true"};
    const yaml_node_t *strategies = yaml_get(c->root, "strategies");

    if (!strategies || !is_asked(strategies, pair->key)) return;
    int32_t slot = compile_add_slot(c, diag_format(c->diag, "known %s", pair->key), SLOT_OBSERVATION, levels, 2, pair->place);
    if (slot == MODEL_NONE) return;
    int32_t at = builder_add_readings(c->model, 1);
    c->model->readings[at] = (model_reading_t){.observation = slot, .called = MODEL_NONE, .map = MODEL_NONE};
    readings->count++;
}

static int32_t add_moment(compiler_t *c, const char *name, model_moment_kind_t kind, int32_t test)
{
    model_name_t text = builder_text(c->model, name);
    int32_t at = builder_add_moments(c->model, 1);

    c->model->moments[at] = (model_moment_t){.name = text, .kind = (int32_t)kind, .test = test, .strategy = MODEL_NONE};
    return at;
}

void compile_observations(compiler_t *c)
{
    const yaml_node_t *tests = tests_of(c);
    model_t *m = c->model;

    for (size_t t = 0; tests && t < tests->count; t++) {
        const yaml_pair_t *pair = &tests->pairs[t];
        const char *name = pair->key;
        int32_t at = builder_add_tests(m, 1), clock = builder_add_clocks(m, 1);
        model_test_t test = {.failure_purpose = rng_purpose(diag_format(c->diag, "test %s fails", name)), .name = builder_text(m, name),
                             .clock = clock, .repeat = MODEL_NONE, .access = MODEL_NONE, .readings = add_readings(c, at, pair->place)};
        add_known(c, pair, &test.readings);
        test.order = add_moment(c, diag_format(c->diag, "order of %s", name), MOMENT_ORDER, at);
        test.result = add_moment(c, diag_format(c->diag, "result of %s", name), MOMENT_RESULT, at);
        compile_laboratory(c, pair, &test);
        if (test.repeats > 0) test.repeat = add_moment(c, diag_format(c->diag, "repeat of %s", name), MOMENT_ORDER, at);
        m->tests[at] = test;
        m->clocks[clock] = (model_clock_t){.kind = CLOCK_RESULT, .moment = test.result, .process = MODEL_NONE, .most = MODEL_NEVER, .test = at,
                                           .strategy = MODEL_NONE};
    }
}

int32_t compile_test(compiler_t *c, const char *name, place_t place)
{
    const model_t *m = c->model;
    const char **known = arena_take(c->arena, (size_t)m->n_tests, sizeof *known);

    for (int32_t t = 0; t < m->n_tests; t++) {
        known[t] = model_text(m, m->tests[t].name);
        if (strcmp(known[t], name) == 0) return t;
    }
    diag_error(c->diag, place, compile_suggest(c, name, known, (size_t)m->n_tests), "there is no test `%s`", name);
    return MODEL_NONE;
}
