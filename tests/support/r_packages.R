# What the constructors of BCEA, dampack, hesim and voi demand of their arguments, checked as they check it: none of these packages is in Debian.
# Rscript r_packages.R READER RUN.h5 FOLDER: the draws of a run (popgx.R) and its exported tables (popgx cea --export FOLDER) fit, and are the same.
arguments <- commandArgs(trailingOnly = TRUE)
source(arguments[1])
run <- popgx_open(arguments[2])
csv <- function(name) read.csv(file.path(arguments[3], paste0(name, ".csv")), check.names = FALSE)
costs <- csv("costs")
effects <- csv("effects")
parameters <- csv("parameters")
close_to <- function(a, b) isTRUE(all.equal(as.data.frame(a), as.data.frame(b), tolerance = 1e-14, check.attributes = FALSE))

# BCEA::bcea(eff, cost, ref, interventions): numeric matrices, a row for each simulation, a column for each of at least two interventions
bcea <- function(eff, cost, interventions, ref) {
  stopifnot(is.matrix(eff), is.matrix(cost), is.numeric(eff), is.numeric(cost), identical(dim(eff), dim(cost)), ncol(cost) > 1, nrow(cost) > 1,
            length(interventions) == ncol(eff), is.character(interventions), ref %in% seq_len(ncol(eff)), !anyNA(eff), !anyNA(cost))
}
do.call(bcea, c(popgx_for_bcea(run), ref = 1))
bcea(as.matrix(effects), as.matrix(costs), names(effects), 1)

# dampack::make_psa_obj(cost, effectiveness, parameters, strategies, currency): data frames with a row for each simulation
make_psa_obj <- function(cost, effectiveness, parameters, strategies, currency = "$") {
  for (x in list(cost, effectiveness, parameters)) stopifnot(is.data.frame(x), nrow(x) == nrow(cost), all(vapply(x, is.numeric, TRUE)))
  stopifnot(is.character(strategies), length(strategies) == ncol(cost), ncol(cost) == ncol(effectiveness), !anyDuplicated(strategies),
            ncol(parameters) > 0, !anyDuplicated(names(parameters)), length(currency) == 1)
}
do.call(make_psa_obj, popgx_for_dampack(run))
make_psa_obj(costs, effects, parameters, names(costs))

# hesim::cea(x, k, sample, strategy, grp, e, c): a long data frame; within a group every sample has every strategy once
cea <- function(x, sample, strategy, grp, e, c) {
  stopifnot(is.data.frame(x), all(c(sample, strategy, grp, e, c) %in% names(x)), is.numeric(x[[e]]), is.numeric(x[[c]]))
  stopifnot(all(table(x[[sample]], x[[strategy]], x[[grp]]) == 1), identical(order(x[[grp]], x[[sample]], x[[strategy]]), seq_len(nrow(x))))
}
for (long in list(popgx_for_hesim(run), csv("hesim"))) cea(long, "sample", "strategy_id", "grp_id", "e", "c")
stopifnot(close_to(popgx_for_hesim(run), csv("hesim")))

# voi::evppi(outputs, inputs, pars): a list of e, c, k; e and c with a column for each option, inputs with a column for each parameter
evppi <- function(outputs, inputs, pars) {
  stopifnot(is.list(outputs), all(c("e", "c", "k") %in% names(outputs)), is.numeric(outputs$k), identical(dim(outputs$e), dim(outputs$c)),
            is.data.frame(inputs), nrow(inputs) == nrow(outputs$e), all(pars %in% names(inputs)), all(vapply(inputs, is.numeric, TRUE)))
}
voi <- popgx_for_voi(run)
evppi(voi$outputs, voi$inputs, names(parameters)[1])
evppi(list(e = effects, c = costs, k = 50000), parameters, names(parameters)[1])

draws <- popgx_draws(run)
stopifnot(close_to(draws$qaly, effects), close_to(draws$cost, costs), close_to(draws$parameters, parameters),
          identical(names(costs), run$strategies), identical(names(draws$parameters), names(parameters)))
