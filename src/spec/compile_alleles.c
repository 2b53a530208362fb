/*
 * Tables of alleles: how common each is in each biogeographic group, and what it does. Only alleles that somebody in the
 * model can carry are kept (and the reference allele); the names of all others are remembered, so that a panel may
 * list them. A group of the model without frequencies is an error: nobody is given reference alleles for want of data.
 */
#include <math.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_people.h"

enum { MOST_ALLELES = 255 };        /* a diplotype is a uint16: allele 1 * n + allele 2 */

#define TABLE_TOLERANCE 1e-6        /* of frequencies that were rounded for print */

typedef struct {
    compiler_t *c;
    gene_t *gene;
    const csv_table_t *csv;
    const char *group;              /* the only group to use, or NULL */
    int allele, frequency, kind, include, symbol, biogeographic; /* columns; -1: there is none */
    int32_t ancestry;               /* the slot whose levels are the groups, or MODEL_NONE */
    size_t n_rows;
    double *f;                      /* [n_rows][n_known]; NAN: not given */
    const char *reference;
} frequencies_t;

static size_t known_index(const gene_t *gene, const char *allele)
{
    size_t k = 0;
    while (k < gene->n_known && strcmp(gene->known[k], allele) != 0) k++;
    return k;
}

static void remember(compiler_t *c, gene_t *gene, const char *allele)
{
    if (known_index(gene, allele) < gene->n_known) return;
    gene->known = compile_grow(c, gene->known, gene->n_known, sizeof *gene->known);
    gene->known[gene->n_known++] = allele;
}

static bool is_text(const csv_table_t *csv, size_t row, int column, const char *text)
{
    return strcmp(csv_cell(csv, row, column)->text, text) == 0;
}

/* A table may hold several genes, and rows that are not for models. */
static bool is_of_gene(const csv_table_t *csv, size_t row, int symbol, const gene_t *gene)
{
    return symbol < 0 || is_text(csv, row, symbol, gene->name);
}

static bool is_used(const frequencies_t *t, size_t row)
{
    return is_of_gene(t->csv, row, t->symbol, t->gene) && (t->include < 0 || is_text(t->csv, row, t->include, "1"));
}

static int needed_column(compiler_t *c, const csv_table_t *csv, const char *name)
{
    int column = csv_column(csv, name);
    if (column < 0) diag_error(c->diag, csv->header[0].place, diag_format(c->diag, "add a column `%s`", name), "the table has no column `%s`", name);
    return column;
}

/* Whether the table tells groups apart, and by what: one that was named, or the attribute `ancestry`. */
static bool find_groups(frequencies_t *t, place_t place)
{
    compiler_t *c = t->c;

    t->ancestry = MODEL_NONE;
    t->n_rows = 1;
    if (t->biogeographic < 0 && t->group) {
        diag_error(c->diag, place, "leave the group out", "%s does not tell groups apart", t->csv->file);
        return false;
    }
    if (t->biogeographic < 0 || t->group) return true;
    t->ancestry = model_find_slot(c->model, "ancestry");
    if (t->ancestry != MODEL_NONE) {
        t->n_rows = (size_t)compile_levels(c->model, t->ancestry);
        return true;
    }
    if (compile_is_wrong(c, "ancestry", CONDITION_ATTRIBUTES)) return false;
    diag_error(c->diag, place, "add `ancestry` to `people`, or name the group: {cpic: European}",
               "the alleles of %s depend on ancestry, which these people do not have", t->gene->name);
    return false;
}

/* The row of the model that a group of the table is, or -1. */
static int32_t row_of_group(const frequencies_t *t, size_t row)
{
    const model_t *m = t->c->model;

    if (t->ancestry == MODEL_NONE) return t->group && !is_text(t->csv, row, t->biogeographic, t->group) ? -1 : 0;
    for (int32_t l = 0; l < (int32_t)t->n_rows; l++)
        if (is_text(t->csv, row, t->biogeographic, model_level_name(m, t->ancestry, l))) return l;
    return -1;
}

