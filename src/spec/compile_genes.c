/*
 * Genes: from the tables of alleles, functions and rules to the phenotype of every pair of alleles. What a rule means is
 * genetics/phenotype.h's business; here the rules are read, every diplotype that can occur gets its phenotype, and one
 * that no rule covers is an error unless the gene has a phenotype for it (Indeterminate).
 */
#include <stdlib.h>
#include <string.h>

#include "spec/compile_people.h"

#define INDETERMINATE "Indeterminate"

/* Where a gene's tables come from. */
typedef struct {
    const csv_table_t *alleles, *functions, *rules; /* rules: NULL if phenotypes are genotypes */
    bool is_linked;             /* alleles: a table of haplotypes */
    const char *group;          /* the only group to use, or NULL */
    const char *words;          /* for the summary */
} gene_tables_t;

/* ---- phenotypes ---- */

/* "CYP2D6 Normal Metabolizer" -> "Normal Metabolizer"; "HLA-B*57:01 positive (abacavir: high risk)" -> "positive". */
static const char *level_text(compiler_t *c, const phenotype_t *phenotype, const char *text)
{
    size_t n = strlen(phenotype->name);
    if (strncmp(text, phenotype->name, n) == 0 && text[n] == ' ') text += n + 1;
    const char *note = phenotype->allele ? strstr(text, " (") : NULL;
    return note ? arena_text(c->arena, text, (size_t)(note - text)) : text;
}

static size_t level_index(const phenotype_t *phenotype, const char *level)
{
    size_t l = 0;
    while (l < phenotype->n_levels && strcmp(phenotype->levels[l], level) != 0) l++;
    return l;
}

/* The phenotype that a rule belongs to: that of the gene, or of the allele whose copies it counts. */
static phenotype_t *phenotype_for(compiler_t *c, gene_t *gene, const phenotype_rule_t *rule)
{
    const char *allele = rule->kind == PHENOTYPE_BY_COPIES ? arena_text(c->arena, rule->first, rule->n_first) : NULL;

    for (size_t p = 0; p < gene->n_phenotypes; p++) {
        const char *counted = gene->phenotypes[p].allele;
        if (allele && counted ? strcmp(allele, counted) == 0 : allele == counted) return &gene->phenotypes[p];
    }
    gene->phenotypes = compile_grow(c, gene->phenotypes, gene->n_phenotypes, sizeof *gene->phenotypes);
    phenotype_t *phenotype = &gene->phenotypes[gene->n_phenotypes++];
    *phenotype = (phenotype_t){.name = allele ? diag_format(c->diag, "%s%s", gene->name, allele) : gene->name, .allele = allele};
    return phenotype;
}

static void add_rule(compiler_t *c, gene_t *gene, phenotype_rule_t rule, const char *text)
{
    phenotype_t *phenotype = phenotype_for(c, gene, &rule);
    const char *level = level_text(c, phenotype, text);
    size_t l = level_index(phenotype, level);

    if (l == phenotype->n_levels) {
        phenotype->levels = compile_grow(c, phenotype->levels, l, sizeof *phenotype->levels);
        phenotype->levels[phenotype->n_levels++] = level;
    }
    phenotype->rules = compile_grow(c, phenotype->rules, phenotype->n_rules, sizeof *phenotype->rules);
    phenotype->level = compile_grow(c, phenotype->level, phenotype->n_rules, sizeof *phenotype->level);
    phenotype->rules[phenotype->n_rules] = rule;
    phenotype->level[phenotype->n_rules++] = (int32_t)l;
}

static bool read_rules(compiler_t *c, gene_t *gene, const csv_table_t *csv, place_t place)
{
    int symbol = csv_column(csv, "gene"), rule = csv_column(csv, "rule"), text = csv_column(csv, "phenotype");
    bool is_good = true;

    if (rule < 0 || text < 0) {
        diag_error(c->diag, csv->header[0].place, "name the columns gene, rule, phenotype", "%s is not a table of phenotype rules", csv->file);
        return false;
    }
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, rule);
        phenotype_rule_t read;
        if (symbol >= 0 && strcmp(csv_cell(csv, r, symbol)->text, gene->name) != 0) continue;
        if (phenotype_rule_parse(cell->text, &read)) {
            add_rule(c, gene, read, csv_cell(csv, r, text)->text);
            continue;
        }
        diag_error(c->diag, cell->place, "for example `No function + Normal function`, `activity_score=1.5` or `>=1 copy of *57:01`",
                   "`%s` is not a phenotype rule", cell->text);
        is_good = false;
    }
    if (is_good && gene->n_phenotypes == 0)
        diag_error(c->diag, place, "give a table with {alleles: FILE, functions: FILE, rules: FILE}", "%s has no phenotype rules for %s", csv->file,
                   gene->name);
    return is_good && gene->n_phenotypes > 0;
}

