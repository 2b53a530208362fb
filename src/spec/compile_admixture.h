/* Mixed ancestry: whose frequencies the alleles of an ancestry are drawn from. (compile_admixture.c) */
#ifndef POPGX_SPEC_COMPILE_ADMIXTURE_H
#define POPGX_SPEC_COMPILE_ADMIXTURE_H

#include "spec/compile_people.h"

/** A group that people have some of their alleles from. */
typedef struct {
    size_t group;               /* of admixture_t.groups */
    double share;
    const expression_t *code;   /* the share, if it differs from person to person */
} component_t;

typedef struct {
    component_t *of;            /* [n]; of an ancestry that is not mixed: itself. The last is what the others leave */
    size_t n;
    bool is_personal;
} mixed_level_t;

typedef struct admixture {
    int32_t ancestry;           /* slot */
    const char **groups;        /* [n_groups]: whose frequencies are needed */
    size_t n_groups, n_levels, most; /* most: groups of one ancestry */
    mixed_level_t *levels;      /* [n_levels] of ancestry */
    bool is_personal;           /* of some ancestry the shares differ from person to person */
    bool is_wrong;              /* reported */
} admixture_t;

/** What `admixture` of people says, or NULL if there is none. Shares outside 0 to 1 count as 0 or 1. */
const admixture_t *people_admixture(compiler_t *c);

/**
 * of_group [n_groups][width] -> a row for each ancestry, mixed by the fixed shares; or, if some shares are personal, for each ancestry and each of its
 * `most` groups (those that it lacks repeat the last).
 */
double *admixture_rows(compiler_t *c, const admixture_t *mix, const double *of_group, size_t width, size_t *n_rows);

/** What a person's shares make of a number of each group, such as the frequency of one allele. */
const expression_t *admixture_frequency(compiler_t *c, const admixture_t *mix, const double *of_group);
/** Personal shares: the slot that says which group of the ancestry a copy (1 or 2) of a gene is from; MODEL_NONE after reporting. */
int32_t admixture_origin(compiler_t *c, const admixture_t *mix, const char *gene, int copy);

/* ---- small steps ---- */

/** A uniform number of each person, drawn for `name`. */
int32_t people_uniform(compiler_t *c, const char *name);
/** A hidden number worked out of others. */
int32_t people_formula(compiler_t *c, const char *name, const expression_t *value);
const expression_t *people_number_read(compiler_t *c, int32_t number);
#endif
