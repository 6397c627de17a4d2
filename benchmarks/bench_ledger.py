# SPDX-License-Identifier: Apache-2.0
"""What the ledger and the sampled stage times cost a ring.

One promise: they take less than 3 % of the operations per second of a ring, by the upper end of the 95 %
interval. The peer is the same program and the same world, compiled without them (-DWG_NO_LEDGER). Every round
runs both of a pair in turns, in random order, and takes the best of some runs of each, since whatever else
runs on the machine only ever slows them down. Status 1 where the promise is broken.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_crossing import Claim, Program, compare, placements, show, write_json

TOP = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("WORLDGATE_PEERS", TOP / "build" / "native" / "benchmarks"))
AT_LEAST = 0.97
DEPTH = 256
RUNS = 3  # of each program in a round
PAYLOADS = (0, 64, 1024)
WORLDS = {"bench_lane": "../core/gate/world/worldgate-world", "bench_lane_bare": "worldgate-world-bare"}

NOTES = f"""\
ratio: operations per second with ledger and stage times over those without; 1 minus it is what they cost.
The interval is that of the mean log-ratio of the pairs (Student's t, 95 %). The promise is kept where the
whole interval lies above {AT_LEAST} ("pass"), broken where it lies below ("short"), else "open".
A ring in a compartment, {DEPTH} requests under way: empty operations without a payload, echoes with one.
On the same core both sides take turns, so a second is one of their CPU time, whatever else runs there; on two
cores it is one of the clock.
"""


def claims(milliseconds: int) -> tuple[list[Claim], str | None]:
    where, reason = placements()
    found = []
    for placement, caller, world in where:
        for payload in PAYLOADS:
            rest = ("ring", str(caller), str(world), str(milliseconds), str(payload), str(DEPTH))
            ours, peer = (Program(name, rest, True) for name in WORLDS)
            found.append(Claim(f"ring with / without, {payload} B", placement, ours, peer, at_least=AT_LEAST))
    return found, reason


def run(program: Program, peers: Path) -> float:
    """Operations a second: of CPU time where both sides share a processor."""
    environment = os.environ | {"WORLDGATE_WORLD_EXE": str(peers / WORLDS[program.name])}
    command = [str(peers / program.name), *program.arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
    operations, elapsed_ns, *_, cpu_ns = (float(word) for word in done.stdout.split())
    shared = program.arguments[1] == program.arguments[2]
    return operations / (cpu_ns if shared else elapsed_ns) * 1e9


def measure(wanted: list[Claim], rounds: int, seed: int, peers: Path) -> dict[Program, list[float]]:
    """One value a round for each program: its best run."""
    order = random.Random(seed)
    samples: dict[Program, list[float]] = {p: [] for claim in wanted for p in (claim.ours, claim.peer)}
    for _ in range(rounds):
        for claim in order.sample(wanted, len(wanted)):
            pair = order.sample((claim.ours, claim.peer), 2)
            runs = [[run(program, peers) for program in pair] for _ in range(RUNS)]
            for program, best in zip(pair, map(max, zip(*runs, strict=True)), strict=True):
                samples[program].append(best)
    return samples


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--peers", type=Path, default=PEERS, help="the folder of the programs in C")
    parser.add_argument("--rounds", type=int, default=30, help="15 or more (default: %(default)s)")
    parser.add_argument("--milliseconds", type=int, default=30, help="of one run (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the order of the runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    chosen = parser.parse_args()
    if chosen.rounds < 15 or not 10 <= chosen.milliseconds <= 300:
        parser.error("at least 15 rounds, of runs of 10 to 300 milliseconds")
    if not (chosen.peers / "bench_lane_bare").exists():
        parser.error(f"{chosen.peers} holds no bench_lane_bare; run make bench, or give --peers")
    return chosen


def main() -> int:
    options = arguments()
    wanted, missing = claims(options.milliseconds)
    print(f"seed {options.seed}, {options.rounds} rounds of {len(wanted)} pairs\n")
    samples = measure(wanted, options.rounds, options.seed, options.peers)
    outcomes = {claim: compare(claim, samples) for claim in wanted}
    head = ("claim", "placement", "with", "without", "ratio", "95 %", "promise")
    print("{:36} {:10} {:>11} {:>11}  {:5}  {:12}  {}".format(*head))
    for claim, outcome in outcomes.items():
        show(claim, outcome, samples)
    if missing:
        print(missing)
    print(f"\n{NOTES}load while it ran: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if options.json:
        write_json(options.json, options.seed, outcomes, samples)
    verdicts = [outcome.verdict for outcome in outcomes.values()]
    print(f"promises broken: {verdicts.count('short')}, open: {verdicts.count('open')}")
    return 1 if "short" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
