/*
 * Reads what several parameters have in common, and draws it. A member's number needs no other's, only the uniforms that all
 * of them are made of, so that it does not matter who asks first. Nothing here knows values or units of parameters.
 */
#include "spec/compile_joint.h"

#include <math.h>
#include <string.h>

#include "spec/distribution.h"

enum { MOST_MEMBERS = 200 };

/* ---- reading ---- */

static bool plain_number(compiler_t *c, const char *text, place_t place, double *out)
{
    return compile_text_value(c, text, place, VALUE_NUMBER, out);
}

/* A list of one number for each member. */
static double *read_numbers(compiler_t *c, const yaml_node_t *node, size_t n, const char *what)
{
    double *numbers = arena_take(c->arena, n, sizeof *numbers);
    bool is_good = true;

    if (node->kind != YAML_SEQUENCE || node->count != n) {
        diag_error(c->diag, node->place, "write a list with one number for each parameter of `of`", "%s needs %zu numbers", what, n);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) is_good = compile_value(c, node->items[i], VALUE_NUMBER, &numbers[i]) && is_good;
    return is_good ? numbers : NULL;
}

/* A CSV whose columns bear the members' names, as do its rows in the column `name`. */
static double *read_matrix_table(compiler_t *c, const yaml_node_t *node, const joint_t *joint)
{
    const csv_table_t *csv = compile_table_file(c, node->text, node->place);
    double *matrix = arena_take(c->arena, joint->n * joint->n, sizeof *matrix);
    int name = csv ? csv_column(csv, "name") : -1;

    if (!csv) return NULL;
    for (size_t i = 0; i < joint->n; i++) {
        int column = csv_column(csv, joint->of[i]);
        size_t row = 0;
        while (name >= 0 && row < csv->n_rows && strcmp(csv_cell(csv, row, name)->text, joint->of[i]) != 0) row++;
        if (column < 0 || name < 0 || row == csv->n_rows) {
            diag_error(c->diag, csv->header[0].place, "one column and one row for each parameter, with its name in the header and in the column `name`",
                       "the matrix has no column or no row for `%s`", joint->of[i]);
            return NULL;
        }
        for (size_t j = 0; j < joint->n; j++) {
            int other = csv_column(csv, joint->of[j]);
            if (other < 0) continue;            /* told when its turn comes */
            if (!plain_number(c, csv_cell(csv, row, other)->text, csv_cell(csv, row, other)->place, &matrix[i * joint->n + j])) return NULL;
        }
    }
    return matrix;
}

/* Rows in brackets, a table, or for two parameters the one number beside the diagonal of 1s. */
static double *read_matrix(compiler_t *c, const yaml_node_t *node, const joint_t *joint)
{
    const size_t n = joint->n;
    double *matrix = arena_take(c->arena, n * n, sizeof *matrix);

    if (node->kind == YAML_MAPPING && yaml_get(node, "table")) return read_matrix_table(c, yaml_get(node, "table"), joint);
    if (node->kind == YAML_SCALAR && n == 2) {
        double r = 0;
        if (!compile_value(c, node, VALUE_NUMBER, &r)) return NULL;
        memcpy(matrix, (double[]){1, r, r, 1}, 4 * sizeof *matrix);
        return matrix;
    }
    if (node->kind != YAML_SEQUENCE || node->count != n) {
        diag_error(c->diag, node->place, "write one list of numbers for each parameter, [[1, 0.3], [0.3, 1]], or {table: FILE.csv}", "the matrix does not have %zu rows", n);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const double *row = read_numbers(c, node->items[i], n, "a row of the matrix");
        if (!row) return NULL;
        memcpy(matrix + i * n, row, n * sizeof *row);
    }
    return matrix;
}

