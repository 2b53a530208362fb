/*
 * How people are drawn, column by column, and their genes.
 */
#ifndef POPGX_MODEL_PEOPLE_H
#define POPGX_MODEL_PEOPLE_H

#include "model/records.h"

/* Records are sent, hashed and compared as bytes: one with a hole in it does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* ---- people: how a person is drawn; one step per column, in this order ---- */

typedef enum {
    STEP_CATEGORY,   /* slot <- level drawn from a row of cumulative probabilities (table in reals, width = n_levels) */
    STEP_NUMBER,     /* number <- distribution with parameters (table in reals, width 4: a, b, low, high) */
    STEP_GENE,       /* diplotype of gene <- two alleles drawn from a row of cumulative frequencies (table in reals, width = n_alleles) each */
    STEP_DIPLOTYPE,  /* slot <- indices[first + diplotype]: true phenotypes, and what a panel calls */
    STEP_MAP,        /* slot <- indices[first + level of slot `from`]: groups, readings of attributes */
    STEP_BAND,       /* slot <- number of cut points (reals, table.first, table.width of them) that are <= number `from` */
    STEP_FORMULA,    /* number <- program over what earlier steps filled */
    STEP_ROW,        /* number <- 0, 1...: a row of a table, drawn from a row of cumulative probabilities (table in reals, its width) */
    STEP_CELL,       /* number <- reals[first + number `from`], a column of that table */
    STEP_CELL_LEVEL, /* slot <- indices[first + number `from`] */
    STEP_SECOND,     /* diplotype of gene <- its first allele, and a second one drawn anew from a row of its own (table in reals, width = n_alleles) */
} model_step_kind_t;

typedef enum {
    DISTRIBUTION_CONSTANT,   /* a */
    DISTRIBUTION_UNIFORM,    /* a to b */
    DISTRIBUTION_NORMAL,     /* mean a, sd b, truncated to [low, high] by inverting the cdf between their images */
    DISTRIBUTION_LOGNORMAL,  /* e to the power of normal(a, b), truncated likewise */
    DISTRIBUTION_QUANTILES,  /* any other: its quantiles, DISTRIBUTION_NODES to a row, at standard normal numbers from -7.5 to 7.5, linear between */
} model_distribution_t;

typedef struct {
    uint64_t purpose;           /* CATEGORY, NUMBER: of the uniform; GENE: of the first allele */
    uint64_t purpose2;          /* GENE, SECOND: of the second allele; GENE: 0 if a SECOND draws it */
    int32_t kind;               /* model_step_kind_t */
    int32_t to;                 /* slot, number or gene, as the kind says */
    int32_t from;               /* MAP: slot; BAND, CELL, CELL_LEVEL: number; DIPLOTYPE: gene; NUMBER by quantiles: number with the standard
                                   normal one, or MODEL_NONE: its own */
    int32_t distribution;       /* NUMBER: model_distribution_t */
    int32_t first;              /* DIPLOTYPE, MAP: into indices; GENE: how far behind the first allele's rows, in reals, the second's are (0: the same) */
    model_table_t table;        /* its axes are slots filled by earlier steps */
    model_formula_t formula;    /* FORMULA */
} model_step_t;

typedef struct {
    model_name_t name;
    model_span_t allele_names;  /* name_list */
    int32_t reference;          /* the allele a panel calls when it detects nothing (usually *1) */
} model_gene_t;                 /* a diplotype is allele 1 * n_alleles + allele 2; genes of which some carry one copy have an allele `-` for the other */

#pragma GCC diagnostic pop

/* Of DISTRIBUTION_QUANTILES: nobody in 10^13 is farther out. */
#define DISTRIBUTION_FARTHEST 7.5
#endif
