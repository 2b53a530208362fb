/*
 * Transition tables: from the probabilities of a cycle, with the ratios on them, to one branch for each process. Every pair of
 * two states is a moment of its own, "A to B", which strategies, payoffs and other events may name. Reads while the model is
 * compiled; what the engine gets are rows of cumulative probabilities, staying last.
 */
#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "rng/keyed.h"
#include "spec/compile_expressions.h"
#include "spec/compile_transitions.h"

#define SUM_TOLERANCE 1e-9      /* decimals in a paper sum to 1 within rounding */

static const char *const ratio_keys[N_RATIOS] = {"risk ratio", "odds ratio", "hazard ratio"};

/* ---- states ---- */

/* A state of the process, or TO_DEAD; MODEL_NONE after reporting. */
static int32_t target_named(compiler_t *c, const process_t *process, const char *name, place_t place)
{
    const int32_t state = model_find_level(c->model, process->slot, name);

    if (state != MODEL_NONE) return state;
    if (!strcmp(name, "dead") || !strcmp(name, "life.dead")) return TO_DEAD;
    return compile_level(c, process->slot, name, place);
}

const char *transition_target(const compiler_t *c, const process_t *process, int32_t to)
{
    return to == TO_DEAD ? "dead" : model_level_name(c->model, process->slot, to);
}

/* ---- probabilities ---- */

static bool check_rate(compiler_t *c, const yaml_node_t *node)
{
    const yaml_node_t *over = yaml_get(node, "over");
    static const char *const keys[] = {"rate", "over", NULL};

    if (!compile_keys(c, node, "a rate", keys)) return false;
    if (over && over->kind == YAML_SCALAR && !strcmp(over->text, "cycle")) return true;
    diag_error(c->diag, node->place, "write {rate: 0.2 per year, over: cycle}: the probability is 1 - exp(-rate * length)",
               "a rate becomes a probability only if it says `over: cycle`");
    return false;
}

static bool check_probability(compiler_t *c, const yaml_node_t *node, double *cycles)
{
    static const char *const keys[] = {"probability", "over", NULL};
    const yaml_node_t *over = yaml_get(node, "over");
    double minutes = 0;

    if (!compile_keys(c, node, "a probability over a time", keys)) return false;
    if (!over) {
        diag_error(c->diag, node->place, "add over: 5 years, for example: the probability of a cycle is 1 - (1 - p)^(length / time)",
                   "a probability over a time has no `over`");
        return false;
    }
    if (!compile_value(c, over, VALUE_DURATION, &minutes)) return false;
    *cycles = c->model->settings.cycle.minutes / minutes;
    return true;
}

/* The probability of a cycle that a rate, or a probability over another time, stands for. */
static double converted(const compiler_t *c, bool is_rate, double value, double cycles)
{
    return is_rate ? -expm1(-value * c->model->settings.cycle.minutes) : -expm1(cycles * log1p(-value));
}

static const expression_t *converted_code(compiler_t *c, bool is_rate, const expression_t *value, double cycles)
{
    const expression_t *one = compile_constant(c, 1);
    if (is_rate) {
        const expression_t *sum = compile_combine(c, ARITHMETIC_MULTIPLY, value, compile_constant(c, -c->model->settings.cycle.minutes));
        return compile_combine(c, ARITHMETIC_SUBTRACT, one, expression_make(c, CODE_ARITHMETIC + ARITHMETIC_EXP, 0, 0, sum, NULL, NULL));
    }
    if (cycles == 1) return value;
    const expression_t *kept = compile_combine(c, ARITHMETIC_POWER, compile_combine(c, ARITHMETIC_SUBTRACT, one, value), compile_constant(c, cycles));
    return compile_combine(c, ARITHMETIC_SUBTRACT, one, kept);
}