/* Symmetric, with a root; correlations have 1 on the diagonal. */
static bool root_of(compiler_t *c, double *matrix, joint_t *joint, place_t place, bool is_correlation)
{
    for (size_t i = 0; i < joint->n; i++) {
        double own = matrix[i * joint->n + i];
        if (is_correlation ? fabs(own - 1) > 1e-12 : !(own >= 0)) {
            diag_error(c->diag, place, is_correlation ? "a correlation with itself is 1" : "variances stand on the diagonal",
                       "the matrix has %g for `%s` with itself", own, joint->of[i]);
            return false;
        }
        for (size_t j = 0; j < i; j++)
            if (fabs(matrix[i * joint->n + j] - matrix[j * joint->n + i]) > 1e-9 * (1 + fabs(own))) {
                diag_error(c->diag, place, "write the same number on both sides of the diagonal", "the matrix is not symmetric: %g and %g for `%s` with `%s`",
                           matrix[i * joint->n + j], matrix[j * joint->n + i], joint->of[i], joint->of[j]);
                return false;
            }
    }
    joint->root = matrix;
    if (matrix_root(matrix, joint->n)) return true;
    diag_error(c->diag, place, "check its numbers: some combination of these parameters would have a negative variance", "the matrix is not positive semi-definite");
    return false;
}

static bool read_dirichlet(compiler_t *c, const yaml_node_t *node, joint_t *joint)
{
    joint->kind = JOINT_DIRICHLET;
    joint->numbers = read_numbers(c, node, joint->n, "a Dirichlet distribution");
    for (size_t i = 0; joint->numbers && i < joint->n; i++) {
        if (joint->numbers[i] > 0) continue;
        diag_error(c->diag, node->items[i]->place, "write how often each was seen, for example [20, 30, 50]", "a Dirichlet distribution has a number that is not above 0");
        return false;
    }
    return joint->numbers;
}

static bool read_normal(compiler_t *c, const yaml_node_t *node, joint_t *joint)
{
    static const char *const known[] = {"mean", "covariance", "sd", "correlations", NULL};
    const yaml_node_t *mean = yaml_get(node, "mean"), *covariance = yaml_get(node, "covariance"), *sd = yaml_get(node, "sd"),
                      *correlations = yaml_get(node, "correlations");
    const size_t n = joint->n;

    joint->kind = JOINT_NORMAL;
    if (!compile_keys(c, node, "a multivariate normal distribution", known)) return false;
    if (!covariance == !sd || !sd != !correlations) {
        diag_error(c->diag, node->place, "give `covariance`, or `sd` with `correlations`", "a multivariate normal distribution has no covariance, or two");
        return false;
    }
    joint->numbers = mean ? read_numbers(c, mean, n, "the mean") : arena_take(c->arena, n, sizeof *joint->numbers);
    for (size_t i = 0; !mean && i < n; i++) joint->numbers[i] = NAN;
    double *matrix = read_matrix(c, covariance ? covariance : correlations, joint);
    if (!joint->numbers || !matrix || !root_of(c, matrix, joint, (covariance ? covariance : correlations)->place, !covariance)) return false;
    if (covariance) return true;
    const double *scale = read_numbers(c, sd, n, "`sd`");
    for (size_t i = 0; scale && i < n; i++)
        for (size_t j = 0; j <= i; j++) matrix[i * n + j] *= scale[i];
    return scale;
}

static bool read_correlations(compiler_t *c, const yaml_node_t *node, joint_t *joint)
{
    double *matrix = read_matrix(c, node, joint);

    joint->kind = JOINT_CORRELATED;
    return matrix && root_of(c, matrix, joint, node->place, true);
}

static bool read_bootstrap(compiler_t *c, const yaml_node_t *node, joint_t *joint)
{
    joint->kind = JOINT_BOOTSTRAP;
    joint->table = compile_table_file(c, node->text, node->place);
    if (!joint->table) return false;
    for (size_t i = 0; i < joint->n; i++) {
        if (csv_column(joint->table, joint->of[i]) >= 0) continue;
        diag_error(c->diag, joint->table->header[0].place, "its columns are named like the parameters, one row for each resample", "the table has no column `%s`", joint->of[i]);
        return false;
    }
    if (joint->table->n_rows > 0) return true;
    diag_error(c->diag, node->place, "one row for each resample", "the table has no rows");
    return false;
}

