/*
 * Polygenic scores: a number of people that is a weighted sum of how many copies they have of alleles: those of genes of the model, and those
 * at sites of a table, which are drawn for the score (two independent copies of each site); what the sites leave out may be a normal remainder. All of
 * it is attributes and programs over them, which nobody is shown but the score.
 */
#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "rng/keyed.h"
#include "spec/compile_admixture.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

enum { TERMS_AT_ONCE = 16 };

/* A score while it is put together. */
typedef struct {
    compiler_t *c;
    const attribute_t *attribute;
    const expression_t *sum;    /* so far */
    int terms;                  /* of it */
    int32_t ancestry;           /* slot, or MODEL_NONE */
    size_t n_levels;            /* of ancestry, or 1 */
    double mean[MODEL_MAX_LEVELS], variance[MODEL_MAX_LEVELS]; /* of the sum, by ancestry */
    const char *unknown;        /* why these are not known; NULL: they are */
} score_t;

static void add_term(score_t *score, const expression_t *term)
{
    compiler_t *c = score->c;
    if (score->terms == TERMS_AT_ONCE) {
        score->sum = people_number_read(c, people_formula(c, diag_format(c->diag, "part of %s", score->attribute->name), score->sum));
        score->terms = 1;
    }
    score->sum = score->sum ? compile_combine(c, ARITHMETIC_ADD, score->sum, term) : term;
    score->terms++;
}

/* ---- alleles of genes ---- */

/* How many copies of what `name` means (an allele, or a site of the gene) an allele is. */
static bool has_name(const gene_t *gene, int32_t allele, const char *name)
{
    if (allele == MODEL_NONE) return false;
    if (strcmp(gene->alleles[allele].name, name) == 0) return true;
    int column = gene->sites ? csv_column(gene->sites, name) : -1, label = gene->sites ? csv_column(gene->sites, "allele") : -1;
    for (size_t r = 0; column >= 0 && label >= 0 && r < gene->sites->n_rows; r++)
        if (!strcmp(csv_cell(gene->sites, r, label)->text, gene->alleles[allele].name)) return !strcmp(csv_cell(gene->sites, r, column)->text, "1");
    return false;
}

static bool is_known_name(score_t *score, const gene_t *gene, const yaml_pair_t *pair)
{
    for (size_t k = 0; k < gene->n_known; k++)
        if (!strcmp(gene->known[k], pair->key)) return true;
    if (gene->sites && csv_column(gene->sites, pair->key) >= 0 && strcmp(pair->key, "allele") != 0 && strcmp(pair->key, "source") != 0) return true;
    diag_error(score->c->diag, pair->place, compile_suggest(score->c, pair->key, gene->known, gene->n_known), "%s has no allele `%s`", gene->name, pair->key);
    return false;
}

static const model_step_t *step_of_gene(const model_t *m, int32_t gene)
{
    for (int32_t i = 0; i < m->n_steps; i++)
        if (m->steps[i].kind == STEP_GENE && m->steps[i].to == gene) return &m->steps[i];
    return NULL;
}

/* Mean and variance of what one allele of those drawn by this row adds. */
static void add_moments(score_t *score, size_t level, const double *row, const double *weight, size_t n)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        double p = row[i] - (i ? row[i - 1] : 0);
        mean += p * weight[i];
        square += p * weight[i] * weight[i];
    }
    score->mean[level] += mean;
    score->variance[level] += square - mean * mean;
}

/* weight [n_drawn]: what each outcome of a draw of the model's gene adds. */
static void add_gene_moments(score_t *score, int32_t gene, const double *weight, size_t n)
{
    const model_t *m = score->c->model;
    const model_step_t *step = step_of_gene(m, gene);
    const model_span_t axes = step->table.axes;
    bool is_by_ancestry = axes.count == 1 && m->axes[axes.first].slot == score->ancestry;

    if (axes.count && !is_by_ancestry) {
        score->unknown = "of alleles that depend on more than ancestry";
        return;
    }
    for (size_t l = 0; l < score->n_levels; l++) {
        const double *first = m->reals + step->table.first + (is_by_ancestry ? l * n : 0);
        add_moments(score, l, first, weight, n);
        add_moments(score, l, first + step->first, weight, n);
    }
}

