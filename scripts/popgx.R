# Reads the runs that `popgx run -o RUN.h5` stores, as data frames. Needs rhdf5 (Bioconductor; Debian: r-bioc-rhdf5).
#
#   source("popgx.R")
#   run <- popgx_open("RUN.h5")
#   run                                                         # what it is
#   popgx_table(run, "outcomes")                                # a table of /results; popgx_tables(run) names them
#   popgx_people(run, patients = c(0, 999))                     # who they are: the first thousand
#   popgx_events(run, "test", patients = c(0, 999), events = "adverse event")  # what happened to them, in years
#   popgx_blocks(run, "test", function(block) nrow(block$events))  # everything, a block of people at a time
#   popgx_draws(run)$parameters                                 # of a probabilistic analysis (--draws)
#   popgx_close(run)
#
# A run may be spread over several files (RUN.h5 and RUN.h5.d). HDF5 itself reads a file that is missing as fill values, without an error; these
# functions look for all of them first, and look at every row they read. docs/reading-results.md has examples, docs/file-format.md
# says what is in the files. Patients are counted from 0. `popgx verify` compares every byte with its checksum; these functions do not.

popgx_stop <- function(...) stop(paste0(...), call. = FALSE)

popgx_attributes <- function(file, object) rhdf5::h5readAttributes(file, object, bit64conversion = "double")

# Rows first + 1 .. first + n of a column, or all of it.
popgx_column <- function(run, name, first = NULL, n = NULL) {
  if (!is.null(n) && n == 0) return(numeric(0))
  values <- tryCatch(
    if (is.null(n)) suppressWarnings(rhdf5::h5read(run$file, name, bit64conversion = "double")) # halves of exact sums do not fit: they are left out
    else rhdf5::h5read(run$file, name, start = first + 1, count = n, bit64conversion = "double"),
    error = function(problem) {
      if (identical(run$attributes$compression, "zstd"))
        popgx_stop(run$path, ": is compressed with zstd, for which HDF5 needs a plugin (rhdf5filters, or HDF5_PLUGIN_PATH): ", name)
      popgx_stop(run$path, ": ", name, ": ", conditionMessage(problem))
    })
  if (is.data.frame(values)) return(as.data.frame(lapply(values, as.vector), check.names = FALSE))
  if (is.raw(values)) as.integer(values) else as.vector(values) # numbers of one byte come as raw
}

popgx_h5 <- function(path) {
  if (!file.exists(path)) popgx_stop(path, ": there is no such file")
  tryCatch(rhdf5::H5Fopen(path, flags = "H5F_ACC_RDONLY"), error = function(problem) popgx_stop(path, ": is no HDF5 file, or is damaged"))
}

popgx_check_shards <- function(run) {
  for (i in seq_len(nrow(run$shards))) {
    path <- file.path(dirname(run$path), run$shards$file[i])
    if (!file.exists(path)) popgx_stop(path, ": is missing: it holds a part of ", run$path)
    if (file.size(path) != run$shards$bytes[i])
      popgx_stop(path, ": has ", file.size(path), " bytes instead of ", run$shards$bytes[i], ": it is damaged, or of another run")
    shard <- popgx_h5(path)
    id <- popgx_attributes(shard, "/")$run_id
    rhdf5::H5Fclose(shard)
    if (id != run$attributes$run_id) popgx_stop(path, ": belongs to another run than ", run$path)
  }
}

popgx_open <- function(path) {
  run <- structure(list(path = path, file = popgx_h5(path)), class = "popgx_run")
  is_open <- FALSE
  on.exit(if (!is_open) rhdf5::H5Fclose(run$file))
  run$attributes <- popgx_attributes(run$file, "/")
  if (!isTRUE(run$attributes$format %in% c("popgx run", "popgx part"))) popgx_stop(path, ": is an HDF5 file, but not a run of popgx")
  if (run$attributes$format_version != 3)
    popgx_stop(path, ": has version ", run$attributes$format_version, " of the format; this script reads version 3")
  listing <- rhdf5::h5ls(run$file, recursive = 3)
  run$objects <- sub("^//", "/", paste(listing$group, listing$name, sep = "/"))
  run$tables <- run$objects[listing$otype == "H5I_DATASET"]
  run$shards <- if ("/manifest" %in% run$objects) popgx_column(run, "manifest") else data.frame()
  popgx_check_shards(run)
  run$strategies <- popgx_column(run, "results/strategies")$strategy
  run$moments <- popgx_column(run, "model/moments")$name
  run$blocks <- if ("/blocks" %in% run$objects) popgx_column(run, "blocks")
  groups <- listing$name[listing$group == "/trajectories"]
  names(groups) <- vapply(groups, function(name) popgx_attributes(run$file, paste0("trajectories/", name))$strategy, "")
  run$groups <- groups
  is_open <- TRUE
  run
}

popgx_close <- function(run) invisible(rhdf5::H5Fclose(run$file))

