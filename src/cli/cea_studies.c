/* Reads studies, reckons them with stats/evsi.c, and prints them. Owns what is in a cea_study_t. */
#include "cli/cea_studies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/text_table.h"
#include "core/memory.h"

static const double USUAL_SIZES[] = {50, 100, 200, 500, 1000, 2000};
static const char *const KINDS[] = {[STUDY_BINOMIAL] = "binomial", [STUDY_POISSON] = "poisson", [STUDY_NORMAL] = "normal", [STUDY_LOGNORMAL] = "lognormal"};

/* ---- what was asked for ---- */

/* A part of a text without the blanks around it. */
typedef struct {
    const char *at;
    size_t n;
} part_t;

static part_t trimmed(const char *at, size_t n)
{
    while (n > 0 && *at == ' ') at++, n--;
    while (n > 0 && at[n - 1] == ' ') n--;
    return (part_t){at, n};
}

/* Up to the next `mark`, which is skipped; false at the end. `rest` moves on. */
static bool next_part(part_t *rest, char mark, part_t *out)
{
    if (!rest->at) return false;
    const char *end = memchr(rest->at, mark, rest->n);
    size_t n = end ? (size_t)(end - rest->at) : rest->n;

    *out = trimmed(rest->at, n);
    *rest = end ? (part_t){end + 1, rest->n - n - 1} : (part_t){NULL, 0};
    return true;
}

static popgx_err_t misread(part_t part)
{
    return FAIL(INPUT, "--evsi '%.*s': write for example 'risk=binomial', 'risk*ratio=binomial+cost=normal(sd 900)'; there are binomial, poisson, "
                       "normal(sd S) and lognormal(sd S)", (int)part.n, part.at);
}

/* "binomial", "normal(sd 900)" */
static popgx_err_t read_kind(part_t part, study_measure_t *out)
{
    char text[64], *end = text;

    if (part.n >= sizeof text) return misread(part);
    memcpy(text, part.at, part.n);
    text[part.n] = '\0';
    for (size_t kind = 0; kind < sizeof KINDS / sizeof *KINDS; kind++) {
        const size_t n = strlen(KINDS[kind]);
        const bool has_sd = kind == STUDY_NORMAL || kind == STUDY_LOGNORMAL;
        if (strncmp(text, KINDS[kind], n) != 0) continue;
        out->kind = (study_kind_t)kind;
        if (!has_sd && !text[n]) return POPGX_OK;
        if (!has_sd || strncmp(text + n, "(sd ", 4) != 0) continue;
        out->sd = strtod(text + n + 4, &end);
        if (end != text + n + 4 && strcmp(end, ")") == 0 && out->sd > 0 && isfinite(out->sd)) return POPGX_OK;
    }
    return misread(part);
}

static void add_which(cea_study_t *study, size_t parameter)
{
    for (size_t i = 0; i < study->n_which; i++)
        if (study->which[i] == parameter) return;
    study->which[study->n_which++] = parameter;
}

/* "risk*ratio=binomial" */
static popgx_err_t read_measure(const answer_t *answer, part_t part, cea_study_t *study)
{
    part_t rest = part, names = {0}, kind = {0}, name;
    popgx_err_t err;

    if (study->n_measures == STUDY_MOST_MEASURES) TRY(FAIL(INPUT, "--evsi: a study may measure %d things at most", STUDY_MOST_MEASURES));
    study_measure_t *measure = &study->measures[study->n_measures++];
    if (!next_part(&rest, '=', &names) || !next_part(&rest, '=', &kind) || rest.at) TRY(misread(part));
    while (next_part(&names, '*', &name)) {
        if (measure->n_factors == STUDY_MOST_FACTORS) TRY(FAIL(INPUT, "--evsi: what is measured may be a product of %d parameters at most", STUDY_MOST_FACTORS));
        size_t *factor = &measure->factors[measure->n_factors++];
        TRY(cea_find_parameter(answer, "evsi", name.at, name.n, factor));
        add_which(study, *factor);
    }
    TRY(read_kind(kind, measure));
out:
    return err;
}

