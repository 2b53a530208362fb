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
    people->calls[people->n_calls++] = (call_t){test, observed, called};
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
    const struct people *people = people_of(c);
    const gene_t *gene = NULL;
    const char **known = arena_take(c->arena, people->n_genes, sizeof *known);
    panel_t panel;

    for (size_t g = 0; g < people->n_genes; g++) {
        known[g] = people->genes[g].name;
        if (strcmp(known[g], pair->key) == 0) gene = &people->genes[g];
    }
    if (!gene) {
        diag_error(c->diag, pair->place, compile_suggest(c, pair->key, known, people->n_genes),
                   "there is no gene `%s`", pair->key);
        return;
    }
    if (gene->is_wrong) return;
    if (!compile_panel(c, gene, pair->value, test_name, &panel)) return;

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

/* reads: ATTRIBUTE or [ATTRIBUTE, ...], without error. */
static void compile_reads(compiler_t *c, int32_t test, const char *test_name, const yaml_node_t *reads)
{
    size_t n = compile_count(reads);

    if (n == 0) diag_error(c->diag, reads->place, "name an attribute", "the test reads nothing");
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(reads, i);
        const char *name = compile_name(c, item, "what a test reads");
        int32_t slot = name ? people_slot(c, name, item->place) : MODEL_NONE;
        if (slot == MODEL_NONE || !add_call(c, test, slot, slot, item->place)) continue;
        fprintf(c->summary, "  %s reads %s without error\n", test_name, name);
    }
}

/* Groups made of what the test shows are shown too. */
static void compile_called_groups(compiler_t *c, int32_t test, const char *test_name, place_t place)
{
    const struct people *people = people_of(c);

    for (size_t g = 0; g < people->n_groups; g++) {     /* a group stands after what it is made of */
        const group_t *group = &people->groups[g];
        const call_t *call = find_call(people, test, group->from);
        if (!call || find_call(people, test, group->slot)) continue;
        int32_t slot = group->slot;
        if (call->called != call->observed) {
            int32_t from = call->called;
            slot = add_called_slot(c, test_name, group->slot, place);
            if (slot == MODEL_NONE) continue;
            people_step(c, (model_step_t){.kind = STEP_MAP, .to = slot, .from = from, .first = group->map});
        }
        (void)add_call(c, test, group->slot, slot, place);
    }
}

void compile_calls(compiler_t *c)
{
    static const char *const keys[] = {"detects", "reads", "cost", "category", "payer", "result after", "fails", "failed result", NULL};
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
        if (reads) compile_reads(c, (int32_t)t, pair->key, reads);
        compile_called_groups(c, (int32_t)t, pair->key, pair->place);
    }
    people_of(c)->has_wrong_tests = diag_errors(c->diag) > before;
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
        c->model->readings[at] = (model_reading_t){observation, call->called};
        span.count++;
    }
    return span;
}

static int32_t add_moment(compiler_t *c, const char *name, model_moment_kind_t kind, int32_t test)
{
    model_name_t text = builder_text(c->model, name);
    int32_t at = builder_add_moments(c->model, 1);

    c->model->moments[at] = (model_moment_t){.name = text, .kind = (int32_t)kind, .test = test, .strategy = MODEL_NONE};
    return at;
}

/* When results come, and how often they say nothing. */
static void read_result(compiler_t *c, const yaml_pair_t *pair, model_test_t *test)
{
    const yaml_node_t *after = yaml_get(pair->value, "result after"), *fails = yaml_get(pair->value, "fails");
    const yaml_node_t *failed = yaml_get(pair->value, "failed result");

    if (after) (void)compile_minutes(c, after, 0, &test->turnaround);
    if (fails) (void)compile_value(c, fails, VALUE_PROBABILITY, &test->failure);
    if (failed && (failed->kind != YAML_SCALAR || strcmp(failed->text, "unknown") != 0))
        diag_error(c->diag, failed->place, "write `failed result: unknown`", "a result that failed says nothing");
    fprintf(c->summary, "  %s: result after %g days%s, fails with probability %g%s\n", pair->key, test->turnaround / 1440.0,
            after ? "" : " (default)", test->failure, fails ? "" : " (default)");
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
                             .clock = clock, .readings = add_readings(c, at, pair->place)};
        test.order = add_moment(c, diag_format(c->diag, "order of %s", name), MOMENT_ORDER, at);
        test.result = add_moment(c, diag_format(c->diag, "result of %s", name), MOMENT_RESULT, at);
        read_result(c, pair, &test);
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