/* P of a cycle; {rate: R, over: cycle}; {probability: P, over: TIME}; rest. Each may be an expression over people. */
static bool parse_cell(compiler_t *c, const process_t *process, const yaml_node_t *node, pair_t *pair)
{
    const yaml_node_t *rate = yaml_get(node, "rate"), *probability = yaml_get(node, "probability"), *given = rate ? rate : probability ? probability : node;
    const value_kind_t kind = rate ? VALUE_RATE : VALUE_PROBABILITY;
    grid_values_t *out = &pair->p;
    double cycles = 1;

    if (node->kind == YAML_SCALAR && !strcmp(node->text, "rest")) {
        *out = (grid_values_t){.value = arena_take(c->arena, 1, sizeof(double))};
        *out->value = REST;
        return true;
    }
    if (rate ? !check_rate(c, node) : probability && !check_probability(c, node, &cycles)) return false;
    if (given->kind == YAML_SCALAR) {
        out->value = arena_take(c->arena, 1, sizeof(double));
        if (!transition_expression(c, given, kind, out->value, &pair->code)) return false;
        if (pair->code) pair->code = converted_code(c, rate != NULL, pair->code, cycles);
    } else if (!grid_parse(c, process, given, kind, out)) {
        return false;
    }
    for (size_t k = 0; given != node && !pair->code && k < dimensions_rows(&out->by); k++) out->value[k] = converted(c, rate != NULL, out->value[k], cycles);
    return true;
}

static pair_t *add_pair(compiler_t *c, struct transitions *t, int32_t from, int32_t to, place_t place)
{
    t->pairs = compile_grow(c, t->pairs, t->n_pairs, sizeof *t->pairs);
    pair_t *pair = &t->pairs[t->n_pairs++];
    *pair = (pair_t){.from = from, .to = to, .moment = MODEL_NONE, .place = place};
    if (from == to) return pair;
    const process_t *process = t->process;
    const char *name = diag_format(c->diag, "%s to %s", transition_target(c, process, from), transition_target(c, process, to));
    event_t *event = compile_add_event(c, process, name, NULL, place);
    event->is_transition = true;
    pair->moment = event->moment;
    return pair;
}

/* {STATE: PROBABILITY, ..., STATE: rest} */
static bool parse_row(compiler_t *c, struct transitions *t, int32_t from, const yaml_node_t *node)
{
    bool is_right = node->kind == YAML_MAPPING;

    if (!is_right) diag_error(c->diag, node->place, "write {STATE: PROBABILITY, STATE: rest}", "the transitions from a state are not a mapping");
    for (size_t i = 0; is_right && i < node->count; i++) {
        const yaml_pair_t *cell = &node->pairs[i];
        if (compile_is_remark(cell->key)) continue;
        int32_t to = target_named(c, t->process, cell->key, cell->place);
        if (to == MODEL_NONE) return false;
        add_pair(c, t, from, to, cell->place)->node = cell->value; /* read when all events have their names */
    }
    return is_right;
}

/* ---- a table ---- */

static bool is_dimension(const compiler_t *c, const dimensions_t *by, const char *column)
{
    for (size_t i = 0; i < by->n; i++)
        if (!strcmp(dimension_name(c, &by->dimension[i]), column)) return true;
    return !strcmp(column, "from") || compile_is_remark(column);
}

/* One column of a table for the lines that begin in `from`; a column of zeros and blanks is no transition. */
static bool parse_column(compiler_t *c, struct transitions *t, const csv_table_t *csv, const dimensions_t *by, int32_t from, int column)
{
    const int from_column = csv_column(csv, "from");
    const char *state = model_level_name(c->model, t->process->slot, from);
    grid_values_t p = {.by = *by, .value = arena_take(c->arena, dimensions_rows(by), sizeof(double))};
    bool *is_given = arena_take(c->arena, dimensions_rows(by), sizeof *is_given), is_possible = false;

    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, column);
        size_t row;
        if (strcmp(csv_cell(csv, r, from_column)->text, state) != 0) continue;
        if (!grid_table_row(c, csv, r, by, &row)) return false;
        if (is_given[row]) {
            diag_error(c->diag, cell->place, "keep one of the lines", "the transitions from `%s` are given twice", state);
            return false;
        }
        is_given[row] = true;
        if (!strcmp(cell->text, "rest")) p.value[row] = REST;
        else if (cell->text[0] && !compile_text_value(c, cell->text, cell->place, VALUE_PROBABILITY, &p.value[row])) return false;
        is_possible |= p.value[row] != 0;
    }
    if (!grid_all_given(c, by, is_given, diag_format(c->diag, "%s, from %s,", csv->file, state), csv->header[0].place)) return false;
    int32_t to = target_named(c, t->process, csv->header[column].text, csv->header[column].place);
    if (to != MODEL_NONE && is_possible) add_pair(c, t, from, to, csv->header[column].place)->p = p;
    return to != MODEL_NONE;
}

