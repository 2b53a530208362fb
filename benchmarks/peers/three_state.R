# The three-state model of benchmarks/three_state.yaml in hesim (Incerti and Jansen, R package, CRAN), an individual-level continuous-time
# state transition model. Prints one JSON object: seconds of each part, and means per strategy. Argument 1: patients.
library(hesim)
library(data.table)

n <- as.integer(commandArgs(TRUE)[1])
seconds <- function(expression) unname(system.time(expression)["elapsed"])

transitions <- rbind(c(NA, 1, 2), c(3, NA, 4), c(NA, NA, NA))
data <- hesim_data(strategies = data.table(strategy_id = 1:2, new = c(0, 1)), patients = data.table(patient_id = seq_len(n)),
                   states = data.table(state_id = 1:2, state_name = c("healthy", "sick")))

# Weibull in R's parameterisation; coefficients are logarithms: shape, scale, and the effect of the new treatment on the scale.
weibull <- function(shape, scale, effect) {
    params_surv(coefs = list(shape = cbind(intercept = log(shape)), scale = cbind(intercept = log(scale), new = effect)), dist = "weibull")
}
parameters <- params_surv_list(weibull(1.2, 8, 0.4), weibull(1.5, 35, 0), weibull(0.9, 4, 0), weibull(1.3, 9, 0.2))

set_up <- seconds({
    input <- expand(data, by = c("strategies", "patients"))
    input[, intercept := 1]
    model <- create_IndivCtstmTrans(parameters, input_data = input, trans_mat = transitions, clock = "reset", start_age = 0, max_age = 1000)
    utility <- create_StateVals(stateval_tbl(data.table(state_id = 1:2, est = c(0.88, 0.62)), dist = "fixed"), n = 1, hesim_data = data)
    care <- create_StateVals(stateval_tbl(data.table(state_id = 1:2, est = c(1000, 8000)), dist = "fixed"), n = 1, hesim_data = data)
    drug <- create_StateVals(stateval_tbl(data.table(strategy_id = 1:2, est = c(0, 3000)), dist = "fixed"), n = 1, hesim_data = data)
    # 2,500 at each entry into illness
    entry <- create_StateVals(stateval_tbl(data.table(state_id = 1:2, est = c(0, 2500)), dist = "fixed"), n = 1, hesim_data = data,
                              method = "starting")
    economics <- IndivCtstm$new(trans_model = model, utility_model = utility, cost_models = list(care = care, drug = drug, entry = entry))
})
simulate <- seconds(economics$sim_disease(max_t = 50))
outcomes <- seconds({
    economics$sim_qalys(dr = 0.03)
    economics$sim_costs(dr = 0.03)
})

jumps <- economics$disprog_[to != from, .N]
qalys <- economics$qalys_[, .(mean = sum(qalys)), by = strategy_id]
costs <- economics$costs_[, .(mean = sum(costs)), by = strategy_id]
cat(sprintf('{"program": "hesim %s", "patients": %d, "events": %d, "set_up_seconds": %.3f, "simulate_seconds": %.3f, "outcomes_seconds": %.3f, "cost": [%.2f, %.2f], "qaly": [%.5f, %.5f]}\n',
            packageVersion("hesim"), n, jumps, set_up, simulate, outcomes, costs$mean[1], costs$mean[2], qalys$mean[1], qalys$mean[2]))
