/*
 * A model's parts as bytes without references: a record as it is, its indices into pools (names, numbers, tables, programs) as 0, and behind it
 * what they stand for. So a field that is new is compared too, at worst too strictly. References between parts (a slot, a moment, a
 * test) stay indices: the parts are compared themselves, place by place.
 */
#include "model/course.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/survival.h"

enum { MOST_NAMED = 4 };

typedef struct {
    const model_t *m;
    FILE *out;
} part_t;

#define PUT(p, record) fwrite(&(record), sizeof(record), 1, (p)->out)

static void put_name(const part_t *p, model_name_t name) { fwrite(model_text(p->m, name), strlen(model_text(p->m, name)) + 1, 1, p->out); }

static void put_names(const part_t *p, model_span_t names)
{
    for (int32_t i = 0; i < names.count; i++) put_name(p, p->m->name_list[names.first + i]);
}

static void put_reals(const part_t *p, int64_t first, int64_t n)
{
    if (n > 0) fwrite(p->m->reals + first, sizeof *p->m->reals, (size_t)n, p->out);
}

static void put_indices(const part_t *p, int64_t first, int64_t n)
{
    if (n > 0) fwrite(p->m->indices + first, sizeof *p->m->indices, (size_t)n, p->out);
}

static void put_terms(const part_t *p, model_span_t terms)
{
    for (int32_t i = 0; i < terms.count; i++) PUT(p, p->m->terms[terms.first + i]);
}

static int64_t table_rows(const model_t *m, const model_table_t *table)
{
    int64_t rows = 1;

    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        rows += (int64_t)(m->slots[axis->slot].level_names.count - 1) * axis->stride;
    }
    return rows;
}

/* `table` without its references, for the record that holds it; its axes are put. */
static model_table_t put_axes(const part_t *p, model_table_t table)
{
    for (int32_t a = 0; a < table.axes.count; a++) PUT(p, p->m->axes[table.axes.first + a]);
    table.axes.first = table.first = 0;
    return table;
}

/* A table of reals, `times` as long as its axes say. */
static model_table_t put_table(const part_t *p, model_table_t table, int64_t times)
{
    if (table.width > 0) put_reals(p, table.first, table_rows(p->m, &table) * table.width * times);
    return put_axes(p, table);
}

/* `n` programs from this one on. */
static void put_formulas(const part_t *p, model_formula_t formula, int32_t n)
{
    for (int32_t i = 0; formula && i < n; i++) {
        const model_span_t code = p->m->programs[formula - 1 + i].code;
        for (int32_t k = 0; k < code.count; k++) {
            model_code_t step = p->m->code[code.first + k];
            if (step.kind == CODE_TABLE) {
                const model_table_t table = put_table(p, p->m->tables[step.index], 1);
                PUT(p, table);
                step.index = 0;
            }
            if (step.kind == CODE_STEPS) {
                put_reals(p, step.index, STEPS_HEAD + 2 * (int64_t)p->m->reals[step.index] + 1);
                step.index = 0;
            }
            PUT(p, step);
        }
        PUT(p, code.count);
    }
}

/* Whether there is one, instead of which. */
static model_formula_t put_formula(const part_t *p, model_formula_t formula)
{
    put_formulas(p, formula, 1);
    return formula != 0;
}

/* ---- people ---- */

static model_name_t put_slot(const part_t *p, int32_t i)
{
    model_slot_t slot = p->m->slots[i];

    put_name(p, slot.name);
    put_names(p, slot.level_names);
    slot.name = slot.level_names.first = slot.is_reported = 0;
    PUT(p, slot);
    return p->m->slots[i].name;
}

static model_name_t put_number(const part_t *p, int32_t i)
{
    model_number_t number = p->m->numbers[i];

    put_name(p, number.name);
    number.name = number.unit = number.is_hidden = 0;
    PUT(p, number);
    return p->m->numbers[i].name;
}