/* The activity of an allele: as the table says, or, if it says so of none, by its function. */
static activity_t activity_of(const gene_t *gene, int32_t a)
{
    static const struct {
        const char *function;
        int32_t thousandths;
    } usual[] = {{"No function", 0}, {"Decreased function", 500}, {"Normal function", 1000}, {"Increased function", 1500}};
    bool is_in_table = false;

    for (size_t k = 0; k < gene->n_alleles; k++) is_in_table = is_in_table || gene->alleles[k].activity.is_known;
    for (size_t u = 0; !is_in_table && u < 4; u++)
        if (strcmp(gene->alleles[a].function, usual[u].function) == 0) return (activity_t){usual[u].thousandths, true, false};
    return gene->alleles[a].activity;
}

/* Thousandths of the score, one more if it is only known to be at least so much; MODEL_NONE if it is not known. */
static int32_t score_of(const gene_t *gene, int32_t a, int32_t b)
{
    activity_t score = activity_of(gene, a);
    if (b != MODEL_NONE) score = activity_sum(score, activity_of(gene, b));
    return score.is_known ? score.thousandths + score.is_at_least : MODEL_NONE;
}

int32_t gene_level(const gene_t *gene, const phenotype_t *phenotype, int32_t a, int32_t b)
{
    if (phenotype->is_activity) {
        int32_t l = 0, score = score_of(gene, a, b);
        while (phenotype->level[l] != score) l++;
        return l;
    }
    if (phenotype->is_genotype) {       /* the pairs in the order of genotype_levels */
        int32_t low = b == MODEL_NONE || a < b ? a : b, high = b == MODEL_NONE ? (int32_t)gene->n_alleles : a < b ? b : a;
        return phenotype->level[low * ((int32_t)gene->n_alleles + 1) + high];
    }
    int32_t rule = phenotype_rule_of(phenotype->rules, phenotype->n_rules, &gene->alleles[a], b == MODEL_NONE ? NULL : &gene->alleles[b]);
    if (rule >= 0) return phenotype->level[rule];
    size_t indeterminate = level_index(phenotype, INDETERMINATE);
    return indeterminate == phenotype->n_levels ? MODEL_NONE : (int32_t)indeterminate;
}

const gene_t *people_gene(compiler_t *c, const char *name, place_t place)
{
    const struct people *people = people_of(c);
    const char **known = arena_take(c->arena, people->n_genes, sizeof *known);
    const gene_t *gene = NULL;

    for (size_t g = 0; g < people->n_genes; g++) {
        known[g] = people->genes[g].name;
        if (strcmp(known[g], name) == 0) gene = &people->genes[g];
    }
    if (!gene) diag_error(c->diag, place, compile_suggest(c, name, known, people->n_genes), "there is no gene `%s`", name);
    return gene && !gene->is_wrong ? gene : NULL;
}

bool gene_can_have(const gene_t *gene, int32_t b)
{
    return b == MODEL_NONE ? gene->inheritance != INHERITANCE_AUTOSOMAL : gene->inheritance != INHERITANCE_MITOCHONDRIAL;
}

static const char *function_words(const allele_t *allele) { return *allele->function ? allele->function : "no function assigned"; }

static void report_uncovered(compiler_t *c, const gene_t *gene, const phenotype_t *phenotype, int32_t a, int32_t b, place_t place)
{
    const allele_t *first = &gene->alleles[a], *second = b == MODEL_NONE ? NULL : &gene->alleles[b];

    if (second)
        diag_error(c->diag, place, "add a rule for it, or a phenotype " INDETERMINATE, "no phenotype rule of %s covers %s/%s (%s + %s)",
                   phenotype->name, first->name, second->name, function_words(first), function_words(second));
    else
        diag_error(c->diag, place, diag_format(c->diag, "add a rule `only %s`, or a phenotype " INDETERMINATE, function_words(first)),
                   "no phenotype rule of %s covers people with one copy, %s (%s)", phenotype->name, first->name, function_words(first));
}

