#!/usr/bin/env bash
# Published and exact figures are reproduced. The build directory is argument 1; argument 2 multiplies the patients.
set -euo pipefail
popgx=$1/popgx
times=${2:-1}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

reproduce() # reproduce MODEL EXPECTED PATIENTS [OPTION...]
{
    printf '\n== %s, %s patients %s\n' "$1" "$3" "${*:4}"
    "$popgx" run "$root/$1" --patients "$3" "${@:4}" --json --quiet > "$scratch/results.json"
    "$root/tests/validation/validate" "$scratch/results.json" "$root/tests/validation/$2"
}

expect() # expect MODEL EXPECTED: without simulation
{
    printf '\n== %s, expected values\n' "$1"
    "$popgx" run "$root/$1" --expected --json > "$scratch/results.json"
    "$root/tests/validation/validate" "$scratch/results.json" "$root/tests/validation/$2"
}

reproduce jobs/clopidogrel-cyp2c19/published.yaml published.csv $((1000000 * times))
reproduce jobs/single-gene/model.yaml single_gene.csv $((1000000 * times))
reproduce benchmarks/three_state.yaml three_state.csv $((300000 * times))
expect jobs/chancellor-1997/model.yaml chancellor_1997.csv
reproduce jobs/chancellor-1997/model.yaml chancellor_1997.csv $((200000 * times))
expect jobs/sick-sicker/model.yaml sick_sicker.csv
reproduce jobs/sick-sicker/model.yaml sick_sicker.csv $((200000 * times))
for name in three_state_gompertz three_state_gengamma clock_forward life_expectancy closed_forms partitioned; do
    reproduce tests/validation/models/$name.yaml $name.csv $((200000 * times))
done
reproduce jobs/sick-sicker/individual.yaml sick_sicker_individual.csv $((200000 * times))
reproduce tests/validation/phenotypes.yaml phenotypes.csv $((200000 * times))
reproduce tests/validation/three_drug_panel.yaml three_drug_panel.csv $((200000 * times))

# With people in lots: their own standard errors.
reproduce jobs/clopidogrel-cyp2c19/published.yaml published.csv $((102400 * times)) --people lattice
reproduce benchmarks/three_state.yaml three_state.csv $((102400 * times)) --people lattice
reproduce tests/validation/three_drug_panel.yaml three_drug_panel.csv $((102400 * times)) --people lattice
reproduce tests/validation/models/closed_forms.yaml closed_forms.csv $((100000 * times)) --people antithetic