print.popgx_run <- function(x, ...) {
  it <- x$attributes
  cat(it$model_title, "\n", format(it$patients, big.mark = ","), " patients, ", length(x$strategies), " strategies, checksum ", it$checksum, "\n", sep = "")
  if (!is.null(it$parts)) cat("part ", it$part, " of ", it$parts, ", not the whole run\n", sep = "")
  invisible(x)
}

# ---- results ----

# Those in a group are called subgroups/outcomes and so on.
popgx_tables <- function(run) setdiff(sub("^/results/", "", grep("^/results/", run$tables, value = TRUE)), "sums")

popgx_table <- function(run, name) {
  if (!name %in% popgx_tables(run)) popgx_stop(run$path, ": has no table '", name, "': there are ", paste(popgx_tables(run), collapse = ", "))
  table <- popgx_column(run, paste0("results/", name))
  table[!startsWith(names(table), "sum_")]
}

# A list of data frames, a row for each draw: parameters, cost, qaly and the other outcomes (a column for each strategy).
popgx_draws <- function(run) {
  if (!"/psa" %in% run$objects) popgx_stop(run$path, ": has no draws: popgx run --draws makes them")
  frame <- function(values, names) stats::setNames(as.data.frame(values), names)
  parameters <- rhdf5::h5read(run$file, "psa/parameters")         # [parameter, draw]
  means <- rhdf5::h5read(run$file, "psa/outcomes")                # [outcome, strategy, draw]
  names <- as.vector(popgx_attributes(run$file, "psa/parameters")$names)
  outcomes <- unique(popgx_column(run, "results/outcomes")$outcome)
  draws <- list(parameters = frame(t(parameters), names))
  for (o in seq_along(outcomes)) draws[[outcomes[o]]] <- frame(t(matrix(means[o, , ], nrow = length(run$strategies))), run$strategies)
  draws
}

# Draws as other packages take them:
#   do.call(BCEA::bcea, c(popgx_for_bcea(run), ref = 1))
#   do.call(dampack::make_psa_obj, popgx_for_dampack(run))
#   hesim::cea(popgx_for_hesim(run), k = seq(0, 2e5, 5e3), sample = "sample", strategy = "strategy_id", grp = "grp_id", e = "e", c = "c")
#   voi::evppi(outputs = popgx_for_voi(run, k = c(5e4, 1e5))$outputs, inputs = popgx_for_voi(run)$inputs, pars = "relative risk")
popgx_for_bcea <- function(run) {
  draws <- popgx_draws(run)
  list(eff = as.matrix(draws$qaly), cost = as.matrix(draws$cost), interventions = run$strategies)
}

popgx_for_dampack <- function(run) {
  draws <- popgx_draws(run)
  list(cost = draws$cost, effectiveness = draws$qaly, parameters = draws$parameters, strategies = run$strategies, currency = run$attributes$currency)
}

popgx_for_hesim <- function(run) {
  draws <- popgx_draws(run)
  n <- nrow(draws$qaly)
  k <- length(run$strategies)
  data.frame(sample = rep(seq_len(n), each = k), strategy_id = rep(seq_len(k), n), strategy = rep(run$strategies, n), grp_id = 1,
             e = as.vector(t(as.matrix(draws$qaly))), c = as.vector(t(as.matrix(draws$cost))))
}

popgx_for_voi <- function(run, k = seq(0, 200000, 10000)) {
  draws <- popgx_draws(run)
  list(outputs = list(e = draws$qaly, c = draws$cost, k = k), inputs = draws$parameters)
}

# ---- people and what happened to them ----

# Rows of /blocks that hold patients of c(first, last), both included; NULL: all.
popgx_wanted <- function(run, patients) {
  if (is.null(run$blocks)) popgx_stop(run$path, ": holds nobody: popgx run --trajectories stores people and what happened to them")
  if (is.null(patients)) return(seq_len(nrow(run$blocks)))
  which(run$blocks$first_patient <= patients[2] & run$blocks$first_patient + run$blocks$patients > patients[1])
}

popgx_demand <- function(run, is_right, block, what) {
  if (!all(is_right)) popgx_stop(run$path, ": block ", block - 1, ": ", what, " could not be read: a file is damaged, or could not be opened")
}

popgx_block_patients <- function(run, b) {
  block <- run$blocks[b, ]
  patient <- popgx_column(run, "people/patient", block$first_row, block$rows)
  popgx_demand(run, patient >= block$first_patient & patient < block$first_patient + block$patients, b, "people")
  patient
}

popgx_is_inside <- function(patient, patients) if (is.null(patients)) rep(TRUE, length(patient)) else patient >= patients[1] & patient <= patients[2]

popgx_plain <- function(name) gsub("%25", "%", gsub("%2E", ".", gsub("%2F", "/", name, fixed = TRUE), fixed = TRUE), fixed = TRUE)

