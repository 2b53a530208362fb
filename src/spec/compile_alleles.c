/*
 * Tables of alleles: how common each is in each biogeographic group, and what it does. Only alleles that somebody in the
 * model can carry are kept (and the reference allele); the names of all others are remembered, so that a panel may
 * list them. A group of the model without frequencies is an error: nobody is given reference alleles for want of data.
 * A table of haplotypes is read the same way, and each gene on it takes its alleles from the haplotypes that were drawn.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_admixture.h"

enum { MOST_ALLELES = 255 };        /* a diplotype is a uint16: allele 1 * n + allele 2 */

#define TABLE_TOLERANCE 1e-6        /* of frequencies that were rounded for print */

typedef struct {
    compiler_t *c;
    gene_t *gene;
    const csv_table_t *csv;
    const char *group;              /* the only group to use, or NULL */
    int allele, frequency, kind, include, symbol, biogeographic; /* columns; -1: there is none */
    bool is_haplotypes;             /* the rows are of haplotypes: there is no reference among them */
    int32_t ancestry;               /* the slot whose levels are the groups, or MODEL_NONE */
    const admixture_t *mix;         /* of some levels of it the alleles are from several groups; or NULL */
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
        t->mix = people_admixture(c);
        t->n_rows = t->mix ? t->mix->n_groups : (size_t)compile_levels(c->model, t->ancestry);
        return !t->mix || !t->mix->is_wrong;
    }
    if (compile_is_wrong(c, "ancestry", CONDITION_ATTRIBUTES)) return false;
    diag_error(c->diag, place, "add `ancestry` to `people`, or name the group: {cpic: European}",
               "the alleles of %s depend on ancestry, which these people do not have", t->gene->name);
    return false;
}

/* The group of the table that row r is of. */
static const char *group_of_row(const frequencies_t *t, size_t r)
{
    return t->mix ? t->mix->groups[r] : model_level_name(t->c->model, t->ancestry, (int32_t)r);
}

/* The row of the model that a group of the table is, or -1. */
static int32_t row_of_group(const frequencies_t *t, size_t row)
{
    if (t->ancestry == MODEL_NONE) return t->group && !is_text(t->csv, row, t->biogeographic, t->group) ? -1 : 0;
    for (int32_t l = 0; l < (int32_t)t->n_rows; l++)
        if (is_text(t->csv, row, t->biogeographic, group_of_row(t, (size_t)l))) return l;
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
    const char *group = t->ancestry != MODEL_NONE ? group_of_row(t, row) : t->group;
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
                   t->ancestry != MODEL_NONE ? group_of_row(t, r) : "", t->csv->file, total);
        return false;
    }
    if (worst > 1e-9) fprintf(t->c->summary, "  %s: frequencies sum to 1 within %.2g and were scaled to 1\n", t->gene->name, worst);
    return true;
}

/* The allele that tests call when they detect nothing: as the model says, as the table marks it, or as it is usually called. */
static bool find_reference(compiler_t *c, const gene_t *gene, const csv_table_t *csv, place_t place, const char **reference)
{
    static const char *const usual[] = {"*1", "Reference"};

    if (gene->reference_name) {
        *reference = gene->reference_name;
        if (known_index(gene, gene->reference_name) < gene->n_known) return true;
        diag_error(c->diag, place, compile_suggest(c, gene->reference_name, gene->known, gene->n_known), "%s has no allele `%s`", gene->name,
                   gene->reference_name);
        return false;
    }
    for (size_t u = 0; !*reference && u < 2; u++)
        if (known_index(gene, usual[u]) < gene->n_known) *reference = usual[u];
    if (*reference) return true;
    diag_error(c->diag, place, "name it with `reference: ALLELE`, or mark its rows with reference_remainder in a column `kind`",
               "%s has no reference allele of %s", csv->file, gene->name);
    return false;
}

