/* What `popgx cea` reckons from the answer of a run, and how it is printed. */
#ifndef POPGX_CLI_CEA_REPORT_H
#define POPGX_CLI_CEA_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "cli/options.h"
#include "stats/cea.h"
#include "stats/controls.h"
#include "stats/value.h"
#include "stats/voi.h"
#include "store/answer.h"

typedef struct {
    const char *path;
    const char *thresholds;     /* "20000,30000", or NULL: the model's */
    const char *curve;          /* "0,10000,20000": thresholds of the acceptability curves, or NULL: up to twice the highest threshold */
    const char *reference;      /* strategy that others are compared with, or NULL: the first */
    const char *groups;         /* "a,b+c": parameters whose value of information is wanted; NULL: each; "none" */
    const char *studies;        /* "a=binomial,a*b=binomial+c=normal(sd 3)": studies whose value is wanted, or NULL */
    const char *sizes;          /* "50,100": persons of a study, or NULL: some */
    const char *study_cost;     /* "250000+1200", or NULL: nothing */
    uint64_t population;        /* people that the decision is about; 0: nobody said */
    const char *severity;       /* QALYs of the general population, a strategy that shows them or a table of norms; NULL: no severity modifier */
    const char *weights;        /* "qaly:0.6:0:10,cost:0.4:50000:0", or NULL */
    bool is_evlyg;              /* equal value of life years gained */
    bool is_probabilistic;      /* the base case is the mean over draws */
    bool is_plain;              /* draws count as they are, without control variates */
} cea_request_t;

typedef struct {
    char *name;                 /* of the parameter, or of the group */
    evppi_t evppi;
    char *failure;              /* why there is none, or NULL */
} cea_group_t;

typedef struct cea_study cea_study_t; /* cea_studies.h */

typedef struct {
    const cea_request_t *request;
    const answer_t *answer;
    int32_t reference;
    estimate_t population;      /* QALYs of the general population */
    criterion_t *criteria;      /* [n_criteria] */
    size_t n_criteria;
    cea_t cea;
    frontier_entry_t *frontier; /* [cea.n] */
    double *thresholds;         /* [n_thresholds] */
    size_t n_thresholds;

    /* With draws: */
    controls_t controls;        /* none if draws count as they are */
    psa_t even;                 /* the draws with control variates taken off their means; borrows all else */

    /* With draws and a threshold: */
    double *curve;              /* [n_curve] */
    double *share;              /* [n_curve][cea.n]: acceptability */
    voi_summary_t *at_curve;    /* [n_curve] */
    size_t n_curve;
    voi_summary_t voi;          /* at the first threshold */
    voi_summary_t settling[10]; /* over the first tenth of the draws, two tenths, ... */
    cea_group_t *groups;        /* [n_groups], the most valuable first */
    size_t n_groups;
    cea_study_t *studies;       /* [n_studies] */
    size_t n_studies;
    double *sizes;              /* [n_sizes]: persons */
    size_t n_sizes;
    double study_fixed, study_per_person;
} cea_report_t;

/** cea_report_release frees it, also after a failure. */
MUST_USE popgx_err_t cea_report_make(const cea_request_t *request, const answer_t *answer, cea_report_t *out);
void cea_report_release(cea_report_t *report);

/** The net benefit of strategy s against the reference at the first threshold, over all draws. `figure` is scratch. */
psa_summary_t cea_benefit_over_draws(const cea_report_t *report, int32_t s, psa_figure_t *figure);

/** "20000,30000", from the option of that name. `*out` is grown and owned by the caller, also after a failure. */
MUST_USE popgx_err_t cea_parse_numbers(const char *text, const char *option, double **out, size_t *n);

/** The column of a parameter that was drawn, by `n_name` characters that --`option` gave. */
MUST_USE popgx_err_t cea_find_parameter(const answer_t *answer, const char *option, const char *name, size_t n_name, size_t *out);

void cea_report_text(const cea_report_t *report, FILE *out);
json_t *cea_report_json(const cea_report_t *report);

/** Writes tidy tables to files in `folder`, which is made if it is not there. */
MUST_USE popgx_err_t cea_report_csv(const cea_report_t *report, const char *folder);
#endif
