/*
 * Phenoconversion: drugs that change what a genotype means. The alleles stay; a derived slot `effective GENE` follows from the phenotype,
 * the activity score and the states of processes by one table, worked out here, and so do the groups made of the phenotype. Hazards may ask
 * for it; prescribers may not, since it follows from the true alleles.
 */
#include <stdlib.h>

#include "spec/compile_events.h"
#include "spec/compile_expressions.h"
#include "spec/compile_people.h"

enum { MOST_CONVERSIONS = 16, STEPS_OF_SCORES = 41, SCORE_STEP = 250 }; /* scores from 0 to 10 in quarters */

/* One thing that changes a phenotype while a condition holds. */
typedef struct {
    model_span_t condition;
    double factor;              /* of the activity score; 1: the phenotypes are mapped */
    int32_t becomes[MODEL_MAX_LEVELS];
} conversion_t;

/* The phenotype that a score is listed with. */
typedef struct {
    int32_t thousandths, level;
} listed_t;

typedef struct {
    compiler_t *c;
    const gene_t *gene;
    const phenotype_t *phenotype, *activity;    /* activity: NULL if no score is asked for */
    conversion_t conversions[MOST_CONVERSIONS];
    size_t n;
    listed_t listed[STEPS_OF_SCORES + 256];
    size_t n_listed;
} converter_t;

/* ---- from scores to phenotypes ---- */

static int by_score(const void *a, const void *b)
{
    const listed_t *x = a, *y = b;
    return (x->thousandths > y->thousandths) - (x->thousandths < y->thousandths);
}

/* The scores that rules of scores list. */
static void list_rules(converter_t *v)
{
    for (int32_t k = 0; k < STEPS_OF_SCORES; k++) {
        const allele_t one = {.name = "", .function = "", .activity = {k * SCORE_STEP, true, false}};
        for (size_t i = 0; i < v->phenotype->n_rules; i++) {
            if (v->phenotype->rules[i].kind != PHENOTYPE_BY_SCORE || !phenotype_rule_matches(&v->phenotype->rules[i], &one, NULL)) continue;
            v->listed[v->n_listed++] = (listed_t){k * SCORE_STEP, v->phenotype->level[i]};
            break;
        }
    }
}

/* Where rules are of functions: the scores that pairs of alleles have, each with its commonest phenotype. */
static void list_pairs(converter_t *v)
{
    const gene_t *gene = v->gene;
    const int32_t n = (int32_t)gene->n_alleles;
    double *share = arena_take(v->c->arena, v->activity->n_levels * v->phenotype->n_levels, sizeof *share);

    for (int32_t a = 0; a < n; a++)
        for (int32_t b = 0; b < n; b++) {
            int32_t score = gene_level(gene, v->activity, a, b), level = gene_level(gene, v->phenotype, a, b);
            if (level != MODEL_NONE) share[score * (int32_t)v->phenotype->n_levels + level] += gene->share[a] * gene->share[b];
        }
    for (size_t s = 0; s < v->activity->n_levels; s++) {
        const double *row = share + s * v->phenotype->n_levels;
        size_t best = 0;
        for (size_t l = 1; l < v->phenotype->n_levels; l++)
            if (row[l] > row[best]) best = l;
        if (row[best] > 0 && v->activity->level[s] >= 0) v->listed[v->n_listed++] = (listed_t){v->activity->level[s], (int32_t)best};
    }
}

/* That of the highest listed score that is not above it; but a little activity is not none. */
static int32_t level_of_score(const converter_t *v, double thousandths)
{
    size_t k = 0;
    while (k + 1 < v->n_listed && v->listed[k + 1].thousandths <= thousandths + 1e-6) k++;
    if (thousandths > 0 && v->listed[k].thousandths == 0 && k + 1 < v->n_listed) k++;
    return v->listed[k].level;
}

/* ---- reading ---- */

/* {PHENOTYPE: PHENOTYPE, ...}: those that are not named stay. */
static bool read_becomes(converter_t *v, const yaml_node_t *node, conversion_t *conversion)
{
    compiler_t *c = v->c;

    for (int32_t l = 0; l < (int32_t)v->phenotype->n_levels; l++) conversion->becomes[l] = l;
    if (!node) return true;
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write {Normal Metabolizer: Intermediate Metabolizer, ...}", "it is not said what becomes of which phenotype");
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        const char *name = compile_name(c, pair->value, "a phenotype");
        int32_t from = compile_level(c, v->phenotype->slot, pair->key, pair->place);
        int32_t to = name ? compile_level(c, v->phenotype->slot, name, pair->value->place) : MODEL_NONE;
        if (from == MODEL_NONE || to == MODEL_NONE) return false;
        conversion->becomes[from] = to;
    }
    return true;
}