static bool has_lines(const csv_table_t *csv, int column, const char *state)
{
    for (size_t r = 0; r < csv->n_rows; r++)
        if (!strcmp(csv_cell(csv, r, column)->text, state)) return true;
    return false;
}

/* {by: [NAME, ...], table: FILE}: columns `from`, the names, and one for each state that can be next. */
static bool parse_table(compiler_t *c, struct transitions *t, const yaml_node_t *node)
{
    static const char *const keys[] = {"by", "table", NULL};
    const char *file = compile_name(c, yaml_get(node, "table"), "the table");
    dimensions_t by;
    bool is_right = true;

    if (!compile_keys(c, node, "transitions from a table", keys) || !file || !grid_names(c, t->process, yaml_get(node, "by"), &by)) return false;
    const csv_table_t *csv = compile_table_file(c, file, yaml_get(node, "table")->place);
    const int from = csv ? csv_column(csv, "from") : -1;
    if (!csv || from < 0) {
        if (csv) diag_error(c->diag, csv->header[0].place, "add a column `from` with the state that is left", "the table has no column `from`");
        return false;
    }
    if (!grid_table_ranges(c, csv, &by)) return false;
    for (size_t r = 0; r < csv->n_rows; r++)
        if (compile_level(c, t->process->slot, csv_cell(csv, r, from)->text, csv_cell(csv, r, from)->place) == MODEL_NONE) return false;
    for (int32_t l = 0; l < compile_levels(c->model, t->process->slot); l++)
        for (size_t k = 0; k < csv->n_columns && has_lines(csv, from, model_level_name(c->model, t->process->slot, l)); k++)
            if (!is_dimension(c, &by, csv->header[k].text)) is_right = is_right && parse_column(c, t, csv, &by, l, (int)k);
    return is_right;
}

void compile_register_transitions(compiler_t *c, process_t *process)
{
    const yaml_node_t *node = yaml_get(process->node, "transitions");

    for (int k = 0; k < N_RATIOS && !node; k++)
        if (yaml_get(process->node, ratio_keys[k]))
            diag_error(c->diag, yaml_get(process->node, ratio_keys[k])->place, "put it into the event, or add `transitions`",
                       "process `%s` has a `%s`, but no transitions for it", process->name, ratio_keys[k]);
    if (!node) return;
    if (!c->model->settings.cycle.minutes || !process->has_states || node->kind != YAML_MAPPING) {
        if (!yaml_get(c->root, "cycle"))
            diag_error(c->diag, node->place, "add cycle: {length: 1 year, count: 20, payoffs at: end}, for example, or write events with hazards",
                       "transitions need cycles");
        else if (!process->has_states) diag_error(c->diag, node->place, "give it `states`", "process `%s` has no states to go to", process->name);
        else if (node->kind != YAML_MAPPING)
            diag_error(c->diag, node->place, "write transitions: {FROM: {TO: PROBABILITY, FROM: rest}}, or {by: [...], table: FILE.csv}",
                       "`transitions` is not a mapping");
        return;
    }
    struct transitions *t = process->transitions = arena_take(c->arena, 1, sizeof *t);
    t->process = process;
    if (yaml_get(node, "table")) {
        t->is_wrong = !parse_table(c, t, node);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (compile_is_remark(node->pairs[i].key)) continue;
        int32_t from = compile_level(c, process->slot, node->pairs[i].key, node->pairs[i].place);
        if (from == MODEL_NONE || !parse_row(c, t, from, node->pairs[i].value)) t->is_wrong = true;
    }
}

/* ---- ratios ---- */

/* `leaving`, a state, or a list of states. */
static bool parse_targets(compiler_t *c, const process_t *process, const yaml_node_t *node, ratio_t *ratio)
{
    for (size_t i = 0; i < compile_count(node); i++) {
        const yaml_node_t *item = compile_item(node, i);
        const char *name = compile_name(c, item, "`applies to`");
        if (!name) return false;
        if (!strcmp(name, "leaving")) {
            ratio->is_leaving = true;
            continue;
        }
        int32_t to = target_named(c, process, name, item->place);
        if (to == MODEL_NONE) return false;
        if (to == TO_DEAD) ratio->is_dead = true;
        else ratio->targets |= 1ull << to;
    }
    return true;
}

