/*
 * Options of a command, declared once as a table: it parses them, checks them and prints the help.
 */
#ifndef POPGX_CLI_OPTIONS_H
#define POPGX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef enum {
    OPTION_FLAG,   /* bool: set to true */
    OPTION_TEXT,   /* const char *: borrowed from argv */
    OPTION_COUNT,  /* uint64_t, at least 1 */
    OPTION_NUMBER, /* uint64_t, below 2^63 as COUNT: JSON has no larger integers */
} option_kind_t;

typedef struct {
    const char *name;       /* without the dashes */
    char letter;            /* of the short form, or 0 */
    option_kind_t kind;
    void *value;            /* of the kind's type; holds the default */
    const char *argument;   /* what stands for the argument in the help; NULL for flags */
    const char *help;
} option_t;

typedef struct {
    const char *command, *operand;  /* "run", "MODEL": every command has one operand; "[MODEL]": it may be left out; "PART.h5 ...": or more */
    const char *summary;            /* a paragraph */
    const char *examples;           /* lines */
    const option_t *options;        /* [n_options]; --help is added */
    size_t n_options;
} usage_t;

/**
 * Reads argv (argv[0] is the command) into the values of `usage->options`.
 *
 * @param[out] operand  the operand; "" if it was left out; NULL if --help was asked for (rank 0 has printed it) and nothing is left to do
 * @retval POPGX_E_INPUT  the message names the option and, if one is near, what was probably meant
 */
MUST_USE popgx_err_t options_parse(const usage_t *usage, int argc, char **argv, const char **operand);

/** The same for a command with one operand or more. @param[out] operands  [n], borrowed from argv; n 0: nothing is left to do */
MUST_USE popgx_err_t options_parse_many(const usage_t *usage, int argc, char **argv, const char *const **operands, size_t *n);

/** A list such as "no test,reactive test", cut at the commas; names point into `text`, which is changed. */
typedef struct {
    char *text;
    const char **names;
    size_t n;
} name_list_t;

/** @param text  NULL: an empty list @retval POPGX_E_INPUT  a name is empty */
MUST_USE popgx_err_t name_list_parse(const char *text, name_list_t *out);
void name_list_release(name_list_t *list);
#endif
