# SPDX-License-Identifier: Apache-2.0
"""How well counts and unit costs predict crossings of sizes that the unit costs were not measured at.

One promise: on one core the median relative error of the predicted time of an operation is below 15 %, for
the compartment and for emulated worlds, also as a share of the time that was not lost to other programs. The
unit costs are measured first, each by itself; then every mode, world and size runs in rounds, beside the TA's
code called directly. From that baseline each is predicted. Status 1 where the promise is not kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from worldgate.experiment import engine
from worldgate.experiment.explanation import Explanation, explain
from worldgate.experiment.knowledge import profiles_of
from worldgate.experiment.placement import ONE_CORE, TWO_CORES
from worldgate.experiment.plan import Axis, Block, GivenDesign, Plan, make_design, make_experiment
from worldgate.experiment.result import Experiment, Result, Variant
from worldgate.machine import limits
from worldgate.machine.costs import Limits
from worldgate.machine.facts import facts

AT_MOST = 0.15
SIZES: list[bool | int | float | str] = [96, 700, 3000, 12_000, 50_000, 200_000]
MODES: list[bool | int | float | str] = ["call", "batch:32", "ring"]
WORLDS = ["compartment", "emulated:sgx2-icx-6312u", "emulated:snp-genoa-9354"]
SECONDS = 0.02
DIRECT = "direct {size} B"

NOTES = """\
error: of the predicted time of an operation against the measured one, medians of the rounds. busy: the same
  as a share of the time that was not spent waiting for a processor, which is measured and not predicted.
waited: the share of the measured time in which none of the threads ran (one core), or in which the slowest
  did not (a ring on two cores). What other programs take of a processor is in it.
A median is over the modes and sizes of a world. On two cores nothing is promised: a wake-up there costs what
  the idle state of the other processor costs at that moment.
"""


def experiment(placement: str, rounds: int, seed: int) -> Experiment:
    """All worlds, modes and sizes, each against the direct call of its size."""
    common: dict[str, Axis] = {"operation": "echo", "kind": "throughput", "seconds": SECONDS, "size": SIZES}
    blocks = [
        Block(world=["normal"], placement=placement, options={**common, "mode": "direct"}),
        Block(
            world=WORLDS, placement=placement, options={**common, "mode": MODES}, baseline="normal " + DIRECT
        ),
    ]
    plan = Plan("bench-explain", "crossing", f"crossings on {placement}", "{world} {mode} {size} B")
    return make_experiment(plan, blocks, make_design(GivenDesign(rounds=rounds, seed=seed)))


def measure(placement: str, rounds: int, seed: int, folder: Path) -> Result:
    output = folder / f"{placement.replace(' ', '-')}.json"
    return engine.run(experiment(placement, rounds, seed), output, machine=facts(), warnings=[])


def waited_ns(found: Explanation) -> float:
    """Of the protected side alone."""
    return sum(one.causes.get("waiting", 0.0) for one in found.threads if found.slowest in (None, one.thread))


def error(found: Explanation) -> float | None:
    """None: not predicted."""
    return None if found.predicted_ns is None else abs(found.residual_ns) / found.protected_ns


def busy_error(found: Explanation) -> float | None:
    busy_ns = found.protected_ns - waited_ns(found)
    return abs(found.residual_ns) / busy_ns if found.predicted_ns is not None and busy_ns > 0 else None


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def show(found: Explanation, variant: Variant) -> None:
    shares = (error(found), busy_error(found), waited_ns(found) / found.protected_ns)
    times = (found.baseline_ns, found.protected_ns, found.predicted_ns)
    print(
        f"{variant.options['size']:>7} {variant.options['mode']:9} {variant.world:24}",
        *("{:>11}".format("unknown" if ns is None else f"{ns:,.0f}") for ns in times),
        *(f"{percent(share):>8}" for share in shares),
    )


def show_table(result: Result, known: Limits) -> dict[str, list[Explanation]]:
    """Prints a row for each size, mode and world; gives back what each world was predicted to be."""
    found = explain(result, known, profiles_of(result))
    explained = {one.variant: one for one in found.explained}
    heads = ("size B", "mode", "world", "direct ns", "measured ns", "predicted", "error", "busy", "waited")
    print("{:>7} {:9} {:24} {:>11} {:>11} {:>11} {:>8} {:>8} {:>8}".format(*heads))
    worlds: dict[str, list[Explanation]] = {}
    for size in SIZES:
        for variant in result.experiment.variants:
            if variant.options["size"] == size and variant.name in explained:
                show(explained[variant.name], variant)
                worlds.setdefault(variant.world, []).append(explained[variant.name])
    for skipped in result.skipped:
        print(f"skipped: {skipped.variant}: {skipped.reason}")
    for left in found.left_out:
        if left.variant not in {skipped.variant for skipped in result.skipped}:
            print(f"not explained: {left.variant}: {left.reason}")
    return worlds


def judge(worlds: dict[str, list[Explanation]], promised: bool) -> int:
    """Prints the median of each world; how many break the promise."""
    broken = 0
    for world, found in worlds.items():
        errors = [value for value in map(error, found) if value is not None]
        busy = [value for value in map(busy_error, found) if value is not None]
        if not errors:
            print(f"{world}: nothing could be predicted")
            broken += promised
            continue
        median = statistics.median(errors)
        busy_median = statistics.median(busy) if busy else median
        short = promised and max(median, busy_median) >= AT_MOST
        broken += short
        promise = f"promised < {percent(AT_MOST)} of both: {'short' if short else 'pass'}"
        told = f"median error {percent(median)}, busy {percent(busy_median)}"
        print(f"{world}: {told}, of {len(errors)}; {promise if promised else 'nothing is promised'}")
    return broken


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="of each placement (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="measure the unit costs quickly")
    parser.add_argument("--one-core", action="store_true", help="leave out two cores")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the order of the runs")
    chosen = parser.parse_args()
    if not 2 <= chosen.rounds <= 1000:
        parser.error("from 2 to 1000 rounds")
    return chosen


def main() -> int:
    options = arguments()
    print(f"seed {options.seed}, {options.rounds} rounds; measuring the unit costs", flush=True)
    known = limits.measure(quick=options.quick)
    overlap = {cost.bytes for cost in known.costs if cost.cause == "copy"} & set(SIZES)
    assert not overlap, f"the unit costs were measured at {overlap}"
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for placement in (ONE_CORE,) if options.one_core else (ONE_CORE, TWO_CORES):
            print(f"\n{placement}", flush=True)
            worlds = show_table(measure(placement, options.rounds, options.seed, Path(folder)), known)
            broken += judge(worlds, placement == ONE_CORE)
    print(f"\n{NOTES}load while it ran: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"promises broken: {broken}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