static bool parse_from(compiler_t *c, const process_t *process, const yaml_node_t *node, uint64_t *from)
{
    *from = ~0ull;
    return !node || compile_level_set(c, node, process->slot, "`from`", from);
}

static bool parse_ratio(compiler_t *c, struct transitions *t, const yaml_node_t *node, ratio_kind_t kind)
{
    static const char *const keys[] = {"applies to", "from", "value", "while", NULL};
    const yaml_node_t *to = yaml_get(node, "applies to"), *value = yaml_get(node, "value");
    ratio_t ratio = {.kind = kind};

    if (!compile_keys(c, node, diag_format(c->diag, "a %s", ratio_keys[kind]), keys)) return false;
    if (!to || !value) {
        diag_error(c->diag, node->place, "write {applies to: leaving, value: 0.5, while: {PROCESS: STATE}}, or name the states that it leads to",
                   "`%s` is missing", to ? "value" : "applies to");
        return false;
    }
    bool is_right = parse_targets(c, t->process, to, &ratio) && parse_from(c, t->process, yaml_get(node, "from"), &ratio.from) &&
                    grid_parse(c, t->process, value, VALUE_RATIO, &ratio.value) &&
                    compile_condition(c, yaml_get(node, "while"), CONDITION_ATTRIBUTES | CONDITION_PROCESSES, &ratio.during);
    t->ratios = compile_grow(c, t->ratios, t->n_ratios, sizeof ratio);
    t->ratios[t->n_ratios++] = ratio;
    return is_right;
}

static void parse_ratios(compiler_t *c, struct transitions *t)
{
    for (int k = 0; k < N_RATIOS; k++) {
        const yaml_node_t *node = yaml_get(t->process->node, ratio_keys[k]);
        for (size_t i = 0; node && i < compile_count(node); i++)
            if (!parse_ratio(c, t, compile_item(node, i), (ratio_kind_t)k)) t->is_wrong = true;
    }
}

/* A ratio on a probability: of two risks, of two odds, or of the rates that give them. */
static double times_ratio(ratio_kind_t kind, double p, double ratio)
{
    switch (kind) {
    case RATIO_ODDS: return p < 1 ? ratio * p / (1 - p + ratio * p) : 1;
    case RATIO_HAZARD: return p < 1 ? -expm1(ratio * log1p(-p)) : ratio > 0;
    default: return p * ratio;
    }
}

static bool holds(const model_t *m, model_span_t terms, const dimensions_t *by, const int32_t *values)
{
    for (int32_t i = terms.first; i < terms.first + terms.count; i++)
        for (size_t k = 0; k < by->n; k++)
            if (by->dimension[k].kind == DIMENSION_SLOT && by->dimension[k].slot == m->terms[i].slot && !(m->terms[i].levels >> values[k] & 1))
                return false;
    return true;
}

bool transition_is_meant(const ratio_t *ratio, const pair_t *pair)
{
    if (pair->moment == MODEL_NONE) return false;
    return ratio->is_leaving || (pair->to == TO_DEAD ? ratio->is_dead : ratio->targets >> pair->to & 1);
}

/* The pairs that a ratio means are changed together: what they sum to has the ratio, and each keeps its part. */
static void apply_ratio(const struct transitions *t, const ratio_t *ratio, int32_t from, double value, double *p)
{
    double sum = 0;

    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].from == from && transition_is_meant(ratio, &t->pairs[i])) sum += p[i];
    const double factor = sum > 0 ? times_ratio(ratio->kind, sum, value) / sum : 1;
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].from == from && transition_is_meant(ratio, &t->pairs[i])) p[i] *= ratio->kind == RATIO_RISK ? value : factor;
}

/* ---- rows ---- */

