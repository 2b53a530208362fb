/* A model file and all that it takes to simulate it on the calling thread, for programs that measure. */
#ifndef POPGX_BENCHMARKS_SIMULATED_H
#define POPGX_BENCHMARKS_SIMULATED_H

#include "cli/model_input.h"
#include "cluster/workspace.h"

typedef struct {
    model_t model;
    workspace_t work;           /* for blocks of at most `capacity` people */
} simulated_t;

/** Loads the model at `path`, whose mistakes are printed. simulated_close frees it, also after a failure. */
MUST_USE static inline popgx_err_t simulated_open(simulated_t *s, const char *path, size_t capacity)
{
    spec_report_t report = {0};
    diagnostics_t *diag = diag_new();

    *s = (simulated_t){0};
    popgx_err_t err = model_input_load(path, &(name_list_t){0}, diag, &s->model, &report);
    diag_free(diag);
    spec_report_release(&report);
    return err ? err : workspace_init(&s->work, &s->model, capacity);
}

static inline void simulated_close(simulated_t *s)
{
    workspace_release(&s->work);
    model_release(&s->model);
}
#endif
