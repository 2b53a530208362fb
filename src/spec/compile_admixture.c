/*
 * Mixed ancestry: an ancestry whose people have their alleles from several groups of the frequency tables. If the shares are the same for
 * all of an ancestry, each allele is drawn from the mixture of the frequencies. If they differ from person to person, each copy of a gene
 * first gets its group, with the person's shares, and then its allele from that group; so the two alleles of a person go together.
 */
#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "rng/keyed.h"
#include "spec/compile_admixture.h"
#include "spec/compile_expressions.h"

static size_t group_index(compiler_t *c, admixture_t *mix, const char *group)
{
    size_t g = 0;
    while (g < mix->n_groups && strcmp(mix->groups[g], group) != 0) g++;
    if (g < mix->n_groups) return g;
    mix->groups = compile_grow(c, mix->groups, mix->n_groups, sizeof *mix->groups);
    mix->groups[mix->n_groups++] = group;
    return g;
}

static void add_component(compiler_t *c, admixture_t *mix, mixed_level_t *level, const char *group, double share, const expression_t *code)
{
    level->of = compile_grow(c, level->of, level->n, sizeof *level->of);
    level->of[level->n++] = (component_t){group_index(c, mix, group), share, code};
    if (level->n > mix->most) mix->most = level->n;
}

/* {GROUP: SHARE, ..., GROUP: rest}: shares are numbers, or expressions over people. */
static bool read_level(compiler_t *c, const yaml_pair_t *pair, admixture_t *mix, mixed_level_t *level)
{
    const char *rest = NULL;
    double sum = 0;

    for (size_t i = 0; pair->value->kind == YAML_MAPPING && i < pair->value->count; i++) {
        const yaml_pair_t *of = &pair->value->pairs[i];
        const expression_t *code = NULL;
        double share = 0;
        if (compile_is_remark(of->key)) continue;
        if (of->value->kind == YAML_SCALAR && !strcmp(of->value->text, "rest") && !rest) {
            rest = of->key;
            continue;
        }
        if (!compile_value_code(c, of->value, VALUE_PROBABILITY, 0, &share, &code)) return false;
        add_component(c, mix, level, of->key, share, code);
        level->is_personal |= code != NULL;
        sum += share;
    }
    bool is_right = level->n + (rest != NULL) >= 2 && (rest ? sum <= 1 + 1e-9 : !level->is_personal && fabs(sum - 1) <= 1e-9);
    if (rest) add_component(c, mix, level, rest, level->is_personal ? 0 : fmax(1 - sum, 0), NULL);
    mix->is_personal |= level->is_personal;
    if (!is_right)
        diag_error(c->diag, pair->place, "write for example {African American: {Sub-Saharan African: 0.8, European: rest}}",
                   "the shares of `%s` do not sum to 1: name two or more groups, one of them with `rest`", pair->key);
    return is_right;
}

static bool read_all(compiler_t *c, const yaml_node_t *node, admixture_t *mix)
{
    const model_t *m = c->model;
    const int32_t n = compile_levels(m, mix->ancestry);
    const yaml_pair_t *of_level[MODEL_MAX_LEVELS] = {NULL};

    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write for example {African American: {Sub-Saharan African: 0.8, European: rest}}", "`admixture` is not a mapping");
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (compile_is_remark(node->pairs[i].key)) continue;
        int32_t l = compile_level(c, mix->ancestry, node->pairs[i].key, node->pairs[i].place);
        if (l == MODEL_NONE) return false;
        of_level[l] = &node->pairs[i];
    }
    for (int32_t l = 0; l < n; l++) {
        if (of_level[l] && !read_level(c, of_level[l], mix, &mix->levels[l])) return false;
        if (of_level[l]) continue;
        const char *itself = diag_format(c->diag, "%s", model_level_name(m, mix->ancestry, l)); /* texts of the model move as it grows */
        add_component(c, mix, &mix->levels[l], itself, 1, NULL);
    }
    return true;
}

static void describe(compiler_t *c, const admixture_t *mix)
{
    for (size_t l = 0; l < mix->n_levels; l++) {
        const mixed_level_t *level = &mix->levels[l];
        if (level->n < 2) continue;
        fprintf(c->summary, "  %s: alleles from", model_level_name(c->model, mix->ancestry, (int32_t)l));
        for (size_t k = 0; k < level->n; k++) {
            fprintf(c->summary, "%s %s", k ? "," : "", mix->groups[level->of[k].group]);
            if (!level->is_personal) fprintf(c->summary, " %.6g %%", 100 * level->of[k].share);
        }
        fputs(level->is_personal ? ", by each person's shares\n" : "\n", c->summary);
    }
}

const admixture_t *people_admixture(compiler_t *c)
{
    struct people *people = people_of(c);
    const yaml_node_t *node = yaml_get(yaml_get(c->root, "people"), "admixture");

    if (!node || people->admixture) return people->admixture;
    admixture_t *mix = arena_take(c->arena, 1, sizeof *mix);
    people->admixture = mix;
    mix->is_wrong = true;
    mix->ancestry = people_slot(c, "ancestry", node->place);
    if (mix->ancestry == MODEL_NONE) return mix;
    mix->n_levels = (size_t)compile_levels(c->model, mix->ancestry);
    mix->levels = arena_take(c->arena, mix->n_levels, sizeof *mix->levels);
    mix->is_wrong = !read_all(c, node, mix);
    if (!mix->is_wrong) describe(c, mix);
    return mix;
}

/* ---- frequencies ---- */

