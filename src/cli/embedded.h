/* The templates of `popgx new`, part of the program (cmake/popgx_embed.cmake makes the table from src/cli/templates). */
#ifndef POPGX_CLI_EMBEDDED_H
#define POPGX_CLI_EMBEDDED_H

#include <stddef.h>

typedef struct {
    const char *name;
    const unsigned char *bytes;
    size_t n_bytes;
} embedded_t;

extern const embedded_t embedded[]; /* the last has no name */
#endif