/* The number of copies as an attribute, and what it adds. */
static bool add_allele(score_t *score, const gene_t *gene, const char *name, double weight)
{
    static const char *const levels[] = {"0", "1", "2"};
    compiler_t *c = score->c;
    const int32_t n = (int32_t)gene->n_drawn;
    const char *slot_name = diag_format(c->diag, "copies of %s %s", gene->name, name);
    int32_t slot = model_find_slot(c->model, slot_name);

    if (slot == MODEL_NONE) {
        int32_t map = builder_add_indices(c->model, n * n);
        for (int32_t i = 0; i < n * n; i++)
            c->model->indices[map + i] = has_name(gene, gene->drawn[i / n], name) + has_name(gene, gene->drawn[i % n], name);
        slot = compile_add_slot(c, slot_name, SLOT_ATTRIBUTE, levels, 3, score->attribute->place);
        if (slot == MODEL_NONE) return false;
        c->model->slots[slot].is_reported = 0;
        people_step(c, (model_step_t){.kind = STEP_DIPLOTYPE, .to = slot, .from = gene->gene, .first = map});
    }
    const double adds[] = {0, weight, 2 * weight};
    add_term(score, expression_by_level(c, slot, adds));
    return true;
}

/* alleles: {GENE: {ALLELE or SITE: WEIGHT, ...}, ...} */
static bool add_alleles(score_t *score, const yaml_node_t *node)
{
    compiler_t *c = score->c;
    bool is_right = node->kind == YAML_MAPPING;

    if (!is_right) diag_error(c->diag, node->place, "write alleles: {CYP2C19: {\"*2\": 0.3}}", "`alleles` is not a mapping");
    compile_genes(c);
    double **weights = arena_take(c->arena, (size_t)c->model->n_genes + 1, sizeof *weights);
    size_t *n = arena_take(c->arena, (size_t)c->model->n_genes + 1, sizeof *n);
    for (size_t g = 0; is_right && g < node->count; g++) {
        const yaml_pair_t *pair = &node->pairs[g];
        if (compile_is_remark(pair->key)) continue;
        const gene_t *gene = people_gene(c, pair->key, pair->place);
        if (!gene || pair->value->kind != YAML_MAPPING) {
            if (gene) diag_error(c->diag, pair->value->place, "write {\"*2\": 0.3}: an allele, or a site of the gene, with its weight", "there are no weights");
            return false;
        }
        n[gene->gene] = gene->n_drawn;
        if (!weights[gene->gene]) weights[gene->gene] = arena_take(c->arena, gene->n_drawn, sizeof **weights);
        for (size_t a = 0; a < pair->value->count; a++) {
            const yaml_pair_t *allele = &pair->value->pairs[a];
            double weight;
            if (compile_is_remark(allele->key)) continue;
            if (!is_known_name(score, gene, allele) || !compile_value(c, allele->value, VALUE_NUMBER, &weight) || !add_allele(score, gene, allele->key, weight)) return false;
            for (size_t i = 0; i < gene->n_drawn; i++) weights[gene->gene][i] += weight * has_name(gene, gene->drawn[i], allele->key);
        }
    }
    for (int32_t g = 0; is_right && g < c->model->n_genes; g++)
        if (weights[g]) add_gene_moments(score, g, weights[g], n[g]);
    return is_right;
}

/* ---- sites of a table ---- */

typedef struct {
    const csv_table_t *csv;
    int site, weight, frequency, group;     /* columns; group -1: the same for all */
} sites_t;

/* The first of two columns that the table has. */
static int column_of_two(const csv_table_t *csv, const char *a, const char *b) { return csv_column(csv, a) >= 0 ? csv_column(csv, a) : csv_column(csv, b); }

static bool find_columns(score_t *score, const yaml_node_t *file, sites_t *sites)
{
    const csv_table_t *csv = sites->csv;
    sites->site = column_of_two(csv, "site", "rsID");
    sites->weight = column_of_two(csv, "weight", "effect_weight");
    sites->frequency = column_of_two(csv, "frequency", "allelefrequency_effect");
    sites->group = csv_column(csv, "biogeographic_group");
    if (sites->site >= 0 && sites->weight >= 0 && sites->frequency >= 0) return true;
    diag_error(score->c->diag, file->place, "it has the columns site, weight, frequency and, if that differs, biogeographic_group",
               "table `%s` does not say what adds to the score", csv->file);
    return false;
}