static model_name_t put_gene(const part_t *p, int32_t i)
{
    model_gene_t gene = p->m->genes[i];

    put_name(p, gene.name);
    put_names(p, gene.allele_names);
    gene.name = gene.allele_names.first = 0;
    PUT(p, gene);
    return p->m->genes[i].name;
}

/* Rows of the table that a STEP_CELL reads. */
static int32_t column_rows(const model_t *m, int32_t number)
{
    for (int32_t i = 0; i < m->n_steps; i++)
        if (m->steps[i].kind == STEP_ROW && m->steps[i].to == number) return m->steps[i].table.width;
    return 0;
}

static model_name_t put_step(const part_t *p, int32_t i)
{
    const model_t *m = p->m;
    model_step_t step = m->steps[i];
    const int32_t first = step.first;

    step.first = 0;
    switch (step.kind) {
    case STEP_DIPLOTYPE: put_indices(p, first, (int64_t)m->genes[step.from].allele_names.count * m->genes[step.from].allele_names.count); break;
    case STEP_MAP: put_indices(p, first, m->slots[step.from].level_names.count); break;
    case STEP_CELL: put_reals(p, first, column_rows(m, step.from)); break;
    case STEP_CELL_LEVEL: put_indices(p, first, column_rows(m, step.from)); break;
    case STEP_BAND: put_reals(p, step.table.first, step.table.width); break;
    case STEP_GENE: {
        model_table_t second = step.table;
        second.first += first;
        put_table(p, second, 1);
        break;
    }
    default: break;
    }
    const bool has_table = step.kind == STEP_CATEGORY || step.kind == STEP_NUMBER || step.kind == STEP_GENE || step.kind == STEP_SECOND
                           || step.kind == STEP_ROW;
    if (has_table) step.table = put_table(p, step.table, 1);
    else step.table.first = 0;
    step.formula = put_formula(p, step.formula);
    PUT(p, step);
    switch (step.kind) {
    case STEP_GENE:
    case STEP_SECOND: return m->genes[step.to].name;
    case STEP_NUMBER:
    case STEP_FORMULA:
    case STEP_ROW:
    case STEP_CELL: return m->numbers[step.to].name;
    default: return m->slots[step.to].name;
    }
}

static model_name_t put_register(const part_t *p, int32_t i)
{
    model_register_t value = p->m->registers[i];

    put_name(p, value.name);
    value.name = 0;
    value.start = put_formula(p, value.start);
    PUT(p, value);
    return p->m->registers[i].name;
}

static model_name_t put_derived(const part_t *p, int32_t i)
{
    model_derived_t derived = p->m->derived[i];

    put_reals(p, derived.cuts.first, derived.cuts.count);
    derived.cuts.first = 0;
    derived.value = put_formula(p, derived.value);
    PUT(p, derived);
    return p->m->slots[derived.slot].name;
}

/* ---- events ---- */

static void put_curve(const part_t *p, const model_curve_t *from)
{
    model_curve_t curve = *from;
    const int64_t per_piece = curve.kind == CURVE_PIECEWISE ? 3 : curve.kind == CURVE_TABULATED ? 2 + TABULATED_ROW : 0;

    put_reals(p, curve.first, per_piece * curve.pieces);
    curve.first = 0;
    PUT(p, curve);
}

static model_name_t put_clock(const part_t *p, int32_t i)
{
    const model_t *m = p->m;
    model_clock_t clock = m->clocks[i];

    put_terms(p, clock.enabled);
    for (int32_t r = 0; r < clock.ratios.count; r++) {
        const model_table_t table = put_table(p, m->ratios[clock.ratios.first + r], 1);
        PUT(p, table);
    }
    if (clock.kind == CLOCK_HAZARD) {
        const int64_t rows = table_rows(m, &clock.curve);
        for (int64_t r = 0; r < rows; r++) put_curve(p, &m->curves[clock.curve.first + r]);
        clock.curve = put_axes(p, clock.curve);
    }
    clock.enabled.first = clock.ratios.first = 0;
    clock.formula = put_formula(p, clock.formula);
    PUT(p, clock);
    return m->moments[clock.moment].name;
}

