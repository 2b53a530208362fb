/* The smallest program that embeds popgx, built against an installed popgx: consumer MODEL STRATEGY prints its mean cost. */
#include <popgx/popgx.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    popgx_model_t *model = NULL;
    popgx_results_t *results = NULL;
    popgx_settings_t settings = POPGX_SETTINGS_DEFAULT;
    popgx_estimate_t cost;

    if (argc != 3) return 2;
    if (popgx_model_load(argv[1], NULL, NULL, &model) || popgx_run(model, &settings, &results)
        || popgx_results_outcome(results, argv[2], "cost", &cost)) {
        fprintf(stderr, "%s\n", popgx_err_detail());
        return 1;
    }
    printf("popgx %s: %.2f (%.2f)\n", popgx_version(), cost.mean, cost.se);
    popgx_results_free(results);
    popgx_model_free(model);
    return 0;
}
