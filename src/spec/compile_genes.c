/*
 * Genes: from the tables of alleles, functions and rules to the phenotype of every pair of alleles. What a rule means is
 * genetics/phenotype.h's business; here the rules are read, every diplotype that can occur gets its phenotype, and one
 * that no rule covers is an error unless the gene has a phenotype for it (Indeterminate).
 */
#include <string.h>

#include "spec/compile_people.h"

#define INDETERMINATE "Indeterminate"

/* Where a gene's tables come from. */
typedef struct {
    const csv_table_t *alleles, *functions, *rules;
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
        diag_error(c->diag, csv->header[0].place, "name the columns gene, rule, phenotype", "%s is no table of phenotype rules", csv->file);
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
                   "`%s` is no phenotype rule", cell->text);
        is_good = false;
    }
    if (is_good && gene->n_phenotypes == 0)
        diag_error(c->diag, place, "give a table with {alleles: FILE, functions: FILE, rules: FILE}", "%s has no phenotype rules for %s", csv->file,
                   gene->name);
    return is_good && gene->n_phenotypes > 0;
}

/* The level of every diplotype -> indices; false after reporting one that no rule covers. */
static bool map_diplotypes(compiler_t *c, const gene_t *gene, phenotype_t *phenotype, place_t place)
{
    size_t n = gene->n_alleles, indeterminate = level_index(phenotype, INDETERMINATE);

    phenotype->map = builder_add_indices(c->model, (int32_t)(n * n));
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            const allele_t *first = &gene->alleles[a], *second = &gene->alleles[b];
            int32_t rule = phenotype_rule_of(phenotype->rules, phenotype->n_rules, first, second);
            if (rule < 0 && indeterminate == phenotype->n_levels) {
                diag_error(c->diag, place, "add a rule for it, or a phenotype " INDETERMINATE,
                           "no phenotype rule of %s covers %s/%s (%s + %s)", phenotype->name, first->name, second->name,
                           *first->function ? first->function : "no function assigned", *second->function ? second->function : "no function assigned");
                return false;
            }
            c->model->indices[phenotype->map + (int32_t)(a * n + b)] = rule < 0 ? (int32_t)indeterminate : phenotype->level[rule];
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

/* `cpic`, {cpic: GROUP}, or {alleles: FILE, functions: FILE, rules: FILE, group: GROUP}, where `cpic` is a file too. */
static bool find_tables(compiler_t *c, const yaml_node_t *node, gene_tables_t *tables)
{
    static const char *const of_cpic[] = {"cpic", NULL};
    static const char *const own[] = {"alleles", "functions", "rules", "group", NULL};
    const yaml_node_t *cpic = yaml_get(node, "cpic"), *group = yaml_get(node, "group");

    *tables = (gene_tables_t){.words = "CPIC"};
    if (node->kind == YAML_SCALAR && strcmp(node->text, "cpic") != 0) {
        diag_error(c->diag, node->place, "write `cpic`, {cpic: European}, or {alleles: FILE, functions: FILE, rules: FILE}",
                   "`%s` is no source of alleles", node->text);
        return false;
    }
    if (node->kind != YAML_SCALAR && !compile_keys(c, node, "a gene", cpic ? of_cpic : own)) return false;
    if (node->kind != YAML_SCALAR && !cpic) {
        tables->words = "own tables";
        if (!yaml_get(node, "alleles")) {
            diag_error(c->diag, node->place, "name a file, or write `alleles: cpic`", "the gene has no table of `alleles`");
            return false;
        }
        if (group) tables->group = group->text;
    }
    if (cpic) tables->group = cpic->text;
    tables->alleles = table_of(c, node, "alleles", "allele_frequency.csv");
    tables->functions = table_of(c, node, "functions", "allele_function.csv");
    tables->rules = table_of(c, node, "rules", "phenotype_rules.csv");
    return tables->alleles && tables->functions && tables->rules;
}

static bool compile_gene(compiler_t *c, gene_t *gene, const yaml_pair_t *pair)
{
    gene_tables_t tables;

    if (!find_tables(c, pair->value, &tables)) return false;
    if (!compile_frequencies(c, gene, tables.alleles, tables.group, pair->place) || !compile_functions(c, gene, tables.functions)
        || !read_rules(c, gene, tables.rules, pair->place))
        return false;
    fprintf(c->summary, "  %s: two of %zu alleles, by %s (%s); %s is the reference\n", gene->name, gene->n_alleles,
            tables.group ? tables.group : tables.alleles && csv_column(tables.alleles, "biogeographic_group") >= 0 ? "ancestry" : "one table",
            tables.words, gene->alleles[gene->reference].name);
    bool is_good = true;
    for (size_t p = 0; p < gene->n_phenotypes; p++) is_good = add_phenotype(c, gene, &gene->phenotypes[p], pair->place) && is_good;
    return is_good;
}

void compile_genes(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "genes");
    struct people *people = people_of(c);

    if (!node) return;
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