static bool read_frequency(frequencies_t *t, size_t row)
{
    const csv_cell_t *allele = csv_cell(t->csv, row, t->allele), *cell = csv_cell(t->csv, row, t->frequency);
    int32_t group = row_of_group(t, row);

    if (group < 0) return true;
    double *f = &t->f[(size_t)group * t->gene->n_known + known_index(t->gene, allele->text)];
    if (!isnan(*f)) {
        diag_error(t->c->diag, allele->place, "remove one of the rows", "allele %s of %s stands twice for one group", allele->text, t->gene->name);
        return false;
    }
    if (t->kind >= 0 && is_text(t->csv, row, t->kind, "reference_remainder")) t->reference = allele->text;
    return compile_text_value(t->c, cell->text, cell->place, VALUE_PROBABILITY, f);
}

/* A group of the table that is missing: which, and what would be right. */
static bool report_missing(const frequencies_t *t, size_t row, place_t place)
{
    compiler_t *c = t->c;
    const char **groups = NULL;
    size_t n = 0;

    for (size_t r = 0; t->biogeographic >= 0 && r < t->csv->n_rows; r++) {
        const char *group = csv_cell(t->csv, r, t->biogeographic)->text;
        size_t k = 0;
        while (k < n && strcmp(groups[k], group) != 0) k++;
        if (!is_used(t, r) || k < n) continue;
        groups = compile_grow(c, groups, n, sizeof *groups);
        groups[n++] = group;
    }
    const char *group = t->ancestry != MODEL_NONE ? model_level_name(c->model, t->ancestry, (int32_t)row) : t->group;
    diag_error(c->diag, place, n ? diag_format(c->diag, "there are some for %s", people_join(c, groups, n)) : "the table has no rows of this gene",
               "%s has no allele frequencies of %s%s%s", t->csv->file, t->gene->name, group ? " for " : "", group ? group : "");
    return false;
}

static bool check_rows(frequencies_t *t, place_t place)
{
    size_t n = t->gene->n_known;
    double worst = 0;

    for (size_t r = 0; r < t->n_rows; r++) {
        double total = 0;
        size_t given = 0;
        for (size_t k = 0; k < n; k++) {
            if (!isnan(t->f[r * n + k])) given++;
            if (isnan(t->f[r * n + k])) t->f[r * n + k] = 0;
            total += t->f[r * n + k];
        }
        if (given == 0) return report_missing(t, r, place);
        worst = fmax(worst, fabs(total - 1.0));
        if (fabs(total - 1.0) <= TABLE_TOLERANCE) continue;
        diag_error(t->c->diag, place, "the reference allele has what the others leave", "the frequencies of %s%s%s in %s sum to %.10g, not 1",
                   t->gene->name, t->ancestry != MODEL_NONE ? " for " : "",
                   t->ancestry != MODEL_NONE ? model_level_name(t->c->model, t->ancestry, (int32_t)r) : "", t->csv->file, total);
        return false;
    }
    if (worst > 1e-9) fprintf(t->c->summary, "  %s: frequencies sum to 1 within %.2g and were scaled to 1\n", t->gene->name, worst);
    return true;
}

static bool find_reference(frequencies_t *t, place_t place)
{
    static const char *const usual[] = {"*1", "Reference"};

    for (size_t u = 0; !t->reference && u < 2; u++)
        if (known_index(t->gene, usual[u]) < t->gene->n_known) t->reference = usual[u];
    if (t->reference) return true;
    diag_error(t->c->diag, place, "mark its rows with reference_remainder in a column `kind`", "%s has no reference allele of %s", t->csv->file,
               t->gene->name);
    return false;
}

/* Keeps alleles in the order of the table, so that dropping those that nobody carries changes nobody's alleles. */
static bool keep_alleles(frequencies_t *t, place_t place)
{
    gene_t *gene = t->gene;
    size_t n = gene->n_known, kept = 0;

    gene->alleles = arena_take(t->c->arena, n, sizeof *gene->alleles);
    for (size_t k = 0; k < n; k++) {
        bool is_reference = strcmp(gene->known[k], t->reference) == 0, is_carried = is_reference;
        for (size_t r = 0; r < t->n_rows; r++) is_carried = is_carried || t->f[r * n + k] > 0;
        if (!is_carried) continue;
        if (is_reference) gene->reference = (int32_t)kept;
        for (size_t r = 0; r < t->n_rows; r++) t->f[r * n + kept] = t->f[r * n + k];
        gene->alleles[kept++] = (allele_t){.name = gene->known[k], .function = ""};
    }
    gene->n_alleles = kept;
    if (kept <= MOST_ALLELES) return true;
    diag_error(t->c->diag, place, diag_format(t->c->diag, "at most %d are possible", MOST_ALLELES), "%s has %zu alleles", gene->name, kept);
    return false;
}

