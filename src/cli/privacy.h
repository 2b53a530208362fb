/*
 * What commands do about people from a file: whatever they write is its owner's alone, and figures about few people are hidden
 * (stats/disclosure.h) unless --min-cell says otherwise.
 */
#ifndef POPGX_CLI_PRIVACY_H
#define POPGX_CLI_PRIVACY_H

#include <jansson.h>
#include <stdio.h>

#include "cli/options.h"
#include "stats/tally.h"

/** The default of --min-cell. */
enum { PRIVACY_MINIMUM = (int)DISCLOSURE_MINIMUM };

/** An option of every command that prints or exports figures of people. `to`: uint64_t, holds PRIVACY_MINIMUM */
#define PRIVACY_OPTION(to) \
    {"min-cell", 0, OPTION_NUMBER, to, "N", "people from a file: hide figures about fewer than N of them (default 11; 0 hides nothing)"}

/** As soon as a model is known, on every rank: what this process creates from now on is for its owner alone if people are from a file. */
void privacy_begin(const model_t *model);

/** The same before a stored run is copied. Errors are those of stored_open. */
MUST_USE popgx_err_t privacy_begin_stored(const char *path);

/** fopen for writing; what was there before under that name gets the permissions too. NULL: errno says why. */
FILE *privacy_create(const char *path);

/** Whether anything may be shown of these people. @retval POPGX_E_INPUT  too few were simulated, or are in the file `path` is about */
MUST_USE popgx_err_t privacy_check(const char *path, const disclosure_t *rule);

/** A line with the rule below the tables, if there is one. */
void privacy_print(const disclosure_t *rule, FILE *out);

/** Adds "disclosure" to an answer, if there is a rule. */
void privacy_json(const disclosure_t *rule, json_t *answer);
#endif
