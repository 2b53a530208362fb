/* Shared by the files that compile who people are and what tests see of them: attributes, genes, groups, tests. */
#ifndef POPGX_SPEC_COMPILE_PEOPLE_H
#define POPGX_SPEC_COMPILE_PEOPLE_H

#include "genetics/phenotype.h"
#include "spec/compile.h"

typedef enum { ATTRIBUTE_UNSEEN, ATTRIBUTE_STARTED, ATTRIBUTE_DONE, ATTRIBUTE_WRONG } attribute_state_t;

/** An entry of `people`. They may refer to each other in any order, so each is compiled when it is first needed. */
typedef struct {
    const char *name;
    const yaml_node_t *node;
    place_t place;
    attribute_state_t state;
    int32_t slot, number;       /* which of the two it became; the other is MODEL_NONE */
    double least;               /* numbers: nobody is below this */
    bool is_time;               /* numbers: it has a unit of time */
    bool is_score;              /* of alleles: a prescriber cannot see it */
} attribute_t;

/** A phenotype of a gene: usually the only one; a gene whose rules count copies has one for each allele they count. */
typedef struct {
    const char *name;           /* of its slot: "CYP2C19", "HLA-B*57:01" */
    const char *allele;         /* whose copies are counted, or NULL */
    int32_t slot;
    int32_t map;                /* indices: its level for every diplotype */
    bool is_genotype;           /* there are no rules: its levels are the pairs of alleles */
    bool is_activity;           /* `GENE activity`: its levels are scores, and `level` [n_levels] their thousandths (MODEL_NONE: not known) */
    phenotype_rule_t *rules;    /* [n_rules] */
    int32_t *level;             /* [n_rules]: the phenotype that each gives */
    size_t n_rules;
    const char **levels;        /* [n_levels] */
    size_t n_levels;
} phenotype_t;

typedef enum { INHERITANCE_AUTOSOMAL, INHERITANCE_X_LINKED, INHERITANCE_MITOCHONDRIAL } inheritance_t;

typedef struct {
    const char *name;
    int32_t gene;               /* index in the model */
    inheritance_t inheritance;
    int32_t sex;                /* X_LINKED: the slot that tells males, and their levels of it */
    uint64_t males;
    allele_t *alleles;          /* [n_alleles]: those that anyone can carry, and the reference allele */
    size_t n_alleles;
    double *share;              /* [n_alleles]: how common each is, on average over the groups of the model */
    int32_t *drawn;             /* [n_drawn]: the allele, or MODEL_NONE for none, that each outcome of a draw brings; */
    size_t n_drawn;             /* a diplotype is a pair of outcomes. Outcomes are alleles unless genes are linked */
    const char *reference_name; /* as the model file gives it, or NULL */
    int32_t reference;
    const csv_table_t *sites;   /* which alleles have which variants, or NULL */
    const char **known;         /* [n_known]: every allele that a table mentions */
    size_t n_known;
    phenotype_t *phenotypes;    /* [n_phenotypes] */
    size_t n_phenotypes;
    bool is_wrong;              /* reported; nothing may be built on it */
} gene_t;

/** Genes that are inherited together: pairs of rows of one table are drawn, and each gene reads its alleles from them. */
typedef struct {
    const csv_table_t *csv;
    const char *group;          /* as in the genes */
    gene_t rows;                /* whose alleles are the haplotypes */
} haplotypes_t;

/** A group: levels `non-NAME` and NAME by the levels of another attribute. */
typedef struct {
    const char *name;
    int32_t slot, from, map;    /* map: indices, its level for every level of slot `from` */
} group_t;

/** What a test reports: slot `called` in place of slot `observed`. They are the same if the test is never wrong. */
typedef struct {
    int32_t test, observed, called;
    uint64_t purpose;
    model_table_t drawn;        /* reals: the level is drawn anew with each result, by this table (width 0: it is not) */
    int32_t map;                /* indices: a group of something whose level is drawn anew, or MODEL_NONE */
    int32_t of;                 /* ... which is this slot */
} call_t;

struct people {
    attribute_t *attributes;
    size_t n_attributes;
    gene_t *genes;
    size_t n_genes;
    bool has_genes;             /* they have been compiled */
    haplotypes_t *haplotypes;
    size_t n_haplotypes;
    struct people_group *correlated; /* compile_draws.c */
    struct admixture *admixture; /* compile_admixture.c */
    const csv_table_t *file;    /* one row a person, or NULL */
    int32_t row;                /* number: the person's row of it, or MODEL_NONE */
    group_t *groups;
    size_t n_groups;
    call_t *calls;
    size_t n_calls;
    bool has_wrong_tests;
};

/** c->people, made when first asked for. */
struct people *people_of(compiler_t *c);

/** "a, b, c". */
const char *people_join(compiler_t *c, const char *const *names, size_t n);

/** The attribute slot of this name, compiled now if it stands in `people` and has not been; MODEL_NONE after reporting. */
int32_t people_slot(compiler_t *c, const char *name, place_t place);

/** Whether people have an age; false after reporting. @param what  who needs it: "the clock is age" */
bool people_need_age(compiler_t *c, place_t place, const char *what);

/** The entry of `people` of this name, compiled now if it has not been; NULL after reporting. */
attribute_t *people_attribute(compiler_t *c, const char *name, place_t place);

/** The gene of this name, or NULL after reporting (that there is none or, for one that is wrong, its own mistake). (compile_genes.c) */
const gene_t *people_gene(compiler_t *c, const char *name, place_t place);