static popgx_err_t read_study(cea_report_t *r, part_t part)
{
    part_t rest = part, measure;
    popgx_err_t err = POPGX_OK;

    r->studies = memory_resize(r->studies, r->n_studies + 1, sizeof *r->studies);
    cea_study_t *study = &r->studies[r->n_studies++];
    *study = (cea_study_t){.name = memory_resize(NULL, part.n + 1, 1), .values = memory_resize(NULL, r->n_sizes, sizeof *study->values), .best = r->n_sizes};
    memcpy(study->name, part.at, part.n);
    study->name[part.n] = '\0';
    while (!err && next_part(&rest, '+', &measure)) err = read_measure(r->answer, measure, study);
    return err;
}

/* "250000+1200", or what a person costs alone. */
static popgx_err_t read_cost(cea_report_t *r)
{
    const char *text = r->request->study_cost;
    char *end = NULL;
    double first = 0, second = 0;
    bool has_both = false;

    if (!text) return POPGX_OK;
    first = strtod(text, &end);
    has_both = end != text && *end == '+';
    if (has_both) {
        const char *after = end + 1;
        second = strtod(after, &end);
        if (end == after) end = NULL;
    }
    if (!end || end == text || *end || !(first >= 0) || !(second >= 0) || !isfinite(first + second))
        return FAIL(INPUT, "--study-cost '%s': write what a study costs and what each person adds: 250000+1200", text);
    r->study_fixed = has_both ? first : 0;
    r->study_per_person = has_both ? second : first;
    return POPGX_OK;
}

static popgx_err_t read_sizes(cea_report_t *r)
{
    const size_t n = sizeof USUAL_SIZES / sizeof *USUAL_SIZES;

    if (r->request->sizes) {
        popgx_err_t err = cea_parse_numbers(r->request->sizes, "sizes", &r->sizes, &r->n_sizes);
        for (size_t i = 0; !err && i < r->n_sizes; i++)
            if (!(r->sizes[i] >= 1) || r->sizes[i] > 1e9 || r->sizes[i] != floor(r->sizes[i]))
                err = FAIL(INPUT, "--sizes '%s': a study has a whole number of persons, at least 1", r->request->sizes);
        return err;
    }
    r->sizes = memory_resize(NULL, n, sizeof *r->sizes);
    memcpy(r->sizes, USUAL_SIZES, sizeof USUAL_SIZES);
    r->n_sizes = n;
    return POPGX_OK;
}

/* ---- reckoning ---- */

static double cost_of(const cea_report_t *r, const cea_study_t *study, size_t size)
{
    return r->study_fixed + r->study_per_person * r->sizes[size] * (double)study->n_measures;
}

/* Expected net benefit of sampling: what the study is worth to all people less its cost. */
static double net_benefit_of(const cea_report_t *r, const cea_study_t *study, size_t size)
{
    return study->values[size].value * (double)r->request->population - cost_of(r, study, size);
}

static popgx_err_t reckon(cea_report_t *r, const voi_t *voi, cea_study_t *study)
{
    const psa_t *psa = &r->answer->psa;
    conditional_t given = {0};
    double most = 0;
    popgx_err_t err;

    TRY(conditional_fit(voi, r->request->is_plain ? NULL : &r->controls, psa->parameters, psa->n_parameters, study->which, study->n_which, &given));
    for (size_t i = 0; i < r->n_sizes; i++) {
        err = evsi_find(&given, psa->parameters, psa->n_parameters, study->measures, study->n_measures, r->sizes[i], &study->values[i]);
        if (err) TRY(err_set(err, "--evsi '%s': %s", study->name, popgx_err_detail()));
        if (net_benefit_of(r, study, i) <= most) continue;
        most = net_benefit_of(r, study, i);
        study->best = i;
    }
out:
    conditional_release(&given);
    return err;
}