static void put_branch(const part_t *p, model_branch_t branch)
{
    int64_t times = 1;

    for (int32_t t = 0; t < branch.times.count; t++) {
        const model_time_axis_t *axis = &p->m->time_axes[branch.times.first + t];
        PUT(p, *axis);
        times *= axis->count;
    }
    put_indices(p, branch.outcomes, branch.table.width);
    put_formulas(p, branch.formulas, branch.table.width - 1);
    branch.table = put_table(p, branch.table, times);
    branch.times.first = branch.outcomes = 0;
    branch.formulas = branch.formulas != 0;
    PUT(p, branch);
}

static model_name_t put_moment(const part_t *p, int32_t i)
{
    const model_t *m = p->m;
    model_moment_t moment = m->moments[i];

    put_name(p, moment.name);
    for (int32_t e = 0; e < moment.effects.count; e++) PUT(p, m->effects[moment.effects.first + e]);
    for (int32_t u = 0; u < moment.updates.count; u++) {
        model_update_t update = m->updates[moment.updates.first + u];
        update.value = put_formula(p, update.value);
        PUT(p, update);
    }
    for (int32_t b = 0; b < moment.branches.count; b++) put_branch(p, m->branches[moment.branches.first + b]);
    moment.name = moment.effects.first = moment.updates.first = moment.branches.first = 0;
    PUT(p, moment);
    return m->moments[i].name;
}

/* ---- tests and strategies ---- */

static model_name_t put_test(const part_t *p, int32_t i)
{
    const model_t *m = p->m;
    model_test_t test = m->tests[i];

    put_name(p, test.name);
    for (int32_t r = 0; r < test.readings.count; r++) {
        model_reading_t reading = m->readings[test.readings.first + r];
        if (reading.map != MODEL_NONE) put_indices(p, reading.map, m->slots[reading.called].level_names.count - 1);
        reading.map = reading.map != MODEL_NONE;
        reading.drawn = put_table(p, reading.drawn, 1);
        PUT(p, reading);
    }
    test.wait = put_table(p, test.wait, 1);
    test.failures = put_table(p, test.failures, 1);
    test.name = test.readings.first = 0;
    PUT(p, test);
    return m->tests[i].name;
}

static void put_rules(const part_t *p, model_span_t rules)
{
    PUT(p, rules.count);
    for (int32_t r = 0; r < rules.count; r++) {
        model_rule_t rule = p->m->rules[rules.first + r];
        put_terms(p, rule.condition);
        put_indices(p, rule.orders.first, rule.orders.count);
        rule.chance = put_table(p, rule.chance, 1);
        rule.formula = put_formula(p, rule.formula);
        rule.condition.first = rule.orders.first = 0;
        PUT(p, rule);
    }
}

static model_name_t put_strategy(const part_t *p, int32_t i)
{
    const model_t *m = p->m;
    model_strategy_t strategy = m->strategies[i];

    put_name(p, strategy.name);
    put_rules(p, strategy.entry);
    for (int32_t k = 0; k < m->n_moments; k++) put_rules(p, m->rule_lists[strategy.rules_of + k]);
    put_indices(p, strategy.clocks.first, strategy.clocks.count);
    strategy.name = strategy.entry.first = strategy.rules_of = strategy.clocks.first = 0;
    PUT(p, strategy);
    return m->strategies[i].name;
}

static model_name_t put_settings(const part_t *p, int32_t i)
{
    model_settings_t settings = p->m->settings;

    (void)i;
    settings.title = settings.source = settings.currency = 0;
    settings.cost = settings.qaly = settings.life_years = settings.life_years_undiscounted = 0;
    settings.thresholds = (model_span_t){0};
    settings.cycle.weights = 0;
    settings.report = (model_report_t){0};
    settings.perspectives = (model_span_t){0};
    PUT(p, settings);
    return p->m->settings.title;
}