double *admixture_rows(compiler_t *c, const admixture_t *mix, const double *of_group, size_t width, size_t *n_rows)
{
    const size_t per_level = mix->is_personal ? mix->most : 1;
    double *rows = arena_take(c->arena, mix->n_levels * per_level * width, sizeof *rows);

    *n_rows = mix->n_levels * per_level;
    for (size_t l = 0; l < mix->n_levels; l++)
        for (size_t k = 0; k < (mix->is_personal ? per_level : mix->levels[l].n); k++) {
            const mixed_level_t *level = &mix->levels[l];
            const component_t *component = &level->of[k < level->n ? k : level->n - 1];
            double *row = rows + (mix->is_personal ? l * per_level + k : l) * width, share = mix->is_personal ? 1 : component->share;
            for (size_t i = 0; i < width; i++) row[i] += share * of_group[component->group * width + i];
        }
    return rows;
}

/* ---- shares of a person ---- */

/* The share of the first k + 1 groups of a person's ancestry together. */
static const expression_t *share_up_to(compiler_t *c, const admixture_t *mix, size_t k)
{
    double constant[MODEL_MAX_LEVELS] = {0};
    const expression_t *sum = NULL;

    for (size_t l = 0; l < mix->n_levels; l++) {
        const mixed_level_t *level = &mix->levels[l];
        if (!level->is_personal || k + 1 >= level->n) {
            for (size_t j = 0; j <= k && j < level->n; j++) constant[l] += level->of[j].share;
            if (k + 1 >= level->n) constant[l] = 1;
            continue;
        }
        double is_level[MODEL_MAX_LEVELS] = {0};
        is_level[l] = 1;
        const expression_t *own = NULL;
        for (size_t j = 0; j <= k; j++) {
            const expression_t *part = level->of[j].code ? level->of[j].code : compile_constant(c, level->of[j].share);
            own = own ? compile_combine(c, ARITHMETIC_ADD, own, part) : part;
        }
        own = compile_combine(c, ARITHMETIC_MULTIPLY, expression_by_level(c, mix->ancestry, is_level), own);
        sum = sum ? compile_combine(c, ARITHMETIC_ADD, sum, own) : own;
    }
    const expression_t *fixed = expression_by_level(c, mix->ancestry, constant);
    return sum ? compile_combine(c, ARITHMETIC_ADD, sum, fixed) : fixed;
}

const expression_t *admixture_frequency(compiler_t *c, const admixture_t *mix, const double *of_group)
{
    const expression_t *sum = NULL, *before = NULL;

    for (size_t k = 0; k < mix->most; k++) {
        double f[MODEL_MAX_LEVELS] = {0};
        for (size_t l = 0; l < mix->n_levels; l++) f[l] = k < mix->levels[l].n ? of_group[mix->levels[l].of[k].group] : 0;
        const expression_t *below = share_up_to(c, mix, k), *share = before ? compile_combine(c, ARITHMETIC_SUBTRACT, below, before) : below;
        const expression_t *part = compile_combine(c, ARITHMETIC_MULTIPLY, share, expression_by_level(c, mix->ancestry, f));
        sum = sum ? compile_combine(c, ARITHMETIC_ADD, sum, part) : part;
        before = below;
    }
    return sum;
}

int32_t people_uniform(compiler_t *c, const char *name)
{
    model_table_t table;
    if (!compile_make_table(c, NULL, 0, 4, &table)) return MODEL_NONE;
    const double row[4] = {0, 1, -INFINITY, INFINITY};
    memcpy(c->model->reals + table.first, row, sizeof row);
    int32_t number = people_hidden_number(c, name);
    people_step(c, (model_step_t){.purpose = rng_purpose(name), .kind = STEP_NUMBER, .to = number, .from = MODEL_NONE, .distribution = DISTRIBUTION_UNIFORM,
                                  .table = table});
    return number;
}

int32_t people_formula(compiler_t *c, const char *name, const expression_t *value)
{
    model_formula_t formula = compile_formula(c, value, name, c->root->place);
    int32_t number = people_hidden_number(c, name);
    people_step(c, (model_step_t){.kind = STEP_FORMULA, .to = number, .formula = formula});
    return number;
}

const expression_t *people_number_read(compiler_t *c, int32_t number) { return expression_make(c, CODE_NUMBER, number, 0, NULL, NULL, NULL); }

int32_t admixture_origin(compiler_t *c, const admixture_t *mix, const char *gene, int copy)
{
    const char *name = diag_format(c->diag, "origin of allele %d of %s", copy, gene), *levels[MODEL_MAX_LEVELS];
    model_t *m = c->model;
    const expression_t *luck = people_number_read(c, people_uniform(c, diag_format(c->diag, "luck of the %s", name))), *sum = NULL;

    for (size_t k = 0; k + 1 < mix->most; k++) {
        const expression_t *is_beyond = compile_combine(c, ARITHMETIC_AT_MOST, share_up_to(c, mix, k), luck);
        sum = sum ? compile_combine(c, ARITHMETIC_ADD, sum, is_beyond) : is_beyond;
    }
    int32_t number = people_formula(c, name, sum);
    for (size_t k = 0; k < mix->most; k++) levels[k] = diag_format(c->diag, "%zu", k + 1);
    int32_t slot = compile_add_slot(c, name, SLOT_ATTRIBUTE, levels, mix->most, c->root->place);
    if (slot == MODEL_NONE) return slot;
    m->slots[slot].is_reported = 0;
    int32_t n_cuts = (int32_t)mix->most - 1, first = builder_add_reals(m, n_cuts);
    for (int32_t k = 0; k < n_cuts; k++) m->reals[first + k] = k + 0.5;
    people_step(c, (model_step_t){.kind = STEP_BAND, .to = slot, .from = number, .table = {.axes = {m->n_axes, 0}, .first = first, .width = n_cuts}});
    return slot;
}