/* {while: CONDITION, value: FACTOR} or {while: CONDITION, becomes: {...}}. */
static bool read_conversion(converter_t *v, const yaml_node_t *node, const yaml_node_t *factor)
{
    static const char *const of_factor[] = {"while", "value", NULL}, *const of_map[] = {"while", "becomes", NULL};
    compiler_t *c = v->c;
    const yaml_node_t *during = yaml_get(node, "while"), *value = yaml_get(node, "value"), *becomes = yaml_get(node, "becomes");
    conversion_t *conversion = &v->conversions[v->n];

    if (!compile_keys(c, node, "a phenoconversion", factor ? of_factor : of_map)) return false;
    if (!during || !(factor ? value : becomes)) {
        diag_error(c->diag, node->place, factor ? "write {while: {DRUG: taking}, value: 0.5}" : "write {while: {DRUG: taking}, becomes: {PHENOTYPE: PHENOTYPE}}",
                   "it is not said %s", during ? "what happens to the phenotype" : "while what");
        return false;
    }
    if (v->n == MOST_CONVERSIONS) {
        diag_error(c->diag, node->place, "put some of them together", "more than %d things change a phenotype", MOST_CONVERSIONS);
        return false;
    }
    conversion->factor = 1;
    v->n++;
    return compile_condition(c, during, CONDITION_ATTRIBUTES | CONDITION_PROCESSES, &conversion->condition)
           && (!factor || compile_value(c, value, VALUE_RATIO, &conversion->factor)) && read_becomes(v, becomes, conversion);
}

/* GENE: {activity factor: ONE or LIST, phenotype: ONE or LIST}. */
static bool read_conversions(converter_t *v, const yaml_node_t *node)
{
    static const char *const keys[] = {"activity factor", "phenotype", NULL};
    compiler_t *c = v->c;
    bool is_good = compile_keys(c, node, "phenoconversion of a gene", keys);

    for (size_t k = 0; k < 2; k++) {
        const yaml_node_t *given = yaml_get(node, keys[k]);
        for (size_t i = 0; given && i < compile_count(given); i++) is_good = read_conversion(v, compile_item(given, i), k == 0 ? given : NULL) && is_good;
    }
    if (is_good && v->n == 0) diag_error(c->diag, node->place, "write {activity factor: {while: {DRUG: taking}, value: 0.5}}", "nothing changes the phenotype");
    return is_good && v->n > 0;
}

/* ---- the table ---- */

/* What a person with these levels has: factors first, then the maps in their order. */
static int32_t effective_level(const converter_t *v, const uint8_t *levels)
{
    const model_t *m = v->c->model;
    double factor = 1;
    int32_t level = levels[v->phenotype->slot];

    for (size_t k = 0; k < v->n; k++)
        if (model_holds(m, v->conversions[k].condition, levels)) factor *= v->conversions[k].factor;
    int32_t score = v->activity && factor != 1 ? v->activity->level[levels[v->activity->slot]] : MODEL_NONE;
    if (score != MODEL_NONE) level = level_of_score(v, score * factor);
    for (size_t k = 0; k < v->n; k++)
        if (model_holds(m, v->conversions[k].condition, levels)) level = v->conversions[k].becomes[level];
    return level;
}

/* A derived slot with the levels of `like`, whose level stands in the table. */
static int32_t add_derived(compiler_t *c, int32_t like, model_table_t table, place_t place)
{
    const char *levels[MODEL_MAX_LEVELS], *name = diag_format(c->diag, "effective %s", model_text(c->model, c->model->slots[like].name));
    model_t *m = c->model;
    const int32_t n = compile_levels(m, like);

    for (int32_t l = 0; l < n; l++) levels[l] = diag_format(c->diag, "%s", model_level_name(m, like, l));
    model_formula_t formula = compile_formula(c, expression_table(c, table), name, place);
    int32_t slot = formula ? compile_add_slot(c, name, SLOT_DERIVED, levels, (size_t)n, place) : MODEL_NONE;
    if (slot == MODEL_NONE) return MODEL_NONE;
    int32_t cuts = builder_add_reals(m, n - 1), derived = builder_add_derived(m, 1);
    for (int32_t l = 1; l < n; l++) m->reals[cuts + l - 1] = l - 0.5;
    m->derived[derived] = (model_derived_t){.slot = slot, .value = formula, .cuts = {cuts, n - 1}};
    return slot;
}

