/* Quoting, for provenance. */
#include "cli/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void quote(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";

    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        if (*word == '\'') fputs("'\\''", out);
        else fputc(*word, out);
    fputc('\'', out);
}

popgx_err_t command_line_join(int argc, char **argv, char **out)
{
    size_t size;
    FILE *text = open_memstream(out, &size);

    if (!text) return FAIL(NOMEM, "no memory for the command line");
    fputs("popgx", text);
    for (int i = 0; i < argc; i++) {
        fputc(' ', text);
        quote(text, argv[i]);
    }
    return fclose(text) == 0 ? POPGX_OK : FAIL(NOMEM, "no memory for the command line");
}