static bool read_members(compiler_t *c, const yaml_node_t *of, joint_t *joint)
{
    place_t *places;

    if (!of || of->kind != YAML_SEQUENCE || of->count < 2 || of->count > MOST_MEMBERS) {
        diag_error(c->diag, of ? of->place : joint->place, "write `of: [NAME, NAME]`", "a joint distribution is of a list of 2 to %d parameters", MOST_MEMBERS);
        return false;
    }
    joint->n = of->count;
    joint->of = arena_take(c->arena, joint->n, sizeof *joint->of);
    joint->places = places = arena_take(c->arena, joint->n, sizeof *joint->places);
    for (size_t i = 0; i < joint->n; i++) {
        places[i] = of->items[i]->place;
        joint->of[i] = compile_name(c, of->items[i], "a parameter");
        if (!joint->of[i]) return false;
    }
    return true;
}

const joint_t *compile_joint(compiler_t *c, const yaml_node_t *node)
{
    static const char *const known[] = {"of", "dirichlet", "normal", "correlations", "bootstrap", NULL};
    static bool (*const readers[])(compiler_t *, const yaml_node_t *, joint_t *) = {read_dirichlet, read_normal, read_correlations, read_bootstrap};
    joint_t *joint = arena_take(c->arena, 1, sizeof *joint);
    const yaml_node_t *found = NULL;
    size_t which = 0, n_found = 0;

    joint->place = node->place;
    if (!compile_keys(c, node, "a joint distribution", known) || !read_members(c, yaml_get(node, "of"), joint)) return NULL;
    for (size_t i = 0; known[i + 1]; i++) {
        if (!yaml_get(node, known[i + 1])) continue;
        found = yaml_get(node, known[i + 1]);
        which = i;
        n_found++;
    }
    if (n_found == 1) return readers[which](c, found, joint) ? joint : NULL;
    diag_error(c->diag, node->place, "give one of dirichlet, normal, correlations, bootstrap", n_found ? "a joint distribution has two kinds" : "a joint distribution has no kind");
    return NULL;
}

/* ---- drawing ---- */

static double correlated(const joint_t *joint, size_t k, const draws_t *draws, uint64_t draw)
{
    double sum = 0;

    for (size_t j = 0; j <= k; j++) {
        double weight = joint->root[k * joint->n + j];
        if (weight != 0) sum += weight * normal_quantile(draws_uniform(draws, draw, joint->of[j]));
    }
    return sum;
}

double joint_uniform(const joint_t *joint, size_t k, const draws_t *draws, uint64_t draw)
{
    const double most = 1 - 0x1p-53;
    double u = normal_cdf(correlated(joint, k, draws, draw));

    return u < 0x1p-53 ? 0x1p-53 : u > most ? most : u;
}

static double gamma_of(const joint_t *joint, size_t k, const draws_t *draws, uint64_t draw)
{
    const uncertain_t gamma = {.kind = UNCERTAIN_GAMMA, .a = joint->numbers[k], .b = 1, .scale = 1, .low = -INFINITY, .high = INFINITY};

    return uncertain_quantile(&gamma, draws_uniform(draws, draw, joint->of[k]));
}

double joint_number(const joint_t *joint, size_t k, double value, const draws_t *draws, uint64_t draw)
{
    double sum = 0;

    if (joint->kind == JOINT_NORMAL) return (isnan(joint->numbers[k]) ? value : joint->numbers[k]) + correlated(joint, k, draws, draw);
    for (size_t j = 0; j < joint->n; j++) sum += gamma_of(joint, j, draws, draw);
    return sum > 0 ? gamma_of(joint, k, draws, draw) / sum : 1.0 / (double)joint->n;
}

csv_cell_t joint_cell(const joint_t *joint, size_t k, const draws_t *draws, uint64_t draw)
{
    size_t row = (size_t)(draws_uniform(draws, draw, joint->of[0]) * (double)joint->table->n_rows);

    return *csv_cell(joint->table, row < joint->table->n_rows ? row : joint->table->n_rows - 1, csv_column(joint->table, joint->of[k]));
}
