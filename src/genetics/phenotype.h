/*
 * From two alleles, or the only one, to a phenotype, by rules as CPIC and ClinPGx publish them.
 *
 * A rule is one of
 *   No function + Normal function        the functions of the two alleles, in any order
 *   activity_score=1.5                   the sum of the two alleles' activity values
 *   activity_score in {0.25, 0.5, >=3}   any of several sums; n/a: the sum is not known
 *   >=1 copy of *57:01, 0 copies of *57:01
 *   only No function                     the function of the only allele, where a person carries one (X-linked in males,
 *                                        mitochondrial); scores and copies are then of that one
 * Pure functions: nothing here allocates, fails or keeps anything.
 */
#ifndef POPGX_GENETICS_PHENOTYPE_H
#define POPGX_GENETICS_PHENOTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An activity value of an allele, or the score of two. */
typedef struct {
    int32_t thousandths;        /* published values are multiples of 0.25: sums are exact */
    bool is_known;
    bool is_at_least;           /* `>=3.0`: three or more copies of a gene */
} activity_t;

typedef struct {
    const char *name;           /* "*2" */
    const char *function;       /* "No function"; "" if none is assigned */
    activity_t activity;
    bool is_deletion;           /* the gene is missing: a test that cannot tell reads the other allele alone */
} allele_t;

typedef enum { PHENOTYPE_BY_FUNCTIONS, PHENOTYPE_BY_SCORE, PHENOTYPE_BY_COPIES, PHENOTYPE_BY_ONLY } phenotype_rule_kind_t;

/** A rule, read. The pointers are into the text it was read from, which must outlive it. */
typedef struct {
    phenotype_rule_kind_t kind;
    const char *first, *second; /* FUNCTIONS: the two; SCORE: the list of scores; COPIES: the allele; ONLY: the function */
    size_t n_first, n_second;   /* their lengths */
    int32_t least, most;        /* COPIES: how many */
} phenotype_rule_t;

/** Reads "1.5", ">=3.0", "" or "n/a" (not known). False if `text` is none of these. */
bool activity_parse(const char *text, activity_t *out);

/** Known if both are; at least so much if either is. */
activity_t activity_sum(activity_t a, activity_t b);

/** Reads a rule. False if `text` is none. */
bool phenotype_rule_parse(const char *text, phenotype_rule_t *out);

/** Whether two alleles, in either order, or the only one (b is NULL), are a case of the rule. */
bool phenotype_rule_matches(const phenotype_rule_t *rule, const allele_t *a, const allele_t *b);

/** The first of `rules` ([n]) that the alleles are a case of (b may be NULL), or -1. */
int32_t phenotype_rule_of(const phenotype_rule_t *rules, size_t n, const allele_t *a, const allele_t *b);

/**
 * How many letters of "*2x2", "*1xN" or "*1x\u22653" name the allele that is there more than once ("*2", "*1"); 0 if `name` says nothing of copies.
 */
size_t allele_base(const char *name);
#endif
