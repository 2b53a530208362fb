/*
 * The part of a model's verification that a program can do: changes of the model whose effect is known without knowing the
 * model. After the black-box tests of TECH-VER (Büyükkaramikli et al. 2019, PharmacoEconomics 37:1391-1408) and the
 * questions on the computerised model of AdViSHE (Vemer et al. 2016, PharmacoEconomics 34:349-361).
 */
#ifndef POPGX_CLI_VERIFY_H
#define POPGX_CLI_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "model/model.h"

typedef enum { VERDICT_PASSED, VERDICT_FAILED, VERDICT_NOT_APPLICABLE } verdict_t;

typedef struct {
    const char *name;       /* "equal strategies" */
    const char *demand;     /* what must be, in words */
    verdict_t verdict;
    char found[200];        /* what was found */
} verify_check_t;

enum { VERIFY_MOST_CHECKS = 16 };

typedef struct {
    verify_check_t checks[VERIFY_MOST_CHECKS];
    size_t n, n_failed;
} verify_report_t;

/** Simulates `people` (at least 2) persons several times on one thread. Not collective. @return an error of the simulation itself */
MUST_USE popgx_err_t verify_model(const model_t *model, uint64_t people, verify_report_t *report);
#endif