/* The probabilities of all pairs from a state as the table gives them; false after reporting that they do not sum to 1. */
static bool fill_row(compiler_t *c, const struct transitions *t, const dimensions_t *by, const int32_t *values, int32_t from, double *p)
{
    size_t rest = t->n_pairs, last = t->n_pairs;
    double sum = 0;

    for (size_t i = 0; i < t->n_pairs; i++) {
        p[i] = 0;
        if (t->pairs[i].from != from) continue;
        last = i;
        p[i] = grid_value(&t->pairs[i].p, by, values);
        if (p[i] == REST && rest < t->n_pairs) {
            diag_error(c->diag, t->pairs[i].place, "give the others probabilities", "`rest` stands twice in the transitions from `%s`",
                       transition_target(c, t->process, from));
            return false;
        }
        if (p[i] == REST) p[rest = i] = 0;
        sum += p[i];
    }
    if (last == t->n_pairs) return true; /* nothing is said of this state: it is never left */
    if (rest < t->n_pairs && sum <= 1 + SUM_TOLERANCE) p[rest] = sum < 1 ? 1 - sum : 0;
    else if (fabs(sum - 1) > SUM_TOLERANCE) {
        diag_error(c->diag, t->pairs[last].place, rest < t->n_pairs ? "leave something for the rest" : diag_format(c->diag, "let them sum to 1, or write `%s: rest`",
                   transition_target(c, t->process, from)), "the probabilities from `%s` sum to %.9g (%s)", transition_target(c, t->process, from), sum,
                   dimensions_words(c, by, values));
        return false;
    }
    return true;
}

/* One row: cumulative probabilities of the pairs that leave, in the order of the table, then staying. */
static bool make_row(compiler_t *c, const struct transitions *t, const dimensions_t *by, const int32_t *values, int32_t from, double *p, double *row)
{
    double sum = 0;
    size_t n = 0;

    if (!fill_row(c, t, by, values, from, p)) return false;
    for (size_t r = 0; r < t->n_ratios; r++)
        if (t->ratios[r].from >> from & 1 && holds(c->model, t->ratios[r].during, by, values))
            apply_ratio(t, &t->ratios[r], from, grid_value(&t->ratios[r].value, by, values), p);
    for (size_t i = 0; i < t->n_pairs; i++) {
        if (t->pairs[i].moment == MODEL_NONE) continue;
        sum += p[i];
        row[n++] = sum < 1 ? sum : 1;
    }
    row[n] = 1;
    if (sum <= 1 + SUM_TOLERANCE) return true;
    diag_error(c->diag, t->process->place, "lower the ratio: a ratio of odds or of hazards never leads above 1",
               "with its ratios, the probabilities of leaving `%s` sum to %.9g (%s)", transition_target(c, t->process, from), sum,
               dimensions_words(c, by, values));
    return false;
}

/* ---- into the model ---- */

/* All that the rows depend on: times first, then slots, the process among them. */
static bool join_dimensions(compiler_t *c, const struct transitions *t, dimensions_t *by)
{
    const model_t *m = c->model;
    const place_t place = t->process->place;
    const dimension_t own = {DIMENSION_SLOT, t->process->slot, 0, compile_levels(m, t->process->slot)};
    bool is_right = true;

    for (int is_slot = 0; is_slot < 2; is_slot++) {
        for (size_t i = 0; i < t->n_pairs + t->n_ratios; i++) {
            const dimensions_t *from = i < t->n_pairs ? &t->pairs[i].p.by : &t->ratios[i - t->n_pairs].value.by;
            for (size_t d = 0; d < from->n && is_right; d++)
                if ((from->dimension[d].kind == DIMENSION_SLOT) == is_slot) is_right = dimensions_add(c, by, from->dimension[d], place);
        }
        if (is_slot) is_right = is_right && dimensions_add(c, by, own, place);
    }
    for (size_t r = 0; r < t->n_ratios; r++)
        for (int32_t i = 0; i < t->ratios[r].during.count && is_right; i++) {
            int32_t slot = m->terms[t->ratios[r].during.first + i].slot;
            is_right = dimensions_add(c, by, (dimension_t){DIMENSION_SLOT, slot, 0, compile_levels(m, slot)}, place);
        }
    return is_right;
}

