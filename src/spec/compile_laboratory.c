/*
 * What a laboratory does with an order: how long it takes, how often an analysis fails and is made again, and to whom it is open. The
 * numbers go into model_test_t; what a test shows is compile_tests.c's business.
 */
#include <math.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_events.h"
#include "spec/compile_people.h"

enum { MOST_NUMBERS = 2 * MODEL_MAX_LEVELS, MOST_REPEATS = 1000 };

/* ---- how long results take ---- */

typedef struct {
    int32_t kind;               /* model_wait_kind_t */
    double numbers[MOST_NUMBERS];
    size_t n;
} wait_t;

static bool read_uniform(compiler_t *c, const yaml_node_t *node, wait_t *wait)
{
    bool is_pair = node->kind == YAML_SEQUENCE && node->count == 2;
    int32_t minutes;

    wait->kind = WAIT_UNIFORM;
    wait->n = 2;
    for (size_t k = 0; is_pair && k < 2; k++) {
        if (!compile_minutes(c, node->items[k], 0, &minutes)) return false;
        wait->numbers[k] = minutes;
    }
    if (is_pair && wait->numbers[0] <= wait->numbers[1]) return true;
    diag_error(c->diag, node->place, "write {uniform: [1 day, 5 days]}", "these are not the shortest and the longest time");
    return false;
}

static bool read_lognormal(compiler_t *c, const yaml_node_t *node, wait_t *wait)
{
    static const char *const keys[] = {"median", "sdlog", NULL};
    const yaml_node_t *median = yaml_get(node, "median"), *sdlog = yaml_get(node, "sdlog");
    double minutes;

    wait->kind = WAIT_LOGNORMAL;
    wait->n = 2;
    if (!compile_keys(c, node, "a lognormal time", keys)) return false;
    if (!median || !sdlog) {
        diag_error(c->diag, node->place, "write {lognormal: {median: 2 days, sdlog: 0.5}}", "the median or the spread is missing");
        return false;
    }
    if (!compile_value(c, median, VALUE_DURATION, &minutes) || !compile_value(c, sdlog, VALUE_RATIO, &wait->numbers[1])) return false;
    wait->numbers[0] = log(minutes);
    return true;
}

static bool read_exponential(compiler_t *c, const yaml_node_t *node, wait_t *wait)
{
    const yaml_node_t *mean = yaml_get(node, "mean");

    wait->kind = WAIT_EXPONENTIAL;
    wait->n = 1;
    if (mean && node->count == 1) return compile_value(c, mean, VALUE_DURATION, &wait->numbers[0]);
    diag_error(c->diag, node->place, "write {exponential: {mean: 2 days}}", "the mean is missing");
    return false;
}

/* {1 day: 60 %, 3 days: rest} -> cumulative probabilities, then minutes. */
static bool read_wait_shares(compiler_t *c, const yaml_node_t *node, wait_t *wait)
{
    size_t n = node->kind == YAML_MAPPING ? node->count : 0, rest = n;
    double p[MODEL_MAX_LEVELS], total = 0;

    wait->kind = WAIT_SHARES;
    wait->n = 2 * n;
    if (n == 0 || n > MODEL_MAX_LEVELS) {
        diag_error(c->diag, node->place, diag_format(c->diag, "write {shares: {1 day: 60 %%, 3 days: rest}}, at most %d", MODEL_MAX_LEVELS),
                   "these are not shares of times");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        bool is_rest = pair->value->kind == YAML_SCALAR && strcmp(pair->value->text, "rest") == 0;
        p[i] = 0;
        if (!compile_text_value(c, pair->key, pair->place, VALUE_DURATION, &wait->numbers[n + i])) return false;
        if (!is_rest && !compile_value(c, pair->value, VALUE_PROBABILITY, &p[i])) return false;
        if (is_rest) rest = i;
        total += p[i];
    }
    if (rest < n && total < 1) p[rest] = 1 - total;
    if (compile_cumulate(p, n, 1e-9, wait->numbers)) return true;
    diag_error(c->diag, node->place, "make one of them `rest`", "the shares of times sum to %.10g, not 1", total);
    return false;
}

