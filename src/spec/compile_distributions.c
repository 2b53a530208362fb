/* Checks the shape of a distribution: a known kind, and the numbers that it needs, each a good expression. Owns nothing. */
#include "spec/compile_distributions.h"

#include <string.h>

static const struct {
    const char *name;
    size_t least, most;         /* numbers it takes */
    bool has_moments;           /* may be given by mean and sd */
    const char *example;
} KINDS[] = {
    {"beta", 2, 2, true, "[20, 80]"},       {"gamma", 2, 2, true, "[4, 0.5]"},
    {"normal", 2, 2, true, "[0.8, 0.1]"},   {"lognormal", 2, 2, true, "[-0.2, 0.1]"},
    {"uniform", 2, 2, false, "[0.6, 1]"},   {"triangular", 3, 3, false, "[0.6, 0.8, 1]"},
    {"dirichlet", 2, 64, false, "[20, 30, 50]"},
};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

/* Index of the kind, or -1 after reporting. */
static int find_kind(compiler_t *c, const char *name, place_t place)
{
    const char *names[N_KINDS];

    for (int k = 0; k < N_KINDS; k++) {
        names[k] = KINDS[k].name;
        if (strcmp(name, names[k]) == 0) return k;
    }
    const char *nearest = diag_nearest(name, names, N_KINDS);
    diag_error(c->diag, place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest)
                                       : "there are beta, gamma, normal, lognormal, uniform, triangular and dirichlet",
               "`%s` is no known distribution", name);
    return -1;
}

static void check_count(compiler_t *c, int kind, size_t n, place_t place)
{
    if (n >= KINDS[kind].least && n <= KINDS[kind].most) return;
    diag_error(c->diag, place, diag_format(c->diag, "write it like %s: %s", KINDS[kind].name, KINDS[kind].example),
               "%zu numbers for a %s distribution", n, KINDS[kind].name);
}

static void check_number(compiler_t *c, const char *text, place_t place)
{
    quantity_names_t names = compile_parameter_names(c);
    quantity_t value;

    quantity_parse(text, place, &c->units, &names, c->diag, &value);
}

static void check_list(compiler_t *c, int kind, const yaml_node_t *list)
{
    check_count(c, kind, list->count, list->place);
    for (size_t i = 0; i < list->count; i++) check_number(c, list->items[i]->text, list->items[i]->place);
}

static void check_moments(compiler_t *c, int kind, const yaml_node_t *moments)
{
    static const char *const known[] = {"mean", "sd", NULL};

    compile_keys(c, moments, diag_format(c->diag, "a %s distribution", KINDS[kind].name), known);
    for (int i = 0; i < 2; i++) {
        const yaml_node_t *number = yaml_get(moments, known[i]);
        if (number) check_number(c, number->text, number->place);
        else diag_error(c->diag, moments->place, "write {mean: 0.8, sd: 0.1}", "a %s distribution has no `%s`", KINDS[kind].name, known[i]);
    }
}

void compile_distribution(compiler_t *c, const yaml_node_t *node)
{
    if (node->kind != YAML_MAPPING || node->count != 1) {
        diag_error(c->diag, node->place, "write it like {beta: [20, 80]}", "a distribution is not one name with its numbers");
        return;
    }
    const yaml_node_t *numbers = node->pairs[0].value;
    int kind = find_kind(c, node->pairs[0].key, node->pairs[0].place);
    if (kind < 0) return;
    if (numbers->kind == YAML_SEQUENCE) check_list(c, kind, numbers);
    else if (numbers->kind == YAML_MAPPING && KINDS[kind].has_moments) check_moments(c, kind, numbers);
    else diag_error(c->diag, numbers->place, diag_format(c->diag, "write it like %s: %s", KINDS[kind].name, KINDS[kind].example),
                    "the numbers of a %s distribution are missing", KINDS[kind].name);
}

/* The end of the argument that starts at `text`: the next comma that is in no parentheses of its own, or the end. */
static const char *argument_end(const char *text, const char *end)
{
    int depth = 0;

    for (; text < end && !(depth == 0 && *text == ','); text++) depth += (*text == '(') - (*text == ')');
    return text;
}

void compile_distribution_text(compiler_t *c, const char *text, place_t place)
{
    const char *open = strchr(text, '('), *end = text + strlen(text) - 1;

    if (!open || *end != ')') {
        diag_error(c->diag, place, "write it like beta(20, 80)", "`%s` is no distribution with its numbers", text);
        return;
    }
    size_t n = 0;
    int kind = find_kind(c, diag_format(c->diag, "%.*s", (int)strcspn(text, " ("), text), place);
    for (const char *at = open + 1, *stop; kind >= 0 && at <= end; at = stop + 1, n++) {
        place_t here = place;
        here.column += (int)(at - text);
        stop = argument_end(at, end);
        check_number(c, diag_format(c->diag, "%.*s", (int)(stop - at), at), here);
    }
    if (kind >= 0) check_count(c, kind, n, place);
}