/* The level of every diplotype -> indices; false after reporting one that no rule covers. */
static bool map_diplotypes(compiler_t *c, const gene_t *gene, phenotype_t *phenotype, place_t place)
{
    int32_t n = (int32_t)gene->n_drawn;

    phenotype->map = builder_add_indices(c->model, n * n);
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < n; k++) {
            int32_t a = gene->drawn[i], b = gene->drawn[k];
            if (a == MODEL_NONE || !gene_can_have(gene, b)) continue;
            int32_t level = gene_level(gene, phenotype, a, b);
            if (level == MODEL_NONE) {
                report_uncovered(c, gene, phenotype, a, b, place);
                return false;
            }
            c->model->indices[phenotype->map + i * n + k] = level;
        }
    return true;
}

static int by_number(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Whether a name is part of some key or text. */
static bool is_mentioned(const yaml_node_t *node, const char *name)
{
    if (node->kind == YAML_SCALAR) return strstr(node->text, name) != NULL;
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_SEQUENCE && is_mentioned(node->items[i], name)) return true;
        if (node->kind == YAML_MAPPING && (strstr(node->pairs[i].key, name) || is_mentioned(node->pairs[i].value, name))) return true;
    }
    return false;
}

/* `GENE activity`, the score of both alleles: only if something asks for it, or phenoconversion needs it. False after reporting. */
static bool add_activity(compiler_t *c, gene_t *gene, place_t place)
{
    const char *name = diag_format(c->diag, "%s activity", gene->name);
    const int32_t n = (int32_t)gene->n_alleles;
    bool is_converted = yaml_get(yaml_get(yaml_get(c->root, "phenoconversion"), gene->name), "activity factor");
    int32_t *scores = arena_take(c->arena, (size_t)(n * (n + 1)), sizeof *scores), n_scores = 0, n_kept = 0;

    if (!is_converted && !is_mentioned(c->root, name)) return true;
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = MODEL_NONE; b < n; b++)
            if (gene_can_have(gene, b)) scores[n_scores++] = score_of(gene, a, b);
    qsort(scores, (size_t)n_scores, sizeof *scores, by_number);
    for (int32_t i = 0; i < n_scores; i++)
        if (n_kept == 0 || scores[n_kept - 1] != scores[i]) scores[n_kept++] = scores[i];
    if (n_kept > MODEL_MAX_LEVELS || (n_kept == 1 && scores[0] == MODEL_NONE)) {
        diag_error(c->diag, place, n_kept > 1 ? "round the activities" : "give a table of `functions` with the column `activity_value`", "the alleles of %s have %s", gene->name,
                   n_kept > 1 ? "too many different activities" : "no activities");
        return false;
    }
    phenotype_t activity = {.name = name, .is_activity = true, .level = scores, .n_levels = (size_t)n_kept};
    activity.levels = arena_take(c->arena, activity.n_levels, sizeof *activity.levels);
    for (int32_t i = 0; i < n_kept; i++)
        activity.levels[i] = scores[i] == MODEL_NONE ? "n/a" : diag_format(c->diag, "%s%g", scores[i] % 10 == 1 ? ">=" : "", scores[i] / 10 / 100.0);
    gene->phenotypes = compile_grow(c, gene->phenotypes, gene->n_phenotypes, sizeof *gene->phenotypes);
    gene->phenotypes[gene->n_phenotypes++] = activity;
    return true;
}

/* Phenotypes that are the pairs of alleles: "T/C". */
static bool genotype_levels(compiler_t *c, gene_t *gene, place_t place)
{
    size_t n = gene->n_alleles;

    gene->phenotypes = compile_grow(c, gene->phenotypes, 0, sizeof *gene->phenotypes);
    gene->n_phenotypes = 1;
    phenotype_t *phenotype = &gene->phenotypes[0];
    *phenotype = (phenotype_t){.name = gene->name, .is_genotype = true, .level = arena_take(c->arena, n * (n + 1), sizeof(int32_t))};
    phenotype->levels = arena_take(c->arena, MODEL_MAX_LEVELS, sizeof *phenotype->levels);
    for (size_t a = 0; a < n; a++)
        for (size_t b = a; b <= n; b++) {
            const char *first = gene->alleles[a].name;
            if (!gene_can_have(gene, b < n ? (int32_t)b : MODEL_NONE)) continue;
            if (phenotype->n_levels == MODEL_MAX_LEVELS) {
                diag_error(c->diag, place, "give it rules", "%s has more than %d genotypes", gene->name, MODEL_MAX_LEVELS);
                return false;
            }
            phenotype->level[a * (n + 1) + b] = (int32_t)phenotype->n_levels;
            phenotype->levels[phenotype->n_levels++] = b < n ? diag_format(c->diag, "%s/%s", first, gene->alleles[b].name) : first;
        }
    return true;
}

