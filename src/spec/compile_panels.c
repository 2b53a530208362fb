/*
 * What a test calls two alleles of a gene. A panel of alleles calls each allele on its own; a test of sites sees variants,
 * and if it cannot tell which chromosome they are on, several pairs of alleles look the same to it. Decides calls only:
 * what they mean is compile_genes.c's business, and errors of the laboratory are compile_tests.c's.
 */
#include <string.h>

#include "spec/compile_people.h"

#define PANEL_TABLE "test_panel_alleles.csv"

enum { MOST_SITES = 64 };

/* The variants of every allele, as far as the test sees them. */
typedef struct {
    uint64_t *seen;             /* [n_alleles]: at the sites that the test reads */
    bool *has_more;             /* [n_alleles]: it has variants elsewhere, too */
    bool *is_callable;          /* [n_alleles]: the allele that its pattern is called */
    size_t n_sites;
} patterns_t;

static void panel_add(compiler_t *c, panel_t *panel, const char *allele)
{
    panel->names = compile_grow(c, panel->names, panel->n, sizeof *panel->names);
    panel->names[panel->n++] = allele;
}

bool panel_has(const panel_t *panel, const char *allele)
{
    for (size_t k = 0; k < panel->n; k++)
        if (strcmp(panel->names[k], allele) == 0) return true;
    return false;
}

/* ---- panels of alleles ---- */

/* ["*2", "*3"]: every one must be an allele that some table of the gene mentions. */
static bool read_alleles(compiler_t *c, const gene_t *gene, const yaml_node_t *node, panel_t *panel)
{
    size_t n = compile_count(node);
    bool is_good = n > 0;

    if (n == 0) diag_error(c->diag, node->place, "name the alleles, or leave the gene out", "the test detects no alleles of %s", gene->name);
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(node, i);
        bool is_known = false;
        for (size_t k = 0; item->kind == YAML_SCALAR && k < gene->n_known && !is_known; k++) is_known = strcmp(gene->known[k], item->text) == 0;
        if (is_known) {
            panel_add(c, panel, item->text);
            continue;
        }
        if (item->kind != YAML_SCALAR) diag_error(c->diag, item->place, "for example [\"*2\", \"*3\"]", "this is no allele of %s", gene->name);
        else diag_error(c->diag, item->place, compile_suggest(c, item->text, gene->known, gene->n_known),
                        "%s has no allele `%s`", gene->name, item->text);
        is_good = false;
    }
    return is_good;
}

/* {panel: NAME}: the alleles that the panel detects; those that nobody in the model carries make no difference. */
static bool read_panel(compiler_t *c, const gene_t *gene, const yaml_node_t *node, panel_t *panel)
{
    static const char *const keys[] = {"panel", NULL};
    const yaml_node_t *name = yaml_get(node, "panel");
    panel_t others = {0};

    if (!compile_keys(c, node, "a panel", keys)) return false;
    if (!name || name->kind != YAML_SCALAR) {
        diag_error(c->diag, node->place, "write {panel: Tier One}, {sites: [SITE, SITE]}, or a list of alleles", "the panel has no name");
        return false;
    }
    const csv_table_t *csv = compile_data_file(c, PANEL_TABLE, name->place);
    if (!csv) return false;
    int symbol = csv_column(csv, "gene"), panel_name = csv_column(csv, "panel"), allele = csv_column(csv, "allele_tested");
    if (symbol < 0 || panel_name < 0 || allele < 0) {
        diag_error(c->diag, csv->header[0].place, "name the columns gene, panel, allele_tested", "%s is not a table of panels", csv->file);
        return false;
    }
    for (size_t r = 0; r < csv->n_rows; r++) {
        const char *row_panel = csv_cell(csv, r, panel_name)->text;
        if (strcmp(csv_cell(csv, r, symbol)->text, gene->name) != 0) continue;
        if (strcmp(row_panel, name->text) == 0) panel_add(c, panel, csv_cell(csv, r, allele)->text);
        else if (!panel_has(&others, row_panel)) panel_add(c, &others, row_panel);
    }
    if (panel->n > 0) return true;
    diag_error(c->diag, name->place, compile_suggest(c, name->text, others.names, others.n),
               "there is no panel `%s` for %s", name->text, gene->name);
    return false;
}

static int32_t *call_of(const gene_t *gene, const panel_t *panel, int32_t a, int32_t b)
{
    int32_t n = (int32_t)gene->n_alleles;
    return panel->call + 2 * (a * (n + 1) + (b == MODEL_NONE ? n : b));
}