/* Keeps alleles in the order of the table, so that dropping those that nobody carries changes nobody's alleles. */
static bool keep_alleles(frequencies_t *t, place_t place)
{
    gene_t *gene = t->gene;
    size_t n = gene->n_known, kept = 0;

    gene->alleles = arena_take(t->c->arena, n, sizeof *gene->alleles);
    for (size_t k = 0; k < n; k++) {
        bool is_reference = !t->is_haplotypes && strcmp(gene->known[k], t->reference) == 0, is_carried = is_reference;
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

/* From rows of groups to rows of ancestries, or of ancestries and the groups that their alleles are from. */
static void mix_rows(frequencies_t *t) { t->f = admixture_rows(t->c, t->mix, t->f, t->gene->n_known, &t->n_rows); }

/* How common each allele is on average over the groups of the model. */
static void find_shares(frequencies_t *t)
{
    gene_t *gene = t->gene;

    gene->share = arena_take(t->c->arena, gene->n_alleles, sizeof *gene->share);
    for (size_t r = 0; r < t->n_rows; r++)
        for (size_t a = 0; a < gene->n_alleles; a++) gene->share[a] += t->f[r * gene->n_known + a] / (double)t->n_rows;
}

/* Each outcome of a draw is an allele; one more is that there is none. */
static void find_drawn(compiler_t *c, gene_t *gene)
{
    gene->n_drawn = gene->n_alleles + (gene->inheritance != INHERITANCE_AUTOSOMAL);
    gene->drawn = arena_take(c->arena, gene->n_drawn, sizeof *gene->drawn);
    for (size_t a = 0; a < gene->n_drawn; a++) gene->drawn[a] = a < gene->n_alleles ? (int32_t)a : MODEL_NONE;
}

/* Cumulative frequencies of the first or the second allele, by group and, if the gene is X-linked, sex. */
static void fill_rows(const frequencies_t *t, int32_t first, bool is_second)
{
    const gene_t *gene = t->gene;
    size_t n = gene->n_drawn, n_sexes = gene->inheritance == INHERITANCE_X_LINKED ? (size_t)compile_levels(t->c->model, gene->sex) : 1;

    for (size_t r = 0; r < t->n_rows; r++)
        for (size_t s = 0; s < n_sexes; s++) {
            double *row = t->c->model->reals + first + (r * n_sexes + s) * n;
            bool is_absent = is_second && (gene->inheritance == INHERITANCE_MITOCHONDRIAL
                                           || (gene->inheritance == INHERITANCE_X_LINKED && gene->males >> s & 1));
            INVARIANT(compile_cumulate(t->f + r * gene->n_known, gene->n_alleles, 2 * TABLE_TOLERANCE, row), "frequencies of %s were not checked",
                      gene->name);
            if (n > gene->n_alleles) row[n - 1] = 1;
            for (size_t a = 0; is_absent && a + 1 < n; a++) row[a] = 0;
        }
}

/* The second allele anew, from the group that it is from itself. */
static bool add_second(const frequencies_t *t, int32_t *by, size_t n_by, int32_t rows)
{
    compiler_t *c = t->c;
    const gene_t *gene = t->gene;
    model_table_t table;

    by[1] = admixture_origin(c, t->mix, gene->name, 2);
    if (by[1] == MODEL_NONE || !compile_make_table(c, by, n_by, (int32_t)gene->n_drawn, &table)) return false;
    table.first = rows; /* the rows are those of the first allele, or of second ones where they differ */
    people_step(c, (model_step_t){.purpose2 = rng_purpose(diag_format(c->diag, "gene %s allele 2", gene->name)), .kind = STEP_SECOND, .to = gene->gene,
                                  .table = table});
    return true;
}

/* The model's gene, and the step that draws its alleles. */
static bool add_gene(const frequencies_t *t)
{
    compiler_t *c = t->c;
    gene_t *gene = t->gene;
    model_t *m = c->model;
    int32_t n = (int32_t)gene->n_drawn, names = builder_add_name_list(m, n), by[3];
    const bool is_personal = t->mix && t->mix->is_personal;
    size_t n_by = 0;
    model_table_t table;

    for (int32_t a = 0; a < n; a++) {
        model_name_t name = builder_text(m, a < (int32_t)gene->n_alleles ? gene->alleles[a].name : "-");
        m->name_list[names + a] = name;
    }
    if (t->ancestry != MODEL_NONE) by[n_by++] = t->ancestry;
    if (is_personal && (by[n_by++] = admixture_origin(c, t->mix, gene->name, 1)) == MODEL_NONE) return false;
    if (gene->inheritance == INHERITANCE_X_LINKED) by[n_by++] = gene->sex;
    if (!compile_make_table(c, by, n_by, n, &table)) return false;
    int32_t n_numbers = m->n_reals - table.first, second = table.first;
    if (gene->inheritance != INHERITANCE_AUTOSOMAL) second = builder_add_reals(m, n_numbers);
    fill_rows(t, table.first, false);
    if (second != table.first) fill_rows(t, second, true);
    model_name_t name = builder_text(m, gene->name);
    gene->gene = builder_add_genes(m, 1);
    m->genes[gene->gene] = (model_gene_t){.name = name, .allele_names = {names, n}, .reference = gene->reference};
    people_step(c, (model_step_t){.purpose = rng_purpose(diag_format(c->diag, "gene %s allele 1", gene->name)),
                                  .purpose2 = is_personal ? 0 : rng_purpose(diag_format(c->diag, "gene %s allele 2", gene->name)),
                                  .kind = STEP_GENE, .to = gene->gene, .first = second - table.first, .table = table});
    return !is_personal || add_second(t, by, n_by, second);
}

/* The rows of alleles, or of haplotypes, whose names are in the column `label`. */
static bool read_rows(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *label, const char *group, place_t place)
{
    frequencies_t t = {.c = c, .gene = gene, .csv = csv, .group = group, .allele = needed_column(c, csv, label),
                       .frequency = needed_column(c, csv, "frequency"), .kind = csv_column(csv, "kind"), .include = csv_column(csv, "model_include"),
                       .symbol = csv_column(csv, "gene"), .biogeographic = csv_column(csv, "biogeographic_group"),
                       .is_haplotypes = strcmp(label, "haplotype") == 0};
    bool is_good = true;

    if (t.allele < 0 || t.frequency < 0 || !find_groups(&t, place)) return false;
    for (size_t r = 0; r < csv->n_rows; r++)
        if (is_used(&t, r)) remember(c, gene, csv_cell(csv, r, t.allele)->text);
    t.f = arena_take(c->arena, t.n_rows * gene->n_known, sizeof *t.f);
    for (size_t i = 0; i < t.n_rows * gene->n_known; i++) t.f[i] = NAN;
    for (size_t r = 0; r < csv->n_rows; r++)
        if (is_used(&t, r)) is_good = read_frequency(&t, r) && is_good;
    if (!is_good || !check_rows(&t, place) || (!t.is_haplotypes && !find_reference(c, gene, csv, place, &t.reference)) || !keep_alleles(&t, place))
        return false;
    if (t.mix) mix_rows(&t);
    find_shares(&t);
    find_drawn(c, gene);
    return add_gene(&t);
}

bool compile_frequencies(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *group, place_t place)
{
    return read_rows(c, gene, csv, "allele", group, place);
}

/* ---- linked genes ---- */

static bool is_same_group(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* The haplotypes of the table, drawn once for all genes that are columns of it; NULL after reporting. */
static haplotypes_t *haplotypes_of(compiler_t *c, const gene_t *gene, const csv_table_t *csv, const char *group, place_t place)
{
    struct people *people = people_of(c);

    for (size_t h = 0; h < people->n_haplotypes; h++) {
        haplotypes_t *known = &people->haplotypes[h];
        if (known->csv != csv || !is_same_group(known->group, group)) continue;
        if (known->rows.inheritance == gene->inheritance) return known->rows.is_wrong ? NULL : known;
        diag_error(c->diag, place, "give all genes of the table the same `inheritance`", "%s is inherited in another way than the genes it is linked with",
                   gene->name);
        return NULL;
    }
    people->haplotypes = compile_grow(c, people->haplotypes, people->n_haplotypes, sizeof *people->haplotypes);
    haplotypes_t *haplotypes = &people->haplotypes[people->n_haplotypes++];
    *haplotypes = (haplotypes_t){.csv = csv, .group = group};
    haplotypes->rows = (gene_t){.name = group ? diag_format(c->diag, "%s of %s", csv->file, group) : csv->file, .inheritance = gene->inheritance,
                                .sex = gene->sex, .males = gene->males};
    haplotypes->rows.is_wrong = !read_rows(c, &haplotypes->rows, csv, "haplotype", group, place);
    return haplotypes->rows.is_wrong ? NULL : haplotypes;
}

/* The allele of the gene on a haplotype: the same in all its rows; NULL after reporting. */
static const char *allele_on(compiler_t *c, const gene_t *gene, const csv_table_t *csv, const char *haplotype, int column)
{
    const csv_cell_t *found = NULL;
    int label = csv_column(csv, "haplotype");

    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, column);
        if (!is_text(csv, r, label, haplotype)) continue;
        if (!found && !*cell->text) {
            diag_error(c->diag, cell->place, "name the allele", "the haplotype `%s` has no allele of %s", haplotype, gene->name);
            return NULL;
        }
        if (found && strcmp(found->text, cell->text) != 0) {
            diag_error(c->diag, cell->place, diag_format(c->diag, "it has %s in another row", found->text),
                       "the haplotype `%s` has two alleles of %s", haplotype, gene->name);
            return NULL;
        }
        found = cell;
    }
    return found->text;
}

bool compile_haplotypes(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *group, place_t place)
{
    const char *reference = NULL;
    int column = needed_column(c, csv, gene->name);
    const haplotypes_t *haplotypes = column < 0 ? NULL : haplotypes_of(c, gene, csv, group, place);
    if (!haplotypes) return false;

    const gene_t *rows = &haplotypes->rows;
    gene->gene = rows->gene;
    gene->n_drawn = rows->n_drawn;
    gene->drawn = arena_take(c->arena, rows->n_drawn, sizeof *gene->drawn);
    gene->share = arena_take(c->arena, rows->n_drawn, sizeof *gene->share);
    for (size_t h = 0; h < rows->n_drawn; h++) {
        const char *allele = rows->drawn[h] == MODEL_NONE ? NULL : allele_on(c, gene, csv, rows->alleles[h].name, column);
        gene->drawn[h] = MODEL_NONE;
        if (!allele && rows->drawn[h] != MODEL_NONE) return false;
        if (!allele) continue;
        remember(c, gene, allele);
        gene->drawn[h] = (int32_t)known_index(gene, allele);
        gene->share[gene->drawn[h]] += rows->share[h];
    }
    if (!find_reference(c, gene, csv, place, &reference)) return false;
    gene->n_alleles = gene->n_known;
    gene->alleles = arena_take(c->arena, gene->n_alleles, sizeof *gene->alleles);
    for (size_t a = 0; a < gene->n_alleles; a++) gene->alleles[a] = (allele_t){.name = gene->known[a], .function = ""};
    gene->reference = (int32_t)known_index(gene, reference);
    return true;
}

/* ---- functions ---- */

/* `*2x2` without a line of its own has twice the activity of `*2`; of `*2xN` it is only known that there are two or more. */
static void multiply_activities(gene_t *gene, const bool *is_given)
{
    for (size_t a = 0; a < gene->n_alleles; a++) {
        allele_t *allele = &gene->alleles[a];
        size_t n = allele_base(allele->name), b = 0;
        if (is_given[a] || n == 0) continue;
        while (b < gene->n_alleles && !(strlen(gene->alleles[b].name) == n && strncmp(gene->alleles[b].name, allele->name, n) == 0)) b++;
        if (b == gene->n_alleles) continue;
        const char *count = allele->name + n + 1;
        bool is_at_least = *count < '0' || *count > '9';
        while (*count && (*count < '0' || *count > '9')) count++;
        allele->function = gene->alleles[b].function;
        allele->activity = gene->alleles[b].activity;
        allele->activity.thousandths *= *count ? atoi(count) : 2;
        if (allele->activity.thousandths > 0) allele->activity.is_at_least = allele->activity.is_at_least || is_at_least;
    }
}

bool compile_functions(compiler_t *c, gene_t *gene, const csv_table_t *csv)
{
    int allele = needed_column(c, csv, "allele"), function = needed_column(c, csv, "function");
    int activity = csv_column(csv, "activity_value"), symbol = csv_column(csv, "gene"), copies = csv_column(csv, "copies");
    bool is_good = true, *is_given = arena_take(c->arena, gene->n_alleles, sizeof *is_given);

    if (allele < 0 || function < 0) return false;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const char *name = csv_cell(csv, r, allele)->text;
        if (!is_of_gene(csv, r, symbol, gene)) continue;
        remember(c, gene, name);
        for (size_t a = 0; a < gene->n_alleles; a++) {
            if (strcmp(gene->alleles[a].name, name) != 0) continue;
            is_given[a] = true;
            gene->alleles[a].function = csv_cell(csv, r, function)->text;
            gene->alleles[a].is_deletion = copies >= 0 && is_text(csv, r, copies, "0");
            if (activity < 0 || activity_parse(csv_cell(csv, r, activity)->text, &gene->alleles[a].activity)) continue;
            diag_error(c->diag, csv_cell(csv, r, activity)->place, "write a number, >=3.0 or n/a", "`%s` is not an activity value",
                       csv_cell(csv, r, activity)->text);
            is_good = false;
        }
    }
    multiply_activities(gene, is_given);
    return is_good;
}
