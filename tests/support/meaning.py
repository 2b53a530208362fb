"""For tests of what constructs of the language mean: a model as a text, its results, and figures worked out independently of popgx."""
import pathlib

from program import answer, expect, in_empty_folder

SIGMAS = 5


def results_of(model, files=None, patients=200_000, seed=1, *more):
    """Results by strategy of `model` (a text), with these files beside it (name -> text)."""
    got = {}

    def run():
        for name, text in {"model.yaml": model, **(files or {})}.items():
            pathlib.Path(name).write_text(text)
        got.update(answer("run", "model.yaml", "--patients", patients, "--seed", seed, *more))

    in_empty_folder(run)
    return {strategy["name"]: strategy for strategy in got["strategies"]}


def figure(strategy, name):
    """'qaly', 'costs.drug', 'events.reaction', 'occupancy_at_horizon.life.dead' -> mean and standard error."""
    group, _, rest = name.partition(".")
    entry = strategy[group][rest] if rest else strategy["outcomes"][group]
    return entry["mean"], entry.get("se", 0.0)


def agrees(strategy, name, expected, slack=1e-6, what=""):
    """`slack`: relative, for times rounded to minutes and figures on grids."""
    mean, se = figure(strategy, name)
    expect(abs(mean - expected) <= SIGMAS * se + slack * max(1, abs(expected)), f"{what} {name}: {mean} (SE {se}), not {expected}")
