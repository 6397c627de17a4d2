# SPDX-License-Identifier: Apache-2.0
"""What the way into a compartment costs beside the least that two processes on this machine need.

Two promises: `ring` reaches at least 0.7 times the operations per second of a bare ring that does the same
job, and `call` takes at most 1.2 times as long as a bare ping-pong of eventfds. Every round runs each program
once, in random order; a ratio is taken within its round. Status 1 where a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
DEPTH = 256
PAYLOADS = (0, 64)
RING_AT_LEAST = 0.7
CALL_AT_MOST = 1.2

NOTES = f"""\
ratio: of operations per second for a ring, of the median round trip for a call; ours over the bare peer's.
The interval is that of the mean log-ratio of the rounds (Student's t, 95 %). A promise is kept where the
whole interval is on its side ("pass"), broken where it is on the other ("short"), else "open".
bare ring, answered: two processes, two rings, {DEPTH} requests under way, bursts of 32: the same job without
  gate, TA and checks. Ours is held against this one.
bare ring, one-way: half the job: nobody answers. Ours does twice as much, so nothing is promised.
Whoever finds a ring empty yields where both sides share a processor and pauses where they do not, in the
peers and in ours. Without a payload ours are empty operations, with one they are echoes, and every answer is
checked.
"""


@dataclass(frozen=True)
class Program:
    """One program in one placement. per_second: its rate counts, else its median round trip."""

    name: str
    arguments: tuple[str, ...]
    per_second: bool


@dataclass(frozen=True)
class Claim:
    """ours beside peer; at_least or at_most where something is promised."""

    text: str
    placement: str
    ours: Program
    peer: Program
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Outcome:
    median: float
    low: float
    high: float
    verdict: str


def t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, by its expansion around the normal one; good from 10 on."""
    z = 1.959963984540054
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3


def placements() -> tuple[list[tuple[str, int, int]], str | None]:
    """Name, the caller's processor and the world's; and why there is no second placement, if so."""
    cpus = sorted(os.sched_getaffinity(0))
    found = [("same core", cpus[0], cpus[0])]
    if len(cpus) < 2:
        return found, "two cores: skipped: this process may run on one processor only"
    return [*found, ("two cores", cpus[0], cpus[1])], None


def claims(milliseconds: int) -> tuple[list[Claim], str | None]:
    """Everything that is compared."""
    result: list[Claim] = []
    where, reason = placements()
    for placement, caller, world in where:
        common = (str(caller), str(world), str(milliseconds))
        ours = Program("bench_lane", ("call", *common, "0", "1"), False)
        peer = Program("bench_bare_eventfd", common, False)
        result.append(Claim("call / bare eventfd", placement, ours, peer, at_most=CALL_AT_MOST))
        for payload in PAYLOADS:
            rest = (*common, str(payload), str(DEPTH))
            ours = Program("bench_lane", ("ring", *rest), True)
            for way, promise in (("answered", RING_AT_LEAST), ("oneway", None)):
                peer = Program("bench_bare_ring", (way, *rest), True)
                text = f"ring / bare ring, {'one-way' if way == 'oneway' else way}, {payload} B"
                result.append(Claim(text, placement, ours, peer, at_least=promise))
    return result, reason


def run(program: Program, build: Path) -> float:
    """Operations a second, or the median round trip in nanoseconds."""
    environment = os.environ | {"WORLDGATE_WORLD_EXE": str(build / "core/gate/world/worldgate-world")}
    command = [str(build / "benchmarks" / program.name), *program.arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
    numbers = [float(word) for word in done.stdout.split()]
    return numbers[0] / numbers[1] * 1e9 if program.per_second else numbers[2]


def measure(programs: list[Program], rounds: int, seed: int, build: Path) -> dict[Program, list[float]]:
    """One value a round for each program."""
    order = random.Random(seed)
    samples: dict[Program, list[float]] = {program: [] for program in programs}
    for _ in range(rounds):
        for program in order.sample(programs, len(programs)):
            samples[program].append(run(program, build))
    return samples


def judge(claim: Claim, low: float, high: float) -> str:
    if claim.at_least is not None:
        kept, broken = low >= claim.at_least, high < claim.at_least
    elif claim.at_most is not None:
        kept, broken = high <= claim.at_most, low > claim.at_most
    else:
        return "not promised"
    return "pass" if kept else "short" if broken else "open"


def compare(claim: Claim, samples: dict[Program, list[float]]) -> Outcome:
    """The ratio of each round."""
    ratios = [a / b for a, b in zip(samples[claim.ours], samples[claim.peer], strict=True)]
    logs = [math.log(ratio) for ratio in ratios]
    half = t_quantile(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    middle = statistics.fmean(logs)
    low, high = math.exp(middle - half), math.exp(middle + half)
    return Outcome(statistics.median(ratios), low, high, judge(claim, low, high))


def promise(claim: Claim) -> str:
    if claim.at_least is not None:
        return f">= {claim.at_least}"
    return "" if claim.at_most is None else f"<= {claim.at_most}"


def show(claim: Claim, outcome: Outcome, samples: dict[Program, list[float]]) -> None:
    def shown(program: Program) -> str:
        value = statistics.median(samples[program])
        return f"{value / 1e6:.1f} M/s" if program.per_second else f"{value / 1e3:.2f} us"

    print(
        f"{claim.text:36} {claim.placement:10} {shown(claim.ours):>11} {shown(claim.peer):>11}  "
        f"{outcome.median:5.2f}  {outcome.low:.2f} to {outcome.high:.2f}  {promise(claim):7} "
        f"{outcome.verdict}"
    )


def write_json(
    path: Path, seed: int, outcomes: dict[Claim, Outcome], samples: dict[Program, list[float]]
) -> None:
    """Every sample, so that the ratios can be computed again."""
    rows = [
        {
            "claim": claim.text,
            "placement": claim.placement,
            "promised": promise(claim) or None,
            "median": outcome.median,
            "interval": [outcome.low, outcome.high],
            "verdict": outcome.verdict,
            "ours": samples[claim.ours],
            "peer": samples[claim.peer],
        }
        for claim, outcome in outcomes.items()
    ]
    path.write_text(json.dumps({"seed": seed, "claims": rows}, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=TOP / "build" / "wheel", help="the folder of the build")
    parser.add_argument("--rounds", type=int, default=15, help="15 or more (default: %(default)s)")
    parser.add_argument("--milliseconds", type=int, default=100, help="of one run (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the order of the runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    chosen = parser.parse_args()
    if chosen.rounds < 15 or not 10 <= chosen.milliseconds <= 300:
        parser.error("at least 15 rounds, of runs of 10 to 300 milliseconds")
    if not (chosen.build / "benchmarks" / "bench_lane").exists():
        parser.error(f"{chosen.build} holds no benchmarks; run make bench, or give --build")
    return chosen


def main() -> int:
    options = arguments()
    wanted, missing = claims(options.milliseconds)
    programs = list(dict.fromkeys(program for claim in wanted for program in (claim.ours, claim.peer)))
    print(f"seed {options.seed}, {options.rounds} rounds, {len(programs)} programs in each\n")
    samples = measure(programs, options.rounds, options.seed, options.build)
    outcomes = {claim: compare(claim, samples) for claim in wanted}
    head = ("claim", "placement", "ours", "peer", "ratio", "95 %", "promise")
    print("{:36} {:10} {:>11} {:>11}  {:5}  {:12}  {}".format(*head))
    for claim, outcome in outcomes.items():
        show(claim, outcome, samples)
    if missing:
        print(missing)
    load = os.getloadavg()[0]
    print(f"\n{NOTES}load while it ran: {load:.1f} on {os.cpu_count()} processors")
    if options.json:
        write_json(options.json, options.seed, outcomes, samples)
    short = [claim for claim, outcome in outcomes.items() if outcome.verdict == "short"]
    unsure = [claim for claim, outcome in outcomes.items() if outcome.verdict == "open"]
    print(f"promises broken: {len(short)}, open: {len(unsure)} (needs a quieter machine or more rounds)")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