/* Groups made of a phenotype follow from what it effectively is. */
static void add_groups(compiler_t *c, int32_t of, int32_t effective, place_t place)
{
    const struct people *people = people_of(c);

    for (size_t g = 0; g < people->n_groups; g++) {
        const group_t *group = &people->groups[g];
        model_table_t table;
        if (group->from != of || !compile_make_table(c, &effective, 1, 1, &table)) continue;
        for (int32_t l = 0; l < compile_levels(c->model, effective); l++) c->model->reals[table.first + l] = c->model->indices[group->map + l];
        int32_t slot = add_derived(c, group->slot, table, place);
        if (slot != MODEL_NONE) add_groups(c, group->slot, slot, place);
    }
}

static void add_effective(converter_t *v, place_t place)
{
    compiler_t *c = v->c;
    model_t *m = c->model;
    axes_t axes = {.n = 0};
    bool is_good = axes_add(c, &axes, v->phenotype->slot, place) && (!v->activity || axes_add(c, &axes, v->activity->slot, place));

    for (size_t k = 0; k < v->n; k++)
        for (int32_t i = 0; i < v->conversions[k].condition.count; i++)
            is_good = is_good && axes_add(c, &axes, m->terms[v->conversions[k].condition.first + i].slot, place);
    if (!is_good) return;
    size_t n_rows = axes_rows(m, &axes);
    model_table_t table = axes_table(m, &axes, 1);
    table.first = builder_add_reals(m, (int32_t)n_rows);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    for (size_t r = 0; r < n_rows; r++) {
        axes_levels(m, &axes, r, levels);
        m->reals[table.first + (int32_t)r] = effective_level(v, levels);
    }
    int32_t slot = add_derived(c, v->phenotype->slot, table, place);
    if (slot == MODEL_NONE) return;
    add_groups(c, v->phenotype->slot, slot, place);
    fprintf(c->summary, "  effective %s: as %s", v->phenotype->name, v->phenotype->name);
    for (size_t k = 0; k < v->n; k++) {
        if (v->conversions[k].factor != 1) fprintf(c->summary, "; activity times %g while ", v->conversions[k].factor);
        else fputs("; other phenotypes while ", c->summary);
        compile_describe_condition(c, v->conversions[k].condition);
    }
    fputc('\n', c->summary);
}

static void compile_gene_conversion(compiler_t *c, const yaml_pair_t *pair)
{
    converter_t *v = arena_take(c->arena, 1, sizeof *v);

    v->c = c;
    v->gene = people_gene(c, pair->key, pair->place);
    if (!v->gene) return;
    for (size_t p = 0; p < v->gene->n_phenotypes; p++) {
        if (v->gene->phenotypes[p].is_activity) v->activity = &v->gene->phenotypes[p];
        else if (!v->gene->phenotypes[p].allele) v->phenotype = &v->gene->phenotypes[p];
    }
    if (!v->phenotype) {
        diag_error(c->diag, pair->place, "leave it out", "%s has risk alleles, and no phenotype that could change", pair->key);
        return;
    }
    if (!read_conversions(v, pair->value)) return;
    if (v->activity) {
        list_rules(v);
        if (v->n_listed == 0) list_pairs(v);
        qsort(v->listed, v->n_listed, sizeof *v->listed, by_score);
    }
    for (size_t k = 0; k < v->n; k++)
        if (v->conversions[k].factor != 1 && v->n_listed == 0) {
            diag_error(c->diag, pair->place, "say what becomes of which: {phenotype: {while: ..., becomes: {...}}}", "the alleles of %s have no activities", pair->key);
            return;
        }
    add_effective(v, pair->place);
}

void compile_conversion(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "phenoconversion");

    if (!node) return;
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write {GENE: {activity factor: {while: {DRUG: taking}, value: 0.5}}}", "`phenoconversion` is not a mapping");
        return;
    }
    fputs("phenoconversion\n", c->summary);
    for (size_t g = 0; g < node->count; g++)
        if (!compile_is_remark(node->pairs[g].key)) compile_gene_conversion(c, &node->pairs[g]);
}
