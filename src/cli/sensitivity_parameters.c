/* The parameters that a sensitivity analysis varies, and what is written about them on the command line. Only rank 0 has the model's report. */
#include "cli/sensitivity.h"

#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"
#include "cluster/cluster.h"
#include "core/memory.h"

popgx_err_t sensitivity_parse_real(const char *option, const char *text, double *out)
{
    return number_parse_real(text, out) ? POPGX_OK : FAIL(INPUT, "--%s '%s' is not a number", option, text);
}

popgx_err_t sensitivity_parse_pair(const char *option, const char *text, name_list_t *out)
{
    popgx_err_t err = name_list_parse(text, out);

    if (!err && out->n != 2) return FAIL(INPUT, "--%s '%s': write two, with a comma between them", option, text);
    return err;
}

static const spec_parameter_t *find_parameter(const spec_report_t *report, const char *name)
{
    for (size_t i = 0; i < report->n_parameters; i++)
        if (strcmp(report->parameters[i].name, name) == 0) return &report->parameters[i];
    return NULL;
}

static popgx_err_t fail_unknown(const spec_report_t *report, const char *name)
{
    const char **known = memory_resize(NULL, report->n_parameters + 1, sizeof *known);

    for (size_t i = 0; i < report->n_parameters; i++) known[i] = report->parameters[i].name;
    const char *nearest = diag_nearest(name, known, report->n_parameters);
    free(known);
    if (nearest) return FAIL(INPUT, "the model has no parameter '%s': did you mean '%s'?", name, nearest);
    return FAIL(INPUT, "the model has no parameter '%s': popgx check lists them", name);
}

popgx_err_t varied_find(const sensitivity_t *work, const char *name, const char *between, varied_t *out)
{
    const spec_parameter_t *p = find_parameter(&work->report, name);
    name_list_t ends = {0};
    popgx_err_t err = POPGX_OK;

    if (!p) return fail_unknown(&work->report, name);
    *out = (varied_t){p->name, p->unit, p->number, p->low, p->high};
    if (between) {
        TRY(sensitivity_parse_pair("between", between, &ends));
        TRY(sensitivity_parse_real("between", ends.names[0], &out->low));
        TRY(sensitivity_parse_real("between", ends.names[1], &out->high));
    }
    if (!(out->low < out->high)) err = FAIL(INPUT, "`%s` has no range: give it one in the model%s", name, between ? "; --between is the lower end, then the higher" : ", or add --between LOW,HIGH");
out:
    name_list_release(&ends);
    return err;
}

popgx_err_t varied_share(varied_t **varied, size_t *n)
{
    size_t size = *n * sizeof **varied;
    unsigned char *bytes = (unsigned char *)*varied;
    popgx_err_t err = cluster_ranks() > 1 ? cluster_broadcast(&bytes, &size) : POPGX_OK;

    *varied = (varied_t *)bytes;
    *n = size / sizeof **varied;
    if (cluster_rank() != 0)
        for (size_t i = 0; i < *n; i++) (*varied)[i].name = (*varied)[i].unit = "";
    return err;
}

popgx_err_t varied_list(const sensitivity_t *work, varied_t **varied, size_t *n)
{
    name_list_t names = {0};
    popgx_err_t err;

    *n = 0;
    *varied = memory_resize(NULL, work->report.n_parameters + 1, sizeof **varied);
    TRY(name_list_parse(work->request->parameters, &names));
    for (size_t i = 0; i < names.n && *n < work->report.n_parameters; i++) TRY(varied_find(work, names.names[i], NULL, &(*varied)[(*n)++]));
    for (size_t i = 0; names.n == 0 && i < work->report.n_parameters; i++) {
        const spec_parameter_t *p = &work->report.parameters[i];
        if (p->low < p->high) (*varied)[(*n)++] = (varied_t){p->name, p->unit, p->number, p->low, p->high};
    }
    if (*n == 0) err = FAIL(INPUT, "no parameter of the model has a `range` or a `distribution`");
out:
    name_list_release(&names);
    return err;
}