/* TIME, {uniform: [TIME, TIME]}, {lognormal: ...}, {exponential: {mean: TIME}} or {shares: {TIME: P, ...}}. */
static bool read_wait(compiler_t *c, const yaml_node_t *node, wait_t *wait)
{
    static const char *const kinds[] = {"uniform", "lognormal", "exponential", "shares"};
    static bool (*const readers[])(compiler_t *, const yaml_node_t *, wait_t *) = {read_uniform, read_lognormal, read_exponential, read_wait_shares};

    *wait = (wait_t){.kind = WAIT_FIXED, .n = 1};
    if (node->kind == YAML_SCALAR) {
        int32_t minutes;
        if (!compile_minutes(c, node, 0, &minutes)) return false;
        wait->numbers[0] = minutes;
        return true;
    }
    for (size_t k = 0; k < 4; k++)
        if (node->kind == YAML_MAPPING && node->count == 1 && strcmp(node->pairs[0].key, kinds[k]) == 0) return readers[k](c, node->pairs[0].value, wait);
    diag_error(c->diag, node->place, "write a time, or one of {uniform: ...}, {lognormal: ...}, {exponential: ...}, {shares: ...}", "this is not a time that a result takes");
    return false;
}

/* `result after`: a time that is the same for everybody needs no table. */
static void compile_wait(compiler_t *c, const char *name, const yaml_node_t *node, model_test_t *test)
{
    by_t by;

    if (!people_by(c, node, &by)) return;
    wait_t *rows = arena_take(c->arena, by.n_rows, sizeof *rows);
    for (size_t r = 0; r < by.n_rows; r++) {
        if (!read_wait(c, by.nodes[r], &rows[r])) return;
        if (rows[r].kind == rows[0].kind && rows[r].n == rows[0].n) continue;
        diag_error(c->diag, by.nodes[r]->place, "use the same form, with as many numbers, in all of them", "the times are of different kinds");
        return;
    }
    test->turnaround = (int32_t)rows[0].numbers[0];
    if (rows[0].kind == WAIT_FIXED && by.n_rows == 1) {
        fprintf(c->summary, "  %s: result after %g days", name, test->turnaround / 1440.0);
        return;
    }
    test->turnaround = 1;       /* any time but 0: results are never part of the order's moment */
    test->wait_kind = rows[0].kind;
    test->wait_purpose = rng_purpose(diag_format(c->diag, "test %s takes", name));
    if (!compile_make_table(c, &by.slot, by.slot != MODEL_NONE, (int32_t)rows[0].n, &test->wait)) return;
    for (size_t r = 0; r < by.n_rows; r++)
        memcpy(c->model->reals + test->wait.first + r * rows[r].n, rows[r].numbers, rows[r].n * sizeof *rows[r].numbers);
    static const char *const words[] = {"a fixed time", "a time between two", "a lognormal time", "an exponential time", "one of several times"};
    fprintf(c->summary, "  %s: result after %s, at least a minute", name, words[test->wait_kind]);
    if (by.slot != MODEL_NONE) fprintf(c->summary, ", by %s", model_text(c->model, c->model->slots[by.slot].name));
}

/* ---- failures ---- */

/* `independent` or `the same`; false after reporting. */
bool compile_is_same(compiler_t *c, const yaml_node_t *node, bool *is_same)
{
    *is_same = node && node->kind == YAML_SCALAR && strcmp(node->text, "the same") == 0;
    if (!node || *is_same || (node->kind == YAML_SCALAR && strcmp(node->text, "independent") == 0)) return true;
    diag_error(c->diag, node->place, "write `independent` (drawn anew each time) or `the same` (drawn once per person)", "this is not a kind of error");
    return false;
}