static void set_call(const gene_t *gene, const panel_t *panel, int32_t a, int32_t b, int32_t called_a, int32_t called_b)
{
    int32_t *call = call_of(gene, panel, a, b);
    call[0] = called_a;
    call[1] = called_b;
}

/* What an allele is called on its own. Copies that the test does not count leave the allele that is there more than once. */
static int32_t call_alone(const gene_t *gene, const panel_t *panel, int32_t a)
{
    const char *name = gene->alleles[a].name;
    size_t n = allele_base(name);

    if (panel_has(panel, name)) return a;
    for (size_t k = 0; n > 0 && k < gene->n_alleles; k++) {
        const char *base = gene->alleles[k].name;
        if (strlen(base) == n && strncmp(base, name, n) == 0 && panel_has(panel, base)) return (int32_t)k;
    }
    return gene->reference;
}

/* A deletion that the test does not detect leaves the other allele alone, which looks like two of it. */
static void call_alleles(const gene_t *gene, const panel_t *panel)
{
    int32_t n = (int32_t)gene->n_alleles;

    for (int32_t a = 0; a < n; a++)
        for (int32_t b = MODEL_NONE; b < n; b++) {
            int32_t called_a = call_alone(gene, panel, a), called_b = b == MODEL_NONE ? MODEL_NONE : call_alone(gene, panel, b);
            bool is_a_gone = gene->alleles[a].is_deletion && !panel_has(panel, gene->alleles[a].name);
            bool is_b_gone = b != MODEL_NONE && gene->alleles[b].is_deletion && !panel_has(panel, gene->alleles[b].name);
            if (is_b_gone && !is_a_gone) called_b = called_a;
            if (is_a_gone && !is_b_gone && b != MODEL_NONE) called_a = called_b;
            set_call(gene, panel, a, b, called_a, called_b);
        }
}

/* ---- tests of sites ---- */

/* The rows of the gene's table of sites: which alleles have a variant where. */
static bool read_patterns(compiler_t *c, const gene_t *gene, const yaml_node_t *sites, patterns_t *patterns)
{
    const csv_table_t *csv = gene->sites;
    int label = csv_column(csv, "allele");
    bool is_read[MOST_SITES * 4] = {0};

    if (label < 0 || csv->n_columns > sizeof is_read) {
        diag_error(c->diag, csv->header[0].place, "name the columns `allele` and one for each site, with 1 where the allele has the variant",
                   "%s is not a table of sites", csv->file);
        return false;
    }
    patterns->n_sites = compile_count(sites);
    for (size_t i = 0; i < patterns->n_sites; i++) {
        const yaml_node_t *item = compile_item(sites, i);
        const char *name = compile_name(c, item, "a site"), **known = arena_take(c->arena, csv->n_columns, sizeof *known);
        int column = name ? csv_column(csv, name) : -1;
        for (size_t k = 0; k < csv->n_columns; k++) known[k] = (int)k == label ? NULL : csv->header[k].text;
        if (name && (column < 0 || column == label || is_read[column] || patterns->n_sites > MOST_SITES)) {
            diag_error(c->diag, item->place, column < 0 || column == label ? compile_suggest(c, name, known, csv->n_columns) : "name it once",
                       column < 0 || column == label ? "%s has no site `%s`" : "%s: the site `%s` is in the list twice", csv->file, name);
            return false;
        }
        if (!name) return false;
        is_read[column] = true;
    }
    for (size_t a = 0; a < gene->n_alleles; a++) {
        size_t row = 0, bit = 0;
        while (row < csv->n_rows && strcmp(csv_cell(csv, row, label)->text, gene->alleles[a].name) != 0) row++;
        if (row == csv->n_rows && (int32_t)a == gene->reference) continue;
        if (row == csv->n_rows) {
            diag_error(c->diag, csv->header[0].place, diag_format(c->diag, "add a row for %s", gene->alleles[a].name),
                       "%s does not say which variants %s has", csv->file, gene->alleles[a].name);
            return false;
        }
        for (size_t k = 0; k < csv->n_columns; k++) {
            const csv_cell_t *cell = csv_cell(csv, row, (int)k);
            bool has = strcmp(cell->text, "1") == 0;
            if ((int)k == label || strcmp(csv->header[k].text, "source") == 0) continue;
            if (!has && *cell->text && strcmp(cell->text, "0") != 0) {
                diag_error(c->diag, cell->place, "write 1 where the allele has the variant, else 0", "`%s` is neither", cell->text);
                return false;
            }
            if (is_read[k]) patterns->seen[a] |= (uint64_t)has << bit++;
            else patterns->has_more[a] |= has;
        }
    }
    return true;
}