static bool add_phenotype(compiler_t *c, const gene_t *gene, phenotype_t *phenotype, place_t place)
{
    if (!map_diplotypes(c, gene, phenotype, place)) return false;
    phenotype->slot = compile_add_slot(c, phenotype->name, SLOT_ATTRIBUTE, phenotype->levels, phenotype->n_levels, place);
    if (phenotype->slot == MODEL_NONE) return false;
    people_step(c, (model_step_t){.kind = STEP_DIPLOTYPE, .to = phenotype->slot, .from = gene->gene, .first = phenotype->map});
    fprintf(c->summary, "    phenotypes of %s: %s\n", phenotype->name, people_join(c, phenotype->levels, phenotype->n_levels));
    return true;
}

/* ---- where the tables are ---- */

static const csv_table_t *table_of(compiler_t *c, const yaml_node_t *node, const char *key, const char *usual)
{
    const yaml_node_t *file = yaml_get(node, key);
    if (!file || strcmp(file->text ? file->text : "", "cpic") == 0) return compile_data_file(c, usual, node->place);
    return compile_table_file(c, file->text, file->place);
}

/* Which of the gene's forms is meant; `cpic`, {cpic: GROUP}, or {alleles: FILE, functions: FILE, rules: FILE, group: GROUP}, where `cpic` is a file too. */
static bool find_tables(compiler_t *c, const yaml_node_t *node, gene_tables_t *tables)
{
    static const char *const of_cpic[] = {"cpic", "inheritance", "males", "reference", "sites", NULL};
    static const char *const own[] = {"alleles", "haplotypes", "functions", "rules", "group", "inheritance", "males", "reference", "sites", NULL};
    const yaml_node_t *cpic = yaml_get(node, "cpic"), *group = yaml_get(node, "group");

    *tables = (gene_tables_t){.words = "CPIC"};
    if (node->kind == YAML_SCALAR && strcmp(node->text, "cpic") != 0) {
        diag_error(c->diag, node->place, "write `cpic`, {cpic: European}, or {alleles: FILE, functions: FILE, rules: FILE}",
                   "`%s` is not a source of alleles", node->text);
        return false;
    }
    if (node->kind != YAML_SCALAR && !compile_keys(c, node, "a gene", cpic ? of_cpic : own)) return false;
    if (node->kind != YAML_SCALAR && !cpic) {
        tables->words = "own tables";
        tables->is_linked = yaml_get(node, "haplotypes") != NULL;
        if (tables->is_linked == (yaml_get(node, "alleles") != NULL)) {
            diag_error(c->diag, node->place, "name a file, or write `alleles: cpic`; linked genes have `haplotypes` instead",
                       tables->is_linked ? "the gene has `alleles` and `haplotypes`" : "the gene has no table of `alleles`");
            return false;
        }
        if (group) tables->group = group->text;
    }
    if (cpic) tables->group = cpic->text;
    const yaml_node_t *rules = yaml_get(node, "rules");
    bool is_genotype = rules && rules->kind == YAML_SCALAR && strcmp(rules->text, "genotypes") == 0;
    tables->alleles = tables->is_linked ? table_of(c, node, "haplotypes", "haplotypes.csv") : table_of(c, node, "alleles", "allele_frequency.csv");
    if (!is_genotype || yaml_get(node, "functions")) tables->functions = table_of(c, node, "functions", "allele_function.csv");
    if (!is_genotype) tables->rules = table_of(c, node, "rules", "phenotype_rules.csv");
    return tables->alleles && (is_genotype || (tables->functions && tables->rules));
}

/* ---- inheritance ---- */

/* The levels of an attribute that males have: {sex: male}, unless the gene says otherwise. */
static bool find_males(compiler_t *c, gene_t *gene, const yaml_node_t *males, place_t place)
{
    int32_t level;

    if (males && (males->kind != YAML_MAPPING || males->count != 1)) {
        diag_error(c->diag, males->place, "for example `males: {sex: male}`", "it is not clear who the males are");
        return false;
    }
    if (males) {
        gene->sex = people_slot(c, males->pairs[0].key, males->pairs[0].place);
        return gene->sex != MODEL_NONE && people_levels(c, males->pairs[0].value, gene->sex, &gene->males);
    }
    gene->sex = model_find_slot(c->model, "sex");
    if (gene->sex == MODEL_NONE) {
        if (!compile_is_wrong(c, "sex", CONDITION_ATTRIBUTES))
            diag_error(c->diag, place, "add `sex: {female: 0.5, male: rest}` to `people`, or say who has one copy: `males: {ATTRIBUTE: LEVEL}`",
                       "%s is X-linked, and these people have no `sex`", gene->name);
        return false;
    }
    level = compile_level(c, gene->sex, "male", place);
    gene->males = level == MODEL_NONE ? 0 : (uint64_t)1 << level;
    return level != MODEL_NONE;
}