/* Frequencies by group of the site of line `first`, which may have a line for each group; `lines` of the table are done then. */
static bool read_site(score_t *score, const sites_t *sites, size_t first, const char *const *groups, size_t n_groups, bool *is_done, double *weight, double *f)
{
    compiler_t *c = score->c;
    const csv_cell_t *site = csv_cell(sites->csv, first, sites->site);
    bool is_given[MODEL_MAX_LEVELS] = {0};

    for (size_t r = first; r < sites->csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(sites->csv, r, sites->frequency), *of = csv_cell(sites->csv, r, sites->weight);
        size_t g = 0;
        double its;
        if (strcmp(csv_cell(sites->csv, r, sites->site)->text, site->text) != 0) continue;
        is_done[r] = true;
        while (sites->group >= 0 && g < n_groups && strcmp(groups[g], csv_cell(sites->csv, r, sites->group)->text) != 0) g++;
        if (g == n_groups) continue; /* of people whom the model does not have */
        if (!compile_text_value(c, of->text, of->place, VALUE_NUMBER, &its) || !compile_text_value(c, cell->text, cell->place, VALUE_PROBABILITY, &f[g])) return false;
        if (is_given[g] || (r > first && its != *weight)) {
            diag_error(c->diag, of->place, is_given[g] ? "remove one of the lines" : "give a site the same weight in all groups", "the site `%s` is given twice", site->text);
            return false;
        }
        *weight = its;
        is_given[g] = true;
    }
    for (size_t g = 0; g < n_groups; g++) {
        if (is_given[g]) continue;
        diag_error(c->diag, site->place, "add a line for each group that the model has", "the site `%s` has no frequency for %s", site->text, groups[g]);
        return false;
    }
    return true;
}

/* Copies of a site that all of an ancestry have with the same probability. */
static bool add_shared_site(score_t *score, const char *site, double weight, const double *f)
{
    static const char *const levels[] = {"0", "1", "2"};
    compiler_t *c = score->c;
    const char *name = diag_format(c->diag, "copies of %s", site);
    model_table_t table;

    int32_t slot = compile_add_slot(c, name, SLOT_ATTRIBUTE, levels, 3, score->attribute->place);
    if (slot == MODEL_NONE || !compile_make_table(c, &score->ancestry, score->ancestry != MODEL_NONE, 3, &table)) return false;
    c->model->slots[slot].is_reported = 0;
    for (size_t l = 0; l < score->n_levels; l++) {
        const double row[] = {(1 - f[l]) * (1 - f[l]), 1 - f[l] * f[l], 1};
        memcpy(c->model->reals + table.first + 3 * l, row, sizeof row);
        score->mean[l] += 2 * f[l] * weight;
        score->variance[l] += 2 * f[l] * (1 - f[l]) * weight * weight;
    }
    people_step(c, (model_step_t){.purpose = rng_purpose(name), .kind = STEP_CATEGORY, .to = slot, .table = table});
    const double adds[] = {0, weight, 2 * weight};
    add_term(score, expression_by_level(c, slot, adds));
    return true;
}

/* The same where the probability differs from person to person. */
static void add_personal_site(score_t *score, const char *site, double weight, const expression_t *frequency)
{
    compiler_t *c = score->c;
    const char *name = diag_format(c->diag, "copies of %s", site);
    const expression_t *luck = people_number_read(c, people_uniform(c, name)), *one = compile_constant(c, 1);
    const expression_t *f = people_number_read(c, people_formula(c, diag_format(c->diag, "frequency of %s", site), frequency));
    const expression_t *g = compile_combine(c, ARITHMETIC_SUBTRACT, one, f);
    const expression_t *some = compile_combine(c, ARITHMETIC_AT_MOST, compile_combine(c, ARITHMETIC_MULTIPLY, g, g), luck);
    const expression_t *both = compile_combine(c, ARITHMETIC_AT_MOST, compile_combine(c, ARITHMETIC_SUBTRACT, one, compile_combine(c, ARITHMETIC_MULTIPLY, f, f)), luck);
    int32_t copies = people_formula(c, diag_format(c->diag, "copies of %s", site), compile_combine(c, ARITHMETIC_ADD, some, both));
    add_term(score, compile_combine(c, ARITHMETIC_MULTIPLY, compile_constant(c, weight), people_number_read(c, copies)));
    score->unknown = "where shares of ancestry differ from person to person";
}