/* Of the alleles that look the same, the one that is called: it has no variants that the test does not see, and is the most common. */
static void find_callable(const gene_t *gene, const patterns_t *patterns)
{
    for (size_t a = 0; a < gene->n_alleles; a++) {
        size_t best = a;
        for (size_t k = 0; k < gene->n_alleles; k++) {
            if (patterns->seen[k] != patterns->seen[a]) continue;
            if (patterns->has_more[k] != patterns->has_more[best] ? patterns->has_more[best] : gene->share[k] > gene->share[best]) best = k;
        }
        patterns->is_callable[best] = true;
    }
}

static int32_t callable_of(const gene_t *gene, const patterns_t *patterns, int32_t a)
{
    int32_t k = 0;
    while (k < (int32_t)gene->n_alleles - 1 && !(patterns->is_callable[k] && patterns->seen[k] == patterns->seen[a])) k++;
    return k;
}

/* Without phase two pairs look the same if each variant is there as often. */
static bool looks_alike(const patterns_t *patterns, int32_t a, int32_t b, int32_t x, int32_t y)
{
    const uint64_t *seen = patterns->seen;
    return (seen[a] ^ seen[b]) == (seen[x] ^ seen[y]) && (seen[a] & seen[b]) == (seen[x] & seen[y]);
}

/* Marks the phenotypes in which pair (x, y) differs from what a and b are called. */
static void mark_ambiguous(const gene_t *gene, panel_t *panel, int32_t a, int32_t b, int32_t x, int32_t y)
{
    const int32_t *call = call_of(gene, panel, a, b);
    bool *is_ambiguous = panel->is_ambiguous + (size_t)(a * ((int32_t)gene->n_alleles + 1) + b) * gene->n_phenotypes;

    for (size_t p = 0; p < gene->n_phenotypes; p++)
        is_ambiguous[p] |= gene_level(gene, &gene->phenotypes[p], x, y) != gene_level(gene, &gene->phenotypes[p], call[0], call[1]);
}

static void call_unphased(const gene_t *gene, panel_t *panel, const patterns_t *patterns, int32_t a, int32_t b)
{
    int32_t n = (int32_t)gene->n_alleles;
    double best = -1;

    for (int32_t x = 0; x < n; x++)
        for (int32_t y = x; y < n; y++) {
            double share = gene->share[x] * gene->share[y] * (x == y ? 1 : 2);
            if (!patterns->is_callable[x] || !patterns->is_callable[y] || !looks_alike(patterns, a, b, x, y) || share <= best) continue;
            set_call(gene, panel, a, b, x, y);
            best = share;
        }
    for (int32_t x = 0; x < n; x++)
        for (int32_t y = x; y < n; y++)
            if (patterns->is_callable[x] && patterns->is_callable[y] && gene->share[x] > 0 && gene->share[y] > 0 && looks_alike(patterns, a, b, x, y))
                mark_ambiguous(gene, panel, a, b, x, y);
}

static void call_sites(const gene_t *gene, panel_t *panel, const patterns_t *patterns, bool is_phased)
{
    int32_t n = (int32_t)gene->n_alleles;

    for (int32_t a = 0; a < n; a++)
        for (int32_t b = MODEL_NONE; b < n; b++) {
            set_call(gene, panel, a, b, callable_of(gene, patterns, a), b == MODEL_NONE ? MODEL_NONE : callable_of(gene, patterns, b));
            if (!is_phased && b != MODEL_NONE) call_unphased(gene, panel, patterns, a, b);
        }
}

/* `ambiguous: likeliest`, or the phenotype that is reported. */
static bool read_ambiguous(compiler_t *c, const gene_t *gene, const yaml_node_t *node, panel_t *panel)
{
    const char *name = compile_name(c, node, "what an ambiguous result says");

    if (!name) return false;
    if (strcmp(name, "likeliest") == 0) return true;
    for (size_t p = 0; p < gene->n_phenotypes; p++) {
        const phenotype_t *phenotype = &gene->phenotypes[p];
        size_t l = 0;
        while (l < phenotype->n_levels && strcmp(phenotype->levels[l], name) != 0) l++;
        if (l < phenotype->n_levels) continue;
        diag_error(c->diag, node->place, compile_suggest(c, name, phenotype->levels, phenotype->n_levels), "%s has no phenotype `%s`", phenotype->name, name);
        return false;
    }
    panel->ambiguous = name;
    return true;
}