popgx_block_people <- function(run, b, patients) {
  block <- run$blocks[b, ]
  people <- list(patient = popgx_block_patients(run, b))
  of <- function(kind) grep(paste0("^/people/", kind, "/"), run$objects, value = TRUE)
  for (path in of("numbers")) people[[popgx_plain(basename(path))]] <- popgx_column(run, path, block$first_row, block$rows)
  for (path in of("levels")) {
    levels <- as.vector(popgx_attributes(run$file, path)$levels)
    people[[popgx_plain(basename(path))]] <- factor(popgx_column(run, path, block$first_row, block$rows), seq_along(levels) - 1, levels)
  }
  for (path in of("genes")) {
    alleles <- as.vector(popgx_attributes(run$file, path)$alleles)
    both <- rhdf5::h5read(run$file, path, start = c(1, block$first_row + 1), count = c(2, block$rows))
    for (k in 1:2) people[[paste(popgx_plain(basename(path)), k)]] <- factor(both[k, ], seq_along(alleles) - 1, alleles)
  }
  as.data.frame(people, check.names = FALSE)[popgx_is_inside(people$patient, patients), , drop = FALSE]
}

# Who the stored people are: a row each. patients: c(first, last), both included; NULL: all.
popgx_people <- function(run, patients = NULL) {
  people <- do.call(rbind, lapply(popgx_wanted(run, patients), function(b) popgx_block_people(run, b, patients)))
  rownames(people) <- NULL
  people
}

# One block under a strategy: people (patient, count of events, died) and events (patient, minute since entry, event).
popgx_block <- function(run, strategy, b, patients = NULL) {
  if (!strategy %in% run$strategies)
    popgx_stop(run$path, ": has no strategy '", strategy, "': there are ", paste0("'", run$strategies, "'", collapse = ", "))
  group <- paste0("trajectories/", run$groups[[strategy]], "/")
  place <- popgx_column(run, paste0(group, "blocks"), b - 1, 1)
  block <- run$blocks[b, ]
  people <- data.frame(patient = popgx_block_patients(run, b), count = popgx_column(run, paste0(group, "count"), block$first_row, block$rows),
                       died = popgx_column(run, paste0(group, "died"), block$first_row, block$rows))
  minute <- popgx_column(run, paste0(group, "minute"), place$first_row, place$rows)
  moment <- popgx_column(run, paste0(group, "moment"), place$first_row, place$rows)
  popgx_demand(run, c(people$died <= 1, sum(people$count) == length(minute)), b, "people")
  popgx_demand(run, c(minute >= 0, moment < length(run$moments)), b, "events")
  at_entry <- match(as.vector(popgx_attributes(run$file, paste0("trajectories/", run$groups[[strategy]]))$at_entry), run$moments) - 1 # of everybody, in no column
  of <- c(rep(seq_len(nrow(people)), each = length(at_entry)), rep(seq_len(nrow(people)), people$count))
  order_of <- order(of)
  minute <- c(rep(0L, nrow(people) * length(at_entry)), minute)[order_of]
  moment <- c(rep(at_entry, nrow(people)), moment)[order_of]
  people$count <- people$count + length(at_entry)
  events <- data.frame(patient = rep(people$patient, people$count), minute = minute, event = factor(moment, seq_along(run$moments) - 1, run$moments))
  people$died <- people$died == 1
  list(people = people[popgx_is_inside(people$patient, patients), , drop = FALSE],
       events = events[popgx_is_inside(events$patient, patients), , drop = FALSE])
}

# f(block) of every block, a list: memory does not depend on the size of the run.
popgx_blocks <- function(run, strategy, f, patients = NULL) lapply(popgx_wanted(run, patients), function(b) f(popgx_block(run, strategy, b, patients)))

# What happened under a strategy, in the order of people and time: patient, years since entry, minute, event.
popgx_events <- function(run, strategy, patients = NULL, events = NULL) {
  unknown <- setdiff(events, run$moments)
  if (length(unknown) > 0) popgx_stop(run$path, ": has no event '", unknown[1], "': there are ", paste0("'", run$moments, "'", collapse = ", "))
  pieces <- popgx_blocks(run, strategy, function(block) if (is.null(events)) block$events else block$events[block$events$event %in% events, ], patients)
  all <- do.call(rbind, pieces)
  rownames(all) <- NULL
  data.frame(patient = all$patient, years = all$minute / run$attributes$minutes_per_year, minute = all$minute, event = all$event)
}

# How each stored person ends under a strategy: patient, died, years (of life since entry; to the horizon for the living).
popgx_ends <- function(run, strategy, patients = NULL) {
  pieces <- popgx_blocks(run, strategy, function(block) {
    last <- rep(run$attributes$horizon_minutes, nrow(block$people))
    dead <- which(block$people$died)
    last[dead] <- block$events$minute[cumsum(block$people$count)[dead]]
    data.frame(patient = block$people$patient, died = block$people$died, years = last / run$attributes$minutes_per_year)
  }, patients)
  do.call(rbind, pieces)
}