/** Levels [n] of `slot` named by a scalar or a sequence, as a set; false after reporting. */
bool people_levels(compiler_t *c, const yaml_node_t *node, int32_t slot, uint64_t *levels);

/** Whether the test says of this attribute that it errs on it. */
bool compile_errs(compiler_t *c, const yaml_node_t *test, int32_t slot);

/** How a test errs on what it calls (compile_accuracy.c): by a table of the call, or `called` is an attribute with the errors. False after reporting. */
bool compile_error(compiler_t *c, const yaml_pair_t *test, call_t *call, bool is_same);

/** `independent` (the default) or `the same`; false after reporting. (compile_laboratory.c) */
bool compile_is_same(compiler_t *c, const yaml_node_t *node, bool *is_same);
/** Who can have the test (compile_laboratory.c). */
void compile_access(compiler_t *c, const yaml_pair_t *test);
/** How long results take, and what failures mean (compile_laboratory.c). */
void compile_laboratory(compiler_t *c, const yaml_pair_t *pair, model_test_t *test);

/** Appends a step. */
void people_step(compiler_t *c, model_step_t step);
/** A number that nobody is shown, an interim result of drawing people. (compile_draws.c) */
int32_t people_hidden_number(compiler_t *c, const char *name);

/** A numeric attribute, and the bands of one (compile_numbers.c). */
bool compile_number(compiler_t *c, attribute_t *attribute);
bool compile_band(compiler_t *c, attribute_t *attribute);

/**
 * The number that holds the standard normal of an attribute which `correlated` names, drawn with those of the others; MODEL_NONE if nothing does.
 * @return false after reporting
 */
bool people_normal_of(compiler_t *c, const attribute_t *attribute, int32_t *normal);

/** {polygenic: {...}}: a number made of alleles (compile_polygenic.c); and whether a number is one. */
bool compile_polygenic(compiler_t *c, attribute_t *attribute);
bool people_is_score(const compiler_t *c, int32_t number);

/** Whether a column of `file` gives the attribute; compiled now if so. */
bool people_is_column(compiler_t *c, const attribute_t *attribute);
bool compile_column(compiler_t *c, attribute_t *attribute);

/* What compile_people does with `file` and `correlated`, in this order: the table; its columns among the attributes; the names. */
void people_open_file(compiler_t *c, const yaml_node_t *people);
/** `file`: whether no column of it tells who somebody is. */
bool people_check_columns(compiler_t *c, const yaml_node_t *file);
/** `id` of `file`: the number `pseudonym`. After the columns. */
void people_add_pseudonym(compiler_t *c, const yaml_node_t *file);
void people_add_columns(compiler_t *c, const yaml_node_t *people);
void people_check_correlated(compiler_t *c, const yaml_node_t *people);

void compile_genes(compiler_t *c);      /* genes (compile_genes.c) */
void compile_groups(compiler_t *c);     /* groups (compile_groups.c) */

/* ---- tables of genes (compile_alleles.c) ---- */

/** Frequencies: kept alleles, the model's gene and the step that draws them. The gene's name, inheritance and reference name are set. */
bool compile_frequencies(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *group, place_t place);
/** The same for a gene that is a column of a table of haplotypes. */
bool compile_haplotypes(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *group, place_t place);
/** Functions and activity values of the kept alleles. */
bool compile_functions(compiler_t *c, gene_t *gene, const csv_table_t *csv);

/** The level of a phenotype that alleles a and b give (b: MODEL_NONE if there is only a), or MODEL_NONE if no rule covers them. (compile_genes.c) */
int32_t gene_level(const gene_t *gene, const phenotype_t *phenotype, int32_t a, int32_t b);

/** Whether somebody can have a second allele b, or only one (MODEL_NONE). (compile_genes.c) */
bool gene_can_have(const gene_t *gene, int32_t b);

/* ---- what tests call (compile_panels.c) ---- */

/** The alleles, or sites, of one gene that a test tells apart, and what it calls every pair. */
typedef struct {
    const char **names;         /* alleles that it detects */
    size_t n;
    int32_t *call;              /* [n_alleles][n_alleles + 1][2]: what alleles a and b (n_alleles: none) are called */
    const char *ambiguous;      /* the phenotype that is reported if pairs that look the same differ in it; NULL: that of the likeliest */
    bool *is_ambiguous;         /* [n_alleles][n_alleles + 1][n_phenotypes] */
} panel_t;

/** `detects: {GENE: ...}` -> what the panel calls. `test`: the name of the test, for the summary. */
bool compile_panel(compiler_t *c, const gene_t *gene, const yaml_node_t *node, const char *test, panel_t *panel);
/** The level of a phenotype that the panel reports of alleles a and b (MODEL_NONE: there is only a), or MODEL_NONE after reporting. */
int32_t panel_level(compiler_t *c, const gene_t *gene, const phenotype_t *phenotype, const panel_t *panel, int32_t a, int32_t b, place_t place);
bool panel_has(const panel_t *panel, const char *allele);

/* ---- rows of `by` ---- */

/** One node for everybody, or one for every level of a slot. */
typedef struct {
    const yaml_node_t *nodes[MODEL_MAX_LEVELS];
    size_t n_rows;
    int32_t slot;               /* or MODEL_NONE */
} by_t;

/** Reads {by: SLOT, LEVEL: NODE, ...} (a level left out has `otherwise`), or takes the node as it stands. */
bool people_by(compiler_t *c, const yaml_node_t *node, by_t *by);
#endif