/* The model's gene, and the step that draws two alleles. */
static bool add_gene(const frequencies_t *t)
{
    compiler_t *c = t->c;
    gene_t *gene = t->gene;
    model_t *m = c->model;
    int32_t n = (int32_t)gene->n_alleles, names = builder_add_name_list(m, n);
    model_table_t table;

    for (int32_t a = 0; a < n; a++) {
        model_name_t name = builder_text(m, gene->alleles[a].name);
        m->name_list[names + a] = name;
    }
    if (!compile_make_table(c, &t->ancestry, t->ancestry != MODEL_NONE, n, &table)) return false;
    for (size_t r = 0; r < t->n_rows; r++)
        INVARIANT(compile_cumulate(t->f + r * gene->n_known, gene->n_alleles, 2 * TABLE_TOLERANCE, m->reals + table.first + r * gene->n_alleles),
                  "frequencies of %s were not checked", gene->name);
    model_name_t name = builder_text(m, gene->name);
    gene->gene = builder_add_genes(m, 1);
    m->genes[gene->gene] = (model_gene_t){.name = name, .allele_names = {names, n}, .reference = gene->reference};
    people_step(c, (model_step_t){.purpose = rng_purpose(diag_format(c->diag, "gene %s allele 1", gene->name)),
                                  .purpose2 = rng_purpose(diag_format(c->diag, "gene %s allele 2", gene->name)),
                                  .kind = STEP_GENE, .to = gene->gene, .table = table});
    return true;
}

bool compile_frequencies(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *group, place_t place)
{
    frequencies_t t = {.c = c, .gene = gene, .csv = csv, .group = group, .allele = needed_column(c, csv, "allele"),
                       .frequency = needed_column(c, csv, "frequency"), .kind = csv_column(csv, "kind"), .include = csv_column(csv, "model_include"),
                       .symbol = csv_column(csv, "gene"), .biogeographic = csv_column(csv, "biogeographic_group")};
    bool is_good = true;

    if (t.allele < 0 || t.frequency < 0 || !find_groups(&t, place)) return false;
    for (size_t r = 0; r < csv->n_rows; r++)
        if (is_used(&t, r)) remember(c, gene, csv_cell(csv, r, t.allele)->text);
    t.f = arena_take(c->arena, t.n_rows * gene->n_known, sizeof *t.f);
    for (size_t i = 0; i < t.n_rows * gene->n_known; i++) t.f[i] = NAN;
    for (size_t r = 0; r < csv->n_rows; r++)
        if (is_used(&t, r)) is_good = read_frequency(&t, r) && is_good;
    return is_good && check_rows(&t, place) && find_reference(&t, place) && keep_alleles(&t, place) && add_gene(&t);
}

bool compile_functions(compiler_t *c, gene_t *gene, const csv_table_t *csv)
{
    int allele = needed_column(c, csv, "allele"), function = needed_column(c, csv, "function");
    int activity = csv_column(csv, "activity_value"), symbol = csv_column(csv, "gene");
    bool is_good = true;

    if (allele < 0 || function < 0) return false;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const char *name = csv_cell(csv, r, allele)->text;
        if (!is_of_gene(csv, r, symbol, gene)) continue;
        remember(c, gene, name);
        for (size_t a = 0; a < gene->n_alleles; a++) {
            if (strcmp(gene->alleles[a].name, name) != 0) continue;
            gene->alleles[a].function = csv_cell(csv, r, function)->text;
            if (activity < 0 || activity_parse(csv_cell(csv, r, activity)->text, &gene->alleles[a].activity)) continue;
            diag_error(c->diag, csv_cell(csv, r, activity)->place, "write a number, >=3.0 or n/a", "`%s` is no activity value",
                       csv_cell(csv, r, activity)->text);
            is_good = false;
        }
    }
    return is_good;
}