/* sites: FILE */
static bool add_sites(score_t *score, const yaml_node_t *file)
{
    compiler_t *c = score->c;
    const char *name = compile_name(c, file, "the table of sites"), *all[MODEL_MAX_LEVELS] = {"all"}, *const *groups = all;
    sites_t sites = {.csv = name ? compile_table_file(c, name, file->place) : NULL};
    size_t n_groups = 1, n = 0, n_rows;

    if (!sites.csv || !find_columns(score, file, &sites)) return false;
    const admixture_t *mix = sites.group >= 0 ? people_admixture(c) : NULL;
    if (mix && mix->is_wrong) return false;
    if (sites.group >= 0 && score->ancestry == MODEL_NONE) {
        diag_error(c->diag, file->place, "add `ancestry` to `people`, or leave the column out", "the frequencies of `%s` depend on ancestry, which these people do not have", sites.csv->file);
        return false;
    }
    if (sites.group >= 0) n_groups = mix ? mix->n_groups : score->n_levels;
    for (size_t l = 0; sites.group >= 0 && !mix && l < n_groups; l++)
        all[l] = diag_format(c->diag, "%s", model_level_name(c->model, score->ancestry, (int32_t)l)); /* texts of the model move as it grows */
    if (mix) groups = mix->groups;
    bool *is_done = arena_take(c->arena, sites.csv->n_rows, sizeof *is_done);
    double *f = arena_take(c->arena, n_groups > score->n_levels ? n_groups : score->n_levels, sizeof *f), weight;
    for (size_t r = 0; r < sites.csv->n_rows; r++) {
        const char *site = csv_cell(sites.csv, r, sites.site)->text;
        if (is_done[r]) continue;
        weight = 0;
        if (!read_site(score, &sites, r, groups, n_groups, is_done, &weight, f)) return false;
        n++;
        if (mix && mix->is_personal) {
            add_personal_site(score, site, weight, admixture_frequency(c, mix, f));
            continue;
        }
        for (size_t l = 1; sites.group < 0 && l < score->n_levels; l++) f[l] = f[0];
        if (!add_shared_site(score, site, weight, mix ? admixture_rows(c, mix, f, 1, &n_rows) : f)) return false;
    }
    fprintf(c->summary, "    %zu sites from %s\n", n, sites.csv->file);
    return true;
}

/* ---- the rest ---- */

/* remainder: VARIANCE */
static bool add_remainder(score_t *score, const yaml_node_t *node)
{
    compiler_t *c = score->c;
    const char *name = diag_format(c->diag, "remainder of %s", score->attribute->name);
    model_table_t table;
    double variance;

    if (!compile_value(c, node, VALUE_RATIO, &variance) || !compile_make_table(c, NULL, 0, 4, &table)) return false;
    if (variance == 0) return true;
    const double row[4] = {0, sqrt(variance), -INFINITY, INFINITY};
    memcpy(c->model->reals + table.first, row, sizeof row);
    int32_t number = people_hidden_number(c, name);
    people_step(c, (model_step_t){.purpose = rng_purpose(name), .kind = STEP_NUMBER, .to = number, .from = MODEL_NONE, .distribution = DISTRIBUTION_NORMAL, .table = table});
    for (size_t l = 0; l < score->n_levels; l++) score->variance[l] += variance;
    add_term(score, people_number_read(c, number));
    return true;
}

