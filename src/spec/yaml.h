/*
 * A YAML file as a tree of nodes that know where they stand. The only module that knows libfyaml.
 *
 * Mapping keys keep their order. Duplicate keys, aliases (an unquoted *2 is one), invalid UTF-8 and
 * control characters are errors in the diagnostics.
 */
#ifndef POPGX_SPEC_YAML_H
#define POPGX_SPEC_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "spec/diag.h"

typedef enum { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING } yaml_kind_t;

typedef struct yaml_node yaml_node_t;

typedef struct {
    const char *key;
    place_t place;                  /* of the key */
    const yaml_node_t *value;       /* never NULL: a missing value is an empty scalar */
} yaml_pair_t;

struct yaml_node {
    yaml_kind_t kind;
    place_t place;
    const char *text;               /* SCALAR: NUL-terminated, never NULL */
    bool is_quoted;                 /* SCALAR: so "12" is a text and 12 a number */
    size_t count;
    const yaml_node_t *const *items; /* SEQUENCE: [count] */
    const yaml_pair_t *pairs;       /* MAPPING: [count] */
};

typedef struct yaml_document yaml_document_t; /* owner of all nodes and texts */

/**
 * Parses `bytes`, calling them `file` in messages. Mistakes go to `diag`.
 *
 * @param[out] out  NULL if there is no tree to speak of (a syntax error stops at the first)
 */
MUST_USE popgx_err_t yaml_parse(const char *file, const char *bytes, size_t n_bytes, diagnostics_t *diag, yaml_document_t **out);
void yaml_free(yaml_document_t *document);
const yaml_node_t *yaml_root(const yaml_document_t *document);

/** The value of `key` in a mapping, or NULL (also if `node` is NULL or no mapping). */
const yaml_node_t *yaml_get(const yaml_node_t *node, const char *key);

/** Reports every key of the mapping that is not in `known` (NULL-terminated), with the nearest known one; and a node that is no mapping. */
bool yaml_check_keys(const yaml_node_t *node, const char *what, const char *const *known, diagnostics_t *diag);
#endif