/* ---- comparing ---- */

typedef struct {
    const char *what;           /* "strategy" */
    bool is_named;              /* each has a name of its own */
    size_t count;               /* offset of n_... in the model; 0: there is one */
    model_name_t (*put)(const part_t *part, int32_t i);
} kind_t;

static int32_t count_of(const model_t *m, const kind_t *kind)
{
    int32_t n = 1;

    if (kind->count) memcpy(&n, (const char *)m + kind->count, sizeof n);
    return n;
}

typedef struct {
    char *bytes;
    size_t n;
    const char *name;
} bytes_t;

static popgx_err_t write_part(const model_t *m, const kind_t *kind, int32_t i, bytes_t *out)
{
    part_t part = {m, open_memstream(&out->bytes, &out->n)};

    if (!part.out) return FAIL(NOMEM, "no memory to compare two models");
    out->name = model_text(m, kind->put(&part, i));
    return fclose(part.out) == 0 ? POPGX_OK : FAIL(NOMEM, "no memory to compare two models");
}

static popgx_err_t compare_part(const model_t *a, const model_t *b, const kind_t *kind, int32_t i, FILE *told, int *n_told)
{
    bytes_t x = {0}, y = {0};
    popgx_err_t err;

    TRY(write_part(a, kind, i, &x));
    TRY(write_part(b, kind, i, &y));
    if (x.n == y.n && memcmp(x.bytes, y.bytes, x.n) == 0) goto out;
    if (kind->is_named) fprintf(told, "%s%s `%s`", *n_told ? ", " : "", kind->what, y.name);
    else fprintf(told, "%s%s", *n_told ? ", " : "", kind->what);
    ++*n_told;
out:
    free(x.bytes);
    free(y.bytes);
    return err;
}

popgx_err_t course_compare(const model_t *model, const model_t *changed, const char *other)
{
    static const kind_t kinds[] = {
        {"attribute, process or observation", true, offsetof(model_t, n_slots), put_slot},
        {"number", true, offsetof(model_t, n_numbers), put_number},
        {"gene", true, offsetof(model_t, n_genes), put_gene},
        {"how people get their", true, offsetof(model_t, n_steps), put_step},
        {"register", true, offsetof(model_t, n_registers), put_register},
        {"derived level", true, offsetof(model_t, n_derived), put_derived},
        {"event", true, offsetof(model_t, n_moments), put_moment},
        {"when it happens:", true, offsetof(model_t, n_clocks), put_clock},
        {"test", true, offsetof(model_t, n_tests), put_test},
        {"strategy", true, offsetof(model_t, n_strategies), put_strategy},
        {"horizon, cycles or calendar", false, 0, put_settings},
    };
    popgx_err_t err = POPGX_OK;
    char text[1024] = "";
    FILE *told = fmemopen(text, sizeof text - 1, "w");
    int n_told = 0;

    if (!told) return FAIL(NOMEM, "no memory to compare two models");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && n_told < MOST_NAMED; k++) {
        const int32_t n = count_of(model, &kinds[k]), changed_n = count_of(changed, &kinds[k]);
        if (n != changed_n) {
            fprintf(told, "%s%s (%d instead of %d)", n_told ? ", " : "", kinds[k].what, changed_n, n);
            n_told = MOST_NAMED; /* places differ from here on */
        }
        for (int32_t i = 0; i < n && n_told < MOST_NAMED; i++) TRY(compare_part(model, changed, &kinds[k], i, told, &n_told));
    }
out:
    fclose(told);
    if (!err && n_told > 0)
        err = FAIL(INPUT, "%s: changes what happens to people, not only what that costs and is worth: %s; simulate it with popgx run", other, text);
    return err;
}