/* standardised: by ancestry | {mean: M, sd: S} */
static bool standardise(score_t *score, const yaml_node_t *node)
{
    static const char *const keys[] = {"mean", "sd", NULL}, right[] = "write standardised: by ancestry, or {mean: 0.4, sd: 1.2} of the population in which the score was made";
    compiler_t *c = score->c;
    double *mean = score->mean, *sd = score->variance;
    bool is_by_ancestry = node->kind == YAML_SCALAR && !strcmp(node->text, "by ancestry");

    if (!is_by_ancestry) {
        const yaml_node_t *given = yaml_get(node, "mean"), *spread = yaml_get(node, "sd");
        if (!given || !spread || !compile_keys(c, node, "`standardised`", keys)) {
            if (!given || !spread) diag_error(c->diag, node->place, right, "`standardised` is wrong");
            return false;
        }
        if (!compile_value(c, given, VALUE_NUMBER, &mean[0]) || !compile_value(c, spread, VALUE_RATIO, &sd[0])) return false;
        for (size_t l = 1; l < score->n_levels; l++) mean[l] = mean[0], sd[l] = sd[0];
    } else if (score->unknown) {
        diag_error(c->diag, node->place, "write standardised: {mean: 0.4, sd: 1.2}", "the mean of the score is not known %s", score->unknown);
        return false;
    }
    for (size_t l = 0; l < score->n_levels; l++) {
        if (is_by_ancestry) sd[l] = sqrt(sd[l]);
        if (sd[l] > 0) continue;
        diag_error(c->diag, node->place, "leave `standardised` out", "the score `%s` does not differ between people", score->attribute->name);
        return false;
    }
    fprintf(c->summary, "    standardised with means and standard deviations");
    for (size_t l = 0; l < (is_by_ancestry ? score->n_levels : 1); l++) fprintf(c->summary, "%s %.6g and %.6g", l ? "," : "", mean[l], sd[l]);
    fputc('\n', c->summary);
    score->sum = compile_combine(c, ARITHMETIC_DIVIDE, compile_combine(c, ARITHMETIC_SUBTRACT, score->sum, expression_by_level(c, score->ancestry, mean)), expression_by_level(c, score->ancestry, sd));
    return true;
}

bool compile_polygenic(compiler_t *c, attribute_t *attribute)
{
    static const char *const outer[] = {"polygenic", NULL}, *const keys[] = {"sites", "alleles", "remainder", "standardised", NULL};
    const yaml_node_t *node = yaml_get(attribute->node, "polygenic"), *alleles = yaml_get(node, "alleles"), *sites = yaml_get(node, "sites");
    const yaml_node_t *remainder = yaml_get(node, "remainder"), *standardised = yaml_get(node, "standardised");
    struct people *people = people_of(c);
    score_t score = {.c = c, .attribute = attribute, .ancestry = MODEL_NONE, .n_levels = 1};

    if (!compile_keys(c, attribute->node, "a polygenic score", outer) || !compile_keys(c, node, "`polygenic`", keys)) return false;
    if (!alleles && !sites) {
        diag_error(c->diag, node->place, "write {sites: scores.csv}, or {alleles: {CYP2C19: {\"*2\": 0.3}}}", "the score `%s` is made of nothing", attribute->name);
        return false;
    }
    for (size_t a = 0; a < people->n_attributes; a++) { /* what genes may depend on */
        const char *name = people->attributes[a].name;
        if (!strcmp(name, "ancestry") || !strcmp(name, "sex")) (void)people_attribute(c, name, attribute->place);
    }
    score.ancestry = model_find_slot(c->model, "ancestry");
    if (score.ancestry != MODEL_NONE) score.n_levels = (size_t)compile_levels(c->model, score.ancestry);
    fprintf(c->summary, "  %s: a polygenic score\n", attribute->name);
    if ((alleles && !add_alleles(&score, alleles)) || (sites && !add_sites(&score, sites)) || (remainder && !add_remainder(&score, remainder)) ||
        !score.sum || (standardised && !standardise(&score, standardised))) return false;
    model_formula_t formula = compile_formula(c, score.sum, attribute->name, attribute->place);
    model_name_t name = builder_text(c->model, attribute->name), unit = builder_text(c->model, "");
    attribute->number = builder_add_numbers(c->model, 1);
    c->model->numbers[attribute->number] = (model_number_t){.name = name, .unit = unit, .per_unit = 1};
    attribute->least = -INFINITY;
    attribute->is_score = true;
    people_step(c, (model_step_t){.kind = STEP_FORMULA, .to = attribute->number, .formula = formula});
    return formula != 0;
}

bool people_is_score(const compiler_t *c, int32_t number)
{
    const struct people *people = c->people;
    for (size_t a = 0; people && a < people->n_attributes; a++)
        if (people->attributes[a].number == number && people->attributes[a].is_score) return true;
    return false;
}
