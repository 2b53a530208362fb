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
} attribute_t;

/** A phenotype of a gene: usually the only one; a gene whose rules count copies has one for each allele they count. */
typedef struct {
    const char *name;           /* of its slot: "CYP2C19", "HLA-B*57:01" */
    const char *allele;         /* whose copies are counted, or NULL */
    int32_t slot;
    int32_t map;                /* indices: its level for every diplotype */
    phenotype_rule_t *rules;    /* [n_rules] */
    int32_t *level;             /* [n_rules]: the phenotype that each gives */
    size_t n_rules;
    const char **levels;        /* [n_levels] */
    size_t n_levels;
} phenotype_t;

typedef struct {
    const char *name;
    int32_t gene;               /* index in the model */
    allele_t *alleles;          /* [n_alleles]: those that anyone can carry, and the reference allele */
    size_t n_alleles;
    int32_t reference;
    const char **known;         /* [n_known]: every allele that a table mentions */
    size_t n_known;
    phenotype_t *phenotypes;    /* [n_phenotypes] */
    size_t n_phenotypes;
    bool is_wrong;              /* reported; nothing may be built on it */
} gene_t;

/** A group: levels `non-NAME` and NAME by the levels of another attribute. */
typedef struct {
    const char *name;
    int32_t slot, from, map;    /* map: indices, its level for every level of slot `from` */
} group_t;

/** What a test reports: slot `called` in place of slot `observed`. They are the same if the test is never wrong. */
typedef struct {
    int32_t test, observed, called;
} call_t;

struct people {
    attribute_t *attributes;
    size_t n_attributes;
    gene_t *genes;
    size_t n_genes;
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

/** The entry of `people` of this name, compiled now if it has not been; NULL after reporting. */
attribute_t *people_attribute(compiler_t *c, const char *name, place_t place);

/** Levels [n] of `slot` named by a scalar or a sequence, as a set; false after reporting. */
bool people_levels(compiler_t *c, const yaml_node_t *node, int32_t slot, uint64_t *levels);

/** Appends a step. */
void people_step(compiler_t *c, model_step_t step);

/** A numeric attribute, and the bands of one (compile_numbers.c). */
bool compile_number(compiler_t *c, attribute_t *attribute);
bool compile_band(compiler_t *c, attribute_t *attribute);

void compile_genes(compiler_t *c);      /* genes (compile_genes.c) */
void compile_groups(compiler_t *c);     /* groups (compile_groups.c) */

/* ---- tables of genes (compile_alleles.c) ---- */

/** Frequencies: kept alleles, the model's gene and the step that draws two of them. */
bool compile_frequencies(compiler_t *c, gene_t *gene, const csv_table_t *csv, const char *group, place_t place);
/** Functions and activity values of the kept alleles. */
bool compile_functions(compiler_t *c, gene_t *gene, const csv_table_t *csv);

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