popgx_err_t cea_studies_make(cea_report_t *r, const voi_t *voi)
{
    part_t rest = {r->request->studies, r->request->studies ? strlen(r->request->studies) : 0}, study;
    popgx_err_t err = POPGX_OK;

    if (!r->request->studies) return POPGX_OK;
    TRY(read_sizes(r));
    TRY(read_cost(r));
    while (next_part(&rest, ',', &study)) {
        TRY(read_study(r, study));
        TRY(reckon(r, voi, &r->studies[r->n_studies - 1]));
    }
out:
    return err;
}

void cea_studies_release(cea_report_t *r)
{
    for (size_t i = 0; i < r->n_studies; i++) {
        free(r->studies[i].name);
        free(r->studies[i].values);
    }
    free(r->studies);
    free(r->sizes);
}

/* ---- printing ---- */

static void print_study(const cea_report_t *r, const cea_study_t *study, FILE *out)
{
    const bool has_people = r->request->population > 0;
    text_table_t *table = text_table_new();

    fprintf(out, "\nA study of %s at %s per QALY, by size%s\n", study->name, number_grouped(r->thresholds[0], 0).text,
            has_people ? " (* the best)" : "");
    text_table_column(table, ALIGN_RIGHT, study->n_measures > 1 ? "persons for each" : "persons");
    estimate_columns(table, "value (EVSI)");
    if (has_people) {
        text_table_column(table, ALIGN_RIGHT, "for %s people", number_count(r->request->population).text);
        text_table_column(table, ALIGN_RIGHT, "cost");
        text_table_column(table, ALIGN_RIGHT, "worth net");
    }
    for (size_t i = 0; i < r->n_sizes; i++) {
        const evsi_t *x = &study->values[i];
        int decimals = x->se > 0 ? number_decimals(x->se, MONEY_DECIMALS) : MONEY_DECIMALS;
        text_table_cell(table, "%s", number_grouped(r->sizes[i], 0).text);
        text_table_cell(table, "%s", number_grouped(x->value, decimals).text);
        text_table_cell(table, "(%s)", number_grouped(x->se, decimals).text);
        if (!has_people) continue;
        text_table_cell(table, "%s", number_grouped(x->value * (double)r->request->population, 0).text);
        text_table_cell(table, "%s", number_grouped(cost_of(r, study, i), 0).text);
        text_table_cell(table, "%s%s", number_grouped(net_benefit_of(r, study, i), 0).text, i == study->best ? "*" : " ");
    }
    table_end(table, out);
    if (has_people && study->best == r->n_sizes) fputs("  no size is worth its cost\n", out);
}

void cea_studies_text(const cea_report_t *r, FILE *out)
{
    for (size_t i = 0; i < r->n_studies; i++) print_study(r, &r->studies[i], out);
}

json_t *cea_studies_json(const cea_report_t *r)
{
    json_t *out = json_array();

    for (size_t s = 0; s < r->n_studies; s++) {
        const cea_study_t *study = &r->studies[s];
        json_t *sizes = json_array(), *row;
        for (size_t i = 0; i < r->n_sizes; i++) {
            json_t *size = json_pack("{s:o, s:o, s:o, s:o}", "persons", json_number(r->sizes[i]), "evsi", json_number(study->values[i].value), "se",
                                     json_number(study->values[i].se), "bias_removed", json_number(study->values[i].bias));
            if (r->request->population > 0) {
                json_object_set_new(size, "evsi_population", json_number(study->values[i].value * (double)r->request->population));
                json_object_set_new(size, "cost", json_number(cost_of(r, study, i)));
                json_object_set_new(size, "enbs", json_number(net_benefit_of(r, study, i)));
            }
            json_array_append_new(sizes, size);
        }
        row = json_pack("{s:s, s:i, s:o}", "study", study->name, "measures", (int)study->n_measures, "sizes", sizes);
        if (r->request->population > 0)
            json_object_set_new(row, "best_persons", study->best < r->n_sizes ? json_number(r->sizes[study->best]) : json_null());
        json_array_append_new(out, row);
    }
    return out;
}