/* {sites: [SITE, ...], phase: known | unknown, ambiguous: likeliest | PHENOTYPE} */
static bool compile_sites(compiler_t *c, const gene_t *gene, const yaml_node_t *node, const char *test, panel_t *panel)
{
    static const char *const keys[] = {"sites", "phase", "ambiguous", NULL};
    const yaml_node_t *sites = yaml_get(node, "sites"), *phase = yaml_get(node, "phase"), *ambiguous = yaml_get(node, "ambiguous");
    bool is_phased = phase && phase->kind == YAML_SCALAR && strcmp(phase->text, "known") == 0;
    size_t n = gene->n_alleles;
    patterns_t patterns = {.seen = arena_take(c->arena, n, sizeof *patterns.seen), .has_more = arena_take(c->arena, n, sizeof *patterns.has_more),
                           .is_callable = arena_take(c->arena, n, sizeof *patterns.is_callable)};

    if (!compile_keys(c, node, "a test of sites", keys)) return false;
    if (!gene->sites) {
        diag_error(c->diag, node->place, diag_format(c->diag, "add `sites: FILE.csv` to the gene %s, with the columns `allele` and one for each site", gene->name),
                   "nothing says which variants the alleles of %s have", gene->name);
        return false;
    }
    if (phase && !is_phased && (phase->kind != YAML_SCALAR || strcmp(phase->text, "unknown") != 0)) {
        diag_error(c->diag, phase->place, "write `phase: known` or `phase: unknown`", "this is not a phase");
        return false;
    }
    if (ambiguous && is_phased) {
        diag_error(c->diag, ambiguous->place, "leave it out, or write `phase: unknown`", "with the phase known no result is ambiguous");
        return false;
    }
    if (!read_patterns(c, gene, sites, &patterns) || (ambiguous && !read_ambiguous(c, gene, ambiguous, panel))) return false;
    find_callable(gene, &patterns);
    panel->is_ambiguous = arena_take(c->arena, n * (n + 1) * gene->n_phenotypes, sizeof *panel->is_ambiguous);
    call_sites(gene, panel, &patterns, is_phased);
    for (size_t a = 0; a < n; a++)      /* a risk allele is looked for if it can be called */
        if (patterns.is_callable[a] && patterns.seen[a]) panel_add(c, panel, gene->alleles[a].name);
    fprintf(c->summary, "  %s sees %zu sites of %s, and calls %s or %s; phase %s\n", test, patterns.n_sites, gene->name,
            people_join(c, panel->names, panel->n), gene->alleles[gene->reference].name,
            is_phased ? "known" : diag_format(c->diag, "unknown%s: of pairs that look the same, %s", phase ? "" : " (default)",
                                              panel->ambiguous ? diag_format(c->diag, "%s if they differ", panel->ambiguous) : "the likeliest"));
    return true;
}

bool compile_panel(compiler_t *c, const gene_t *gene, const yaml_node_t *node, const char *test, panel_t *panel)
{
    size_t n = gene->n_alleles;

    *panel = (panel_t){.call = arena_take(c->arena, n * (n + 1) * 2, sizeof *panel->call)};
    if (yaml_get(node, "sites")) return compile_sites(c, gene, node, test, panel);
    if (!(node->kind == YAML_MAPPING ? read_panel(c, gene, node, panel) : read_alleles(c, gene, node, panel))) return false;
    call_alleles(gene, panel);
    fprintf(c->summary, "  %s detects of %s: %s; all others are called %s\n", test, gene->name, people_join(c, panel->names, panel->n),
            gene->alleles[gene->reference].name);
    return true;
}

int32_t panel_level(compiler_t *c, const gene_t *gene, const phenotype_t *phenotype, const panel_t *panel, int32_t a, int32_t b, place_t place)
{
    const int32_t *call = call_of(gene, panel, a, b);
    size_t pair = (size_t)(a * ((int32_t)gene->n_alleles + 1) + b), which = (size_t)(phenotype - gene->phenotypes);

    if (panel->ambiguous && b != MODEL_NONE && panel->is_ambiguous[pair * gene->n_phenotypes + which]) {
        int32_t l = 0;
        while (strcmp(phenotype->levels[l], panel->ambiguous) != 0) l++;
        return l;
    }
    int32_t level = gene_level(gene, phenotype, call[0], call[1]);
    if (level == MODEL_NONE)
        diag_error(c->diag, place, "add a rule for it, or a phenotype Indeterminate", "no phenotype rule of %s covers %s/%s, which the test calls",
                   phenotype->name, gene->alleles[call[0]].name, call[1] == MODEL_NONE ? "-" : gene->alleles[call[1]].name);
    return level;
}