/* How many copies there are. G6PD and MT-RNR1 are what they are; all other genes are autosomal unless they say otherwise. */
static bool find_inheritance(compiler_t *c, gene_t *gene, const yaml_node_t *node, place_t place)
{
    static const char *const words[] = {"autosomal", "X-linked", "mitochondrial"};
    const yaml_node_t *given = yaml_get(node, "inheritance"), *males = yaml_get(node, "males");
    size_t kind = strcmp(gene->name, "G6PD") == 0 ? INHERITANCE_X_LINKED : strcmp(gene->name, "MT-RNR1") == 0 ? INHERITANCE_MITOCHONDRIAL : INHERITANCE_AUTOSOMAL;

    if (given)
        for (kind = 0; kind < 3 && (given->kind != YAML_SCALAR || strcmp(given->text, words[kind]) != 0);) kind++;
    if (kind == 3) {
        diag_error(c->diag, given->place, "write `autosomal`, `X-linked` or `mitochondrial`", "this is not a kind of inheritance");
        return false;
    }
    gene->inheritance = (inheritance_t)kind;
    if (gene->inheritance == INHERITANCE_X_LINKED) return find_males(c, gene, males, place);
    if (males) diag_error(c->diag, males->place, "leave it out, or add `inheritance: X-linked`", "%s is %s: males have no fewer copies", gene->name, words[kind]);
    return !males;
}

static void describe_gene(compiler_t *c, const gene_t *gene, const gene_tables_t *tables)
{
    static const char *const copies[] = {"two of", "two, in males one, of", "one of"};
    bool is_by_ancestry = !tables->group && csv_column(tables->alleles, "biogeographic_group") >= 0;

    fprintf(c->summary, "  %s: %s %zu alleles, by %s (%s%s); %s is the reference\n", gene->name, copies[gene->inheritance], gene->n_alleles,
            tables->group ? tables->group : is_by_ancestry ? "ancestry" : "one table", tables->words, tables->is_linked ? ", linked" : "",
            gene->alleles[gene->reference].name);
}

static bool compile_gene(compiler_t *c, gene_t *gene, const yaml_pair_t *pair)
{
    const yaml_node_t *reference = yaml_get(pair->value, "reference"), *sites = yaml_get(pair->value, "sites");
    gene_tables_t tables;

    if (!find_tables(c, pair->value, &tables) || !find_inheritance(c, gene, pair->value, pair->place)) return false;
    if (reference && !(gene->reference_name = compile_name(c, reference, "the reference allele"))) return false;
    if (sites && !(gene->sites = compile_table_file(c, sites->text ? sites->text : "", sites->place))) return false;
    if (tables.is_linked ? !compile_haplotypes(c, gene, tables.alleles, tables.group, pair->place)
                         : !compile_frequencies(c, gene, tables.alleles, tables.group, pair->place))
        return false;
    if (tables.functions && !compile_functions(c, gene, tables.functions)) return false;
    if (tables.rules ? !read_rules(c, gene, tables.rules, pair->place) : !genotype_levels(c, gene, pair->place)) return false;
    if (!add_activity(c, gene, pair->place)) return false;
    describe_gene(c, gene, &tables);
    bool is_good = true;
    for (size_t p = 0; p < gene->n_phenotypes; p++) is_good = add_phenotype(c, gene, &gene->phenotypes[p], pair->place) && is_good;
    return is_good;
}

void compile_genes(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "genes");
    struct people *people = people_of(c);

    if (!node || people->has_genes) return;
    people->has_genes = true; /* a score may have asked for them already */
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "for example {CYP2C19: cpic}", "`genes` is not a mapping");
        return;
    }
    fputs("genes\n", c->summary);
    people->genes = arena_take(c->arena, node->count, sizeof *people->genes);
    for (size_t g = 0; g < node->count; g++) {
        gene_t *gene = &people->genes[people->n_genes++];
        gene->name = node->pairs[g].key;
        gene->is_wrong = !compile_gene(c, gene, &node->pairs[g]);
    }
}