/* Axes and time axes with their strides, and room for the rows. */
static void lay_out(model_t *m, const dimensions_t *by, int32_t width, model_branch_t *branch)
{
    int32_t stride = 1, n_times = 0;

    for (size_t i = 0; i < by->n; i++) n_times += by->dimension[i].kind != DIMENSION_SLOT;
    branch->times = (model_span_t){builder_add_time_axes(m, n_times), n_times};
    branch->table = (model_table_t){.axes = {builder_add_axes(m, (int32_t)by->n - n_times), (int32_t)by->n - n_times}, .width = width};
    for (size_t i = by->n; i-- > 0;) {
        const dimension_t *d = &by->dimension[i];
        int32_t at = (int32_t)i;
        if (d->kind == DIMENSION_SLOT) m->axes[branch->table.axes.first + at - n_times] = (model_axis_t){d->slot, stride};
        else m->time_axes[branch->times.first + at] = (model_time_axis_t){d->kind, d->slot, d->first, d->count, stride};
        stride *= d->count;
    }
    branch->table.first = builder_add_reals(m, stride * width);
}

static size_t place_of(const dimensions_t *by, int32_t slot)
{
    size_t k = 0;
    while (by->dimension[k].kind != DIMENSION_SLOT || by->dimension[k].slot != slot) k++;
    return k;
}

static bool fill_table(compiler_t *c, const struct transitions *t, const dimensions_t *by, const model_branch_t *branch)
{
    double *p = arena_take(c->arena, t->n_pairs, sizeof *p);
    const size_t own = place_of(by, t->process->slot);
    int32_t values[GRID_MOST];

    for (size_t row = 0; row < dimensions_rows(by); row++) {
        dimensions_values(by, row, values);
        if (!make_row(c, t, by, values, values[own], p, c->model->reals + branch->table.first + row * (size_t)branch->table.width)) return false;
    }
    return true;
}

static void set_effects(compiler_t *c, const struct transitions *t, const pair_t *pair)
{
    const int32_t life = c->model->settings.life;
    model_effect_t effect = pair->to == TO_DEAD ? (model_effect_t){life, LIFE_DEAD} : (model_effect_t){t->process->slot, pair->to};

    c->model->moments[pair->moment].effects = compile_emit_effects(c->model, &effect, 1);
}

/* The moment that ends a cycle, its clock and its branch. */
static void add_tick(compiler_t *c, process_t *process, const model_branch_t *branch)
{
    model_t *m = c->model;
    struct processes *p = c->processes;
    const int32_t moment = builder_add_moments(m, 1);

    m->moments[moment] = (model_moment_t){.name = builder_text(m, diag_format(c->diag, "%s: end of a cycle", process->name)), .kind = MOMENT_CYCLE,
                                          .test = MODEL_NONE, .strategy = MODEL_NONE};
    p->branches = compile_grow(c, p->branches, p->n_branches, sizeof *p->branches);
    p->branches[p->n_branches++] = (pending_branch_t){*branch, moment, NULL};
    process->tick = builder_add_clocks(m, 1);
    m->clocks[process->tick] = (model_clock_t){.kind = CLOCK_TICK, .moment = moment, .process = process->slot, .minutes = m->settings.cycle.minutes,
                                               .most = m->settings.cycle.count, .test = MODEL_NONE, .strategy = MODEL_NONE};
}

/* ---- in words ---- */

/* Probability k of a row as a percentage, lowest to highest over the rows that begin in `from`. */
static void describe_way(compiler_t *c, const dimensions_t *by, size_t own, int32_t from, const model_branch_t *branch, size_t k, const char *name)
{
    double low = INFINITY, high = -INFINITY;
    int32_t values[GRID_MOST];

    for (size_t row = 0; row < dimensions_rows(by); row++) {
        const double *p = c->model->reals + branch->table.first + row * (size_t)branch->table.width;
        dimensions_values(by, row, values);
        if (values[own] != from) continue;
        low = fmin(low, 100 * (p[k] - (k ? p[k - 1] : 0)));
        high = fmax(high, 100 * (p[k] - (k ? p[k - 1] : 0)));
    }
    if (high - low > 1e-9) fprintf(c->summary, "%s %.6g to %.6g %%", name, low, high);
    else fprintf(c->summary, "%s %.6g %%", name, high);
}

static void describe_dimensions(compiler_t *c, const struct transitions *t, const dimensions_t *by)
{
    const char *before = "; by ";
    bool has_time = false;

    for (size_t i = 0; i < by->n; i++) {
        const dimension_t *d = &by->dimension[i];
        if (d->kind == DIMENSION_SLOT && d->slot == t->process->slot) continue;
        fprintf(c->summary, "%s%s", before, dimension_name(c, d));
        if (d->kind != DIMENSION_SLOT) fprintf(c->summary, " %d to %d", d->first, d->first + d->count - 1);
        has_time |= d->kind != DIMENSION_SLOT;
        before = ", ";
    }
    if (has_time) fprintf(c->summary, " (what lies beyond is as at the end)");
}