static void compile_failures(compiler_t *c, const char *name, const yaml_node_t *node, model_test_t *test)
{
    const yaml_node_t *fails = yaml_get(node, "fails"), *failed = yaml_get(node, "failed result"), *failures = yaml_get(node, "failures");
    const yaml_node_t *repeats = yaml_get(node, "repeats");
    bool is_same = false;
    double number = 0;

    if (fails && fails->kind == YAML_MAPPING) {
        if (!compile_lookup(c, fails, VALUE_PROBABILITY, CONDITION_ATTRIBUTES, &test->failures)) test->failures.width = 0;
        for (int32_t r = 0; test->failures.width && r < compile_table_rows(c->model, &test->failures); r++)
            test->failure = fmax(test->failure, c->model->reals[test->failures.first + r]);
    } else if (fails) {
        (void)compile_value(c, fails, VALUE_PROBABILITY, &test->failure);
    }
    if (failed && (failed->kind != YAML_SCALAR || strcmp(failed->text, "unknown") != 0))
        diag_error(c->diag, failed->place, "write `failed result: unknown`", "a result that failed says nothing");
    if ((failures || repeats) && !fails)
        diag_error(c->diag, (failures ? failures : repeats)->place, "add `fails: PROBABILITY`", "test `%s` never fails", name);
    if (compile_is_same(c, failures, &is_same)) test->fails_alike = is_same;
    if (test->failures.width) {
        fputs(", fails with a probability of ", c->summary);
        compile_describe_table(c, &test->failures, 1, "");
    } else {
        fprintf(c->summary, ", fails with probability %g%s", test->failure, fails ? "" : " (default)");
    }
    if (test->failure > 0 && failures) fprintf(c->summary, is_same ? " (the same each time)" : " (each time anew)");
    if (repeats && compile_value(c, repeats, VALUE_NUMBER, &number)) {
        if (number < 0 || number > MOST_REPEATS || number != floor(number))
            diag_error(c->diag, repeats->place, diag_format(c->diag, "write how often at most, a whole number up to %d", MOST_REPEATS), "`%s` is not a number of repeats",
                       repeats->text);
        else test->repeats = (int32_t)number;
        fprintf(c->summary, ", repeated at most %g times if it failed", number);
    }
    fputc('\n', c->summary);
}

/* ---- who can have it ---- */

/* `available: P`, or by attributes -> an attribute `available TEST` with the levels `false` and `true`, drawn with the person. */
void compile_access(compiler_t *c, const yaml_pair_t *pair)
{
    static const char *const levels[] = {"false", "true"};
    const yaml_node_t *available = yaml_get(pair->value, "available");
    const char *name = diag_format(c->diag, "available %s", pair->key);
    model_t *m = c->model;
    int32_t slots[MODEL_MAX_LEVELS], rows = 1;
    model_table_t p, table;

    if (!available || !compile_lookup(c, available, VALUE_PROBABILITY, CONDITION_ATTRIBUTES, &p)) return;
    for (int32_t a = 0; a < p.axes.count; a++) {
        slots[a] = m->axes[p.axes.first + a].slot;
        rows *= compile_levels(m, slots[a]);
    }
    int32_t slot = compile_add_slot(c, name, SLOT_ATTRIBUTE, levels, 2, pair->place);
    if (slot == MODEL_NONE || !compile_make_table(c, slots, (size_t)p.axes.count, 2, &table)) return;
    for (int32_t r = 0; r < rows; r++) {
        m->reals[table.first + 2 * r] = 1 - m->reals[p.first + r];
        m->reals[table.first + 2 * r + 1] = 1;
    }
    people_step(c, (model_step_t){.purpose = rng_purpose(name), .kind = STEP_CATEGORY, .to = slot, .table = table});
    fprintf(c->summary, "  %s: available with a probability of ", pair->key);
    compile_describe_table(c, &p, 1, "");
    fputs("; for all others ordering it does nothing\n", c->summary);
}

void compile_laboratory(compiler_t *c, const yaml_pair_t *pair, model_test_t *test)
{
    const yaml_node_t *after = yaml_get(pair->value, "result after");

    if (after) compile_wait(c, pair->key, after, test);
    else fprintf(c->summary, "  %s: result after 0 days (default)", pair->key);
    compile_failures(c, pair->key, pair->value, test);
    test->access = model_find_slot(c->model, diag_format(c->diag, "available %s", pair->key));
}