static void describe(compiler_t *c, const struct transitions *t, const dimensions_t *by, const model_branch_t *branch)
{
    const model_t *m = c->model;
    const size_t own = place_of(by, t->process->slot);

    fprintf(c->summary, "transitions of %s, each cycle", t->process->name);
    describe_dimensions(c, t, by);
    fprintf(c->summary, "\n");
    for (int32_t from = 0; from < compile_levels(m, t->process->slot); from++) {
        size_t k = 0;
        fprintf(c->summary, "  from %s: ", model_level_name(m, t->process->slot, from));
        for (size_t i = 0; i < t->n_pairs; i++) {
            if (t->pairs[i].moment == MODEL_NONE) continue;
            if (t->pairs[i].from == from) {
                describe_way(c, by, own, from, branch, k, transition_target(c, t->process, t->pairs[i].to));
                fprintf(c->summary, ", ");
            }
            k++;
        }
        describe_way(c, by, own, from, branch, k, "stays");
        fprintf(c->summary, "\n");
    }
    for (size_t r = 0; r < t->n_ratios; r++) {
        const ratio_t *ratio = &t->ratios[r];
        fprintf(c->summary, "  these include a %s on %s", ratio_keys[ratio->kind], ratio->is_leaving ? "the probability of leaving" : "some of them");
        if (ratio->during.count) fprintf(c->summary, " while ");
        compile_describe_condition(c, ratio->during);
        fprintf(c->summary, "; the rest stays\n");
    }
}

/* ---- all processes ---- */

static void compile_process(compiler_t *c, process_t *process)
{
    struct transitions *t = process->transitions;
    model_branch_t branch = {.purpose = rng_purpose(diag_format(c->diag, "transitions %s", process->name))};
    dimensions_t by = {.n = 0};
    int32_t width = 1;

    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].node && !parse_cell(c, process, t->pairs[i].node, &t->pairs[i])) t->is_wrong = true;
    parse_ratios(c, t);
    process->tick_priority = process->slot == c->model->settings.life ? -1 : 0;
    const yaml_node_t *priority = yaml_get(process->node, "priority");
    if (priority && !compile_priority(c, priority, &process->tick_priority)) t->is_wrong = true;
    const bool is_by_formulas = transitions_have_formulas(t);
    if (t->is_wrong || (!is_by_formulas && !join_dimensions(c, t, &by))) return;
    for (size_t i = 0; i < t->n_pairs; i++) width += t->pairs[i].moment != MODEL_NONE;
    if ((int64_t)dimensions_rows(&by) * width > GRID_MOST_ROWS) {
        diag_error(c->diag, process->place, "let them depend on fewer things, or group their levels", "the transitions of `%s` would have more than %d numbers",
                   process->name, GRID_MOST_ROWS);
        return;
    }
    lay_out(c->model, &by, width, &branch);
    if (is_by_formulas ? !transitions_emit_formulas(c, t, &branch) : !fill_table(c, t, &by, &branch)) return;
    if (is_by_formulas) c->model->reals[branch.table.first + width - 1] = 1;
    branch.outcomes = builder_add_indices(c->model, width);
    for (size_t i = 0, k = 0; i < t->n_pairs; i++)
        if (t->pairs[i].moment != MODEL_NONE) {
            c->model->indices[branch.outcomes + (int32_t)k++] = t->pairs[i].moment;
            set_effects(c, t, &t->pairs[i]);
        }
    c->model->indices[branch.outcomes + width - 1] = MODEL_NONE;
    add_tick(c, process, &branch);
    if (is_by_formulas) fprintf(c->summary, "transitions of %s, each cycle, by expressions over people as they are when it begins\n", process->name);
    else describe(c, t, &by, &branch);
}

void compile_transitions(compiler_t *c)
{
    for (size_t i = 0; i < c->processes->n; i++)
        if (c->processes->list[i].transitions) compile_process(c, &c->processes->list[i]);
    compile_duration_ticks(c);
}
