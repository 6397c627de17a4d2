# SPDX-License-Identifier: Apache-2.0
"""What tracing adds to a crossing.

One promise: a call into a compartment takes less than 5 % longer while it is traced. In each run of a client
application a few traced calls alternate with a few that go past the tracing library; every round has one run
of each case, in random order, and as a control one without the library. Beside it, what a call to a library
gains that does next to nothing. Status 1 where the promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from worldgate.experiment.statistics import median_interval

TOP = Path(__file__).resolve().parent.parent
AT_MOST = 1.05
CONFIDENCE = 0.95
MILLISECONDS = 60
GATE = "core/gate/teec/libworldgate-teec.so"
FAKE = "tests/core/libfake_libteec.so"
PAYLOADS = (0, 64, 4096)
NOTES = """\
ratio: of the time of a call, traced over untraced, of neighbours in a run; the median of the rounds, and its
interval by order statistics. The promise is kept where the whole interval is below 1.05 ("pass"), broken
where it is above ("short"), else "open". added: the same as nanoseconds. control: without the library.
"nothing": the libteec of the tests, called in the same process, so that what is added can be seen to the ns.
"""


@dataclass(frozen=True)
class Case:
    """One client in one place."""

    text: str
    program: str
    library: str
    cpu: int
    world: str
    payload: int
    promised: bool


@dataclass(frozen=True)
class Timed:
    """The nanoseconds of a call to the library itself, and of one by its name."""

    direct: float
    named: float

    @property
    def ratio(self) -> float:
        return self.named / self.direct


def cases() -> list[Case]:
    cpus = sorted(os.sched_getaffinity(0))
    found = [Case("nothing", "bench_trace_client_fake", FAKE, cpus[0], "nothing", 0, False)]
    places = [("one core", cpus[0])] + ([("two cores", cpus[1])] if len(cpus) > 1 else [])
    for place, world in places:
        for payload in PAYLOADS:
            text = f"compartment, {payload} B, {place}"
            name = f"compartment:cpu={world}"
            found.append(Case(text, "bench_trace_client", GATE, cpus[0], name, payload, True))
    return found


def run(case: Case, traced: bool, build: Path, milliseconds: int) -> Timed:
    """One run of the client, with the library or, as a control, without it."""
    told = os.environ | {"WORLDGATE_WORLD_EXE": str(build / "core/gate/world/worldgate-world")}
    command = [str(build / "benchmarks" / case.program), str(case.cpu), case.world]
    command += [str(milliseconds), str(case.payload), str(build / case.library)]
    with tempfile.TemporaryDirectory(prefix="bench-trace-") as folder:
        if traced:
            told["LD_PRELOAD"] = str(build / "device/trace/libworldgate-trace.so")
            told["WORLDGATE_TRACE"] = f"{folder}/trace"
            # All of it is recorded: what finds no room would cost less.
            told["WORLDGATE_TRACE_BYTES"] = str(1 << 30)
        done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=60)
        if done.returncode or done.stderr:
            sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()}")
        if traced and not Path(f"{folder}/trace").exists():
            sys.exit(f"{' '.join(command)}: nothing was traced")
    _, direct, named = map(float, done.stdout.split())
    return Timed(direct, named)


def judge(case: Case, low: float, high: float) -> str:
    if not case.promised:
        return "not promised"
    return "pass" if high < AT_MOST else "short" if low > AT_MOST else "open"


def show(case: Case, control: list[Timed], traced: list[Timed]) -> str:
    """Prints one line; the verdict."""
    ratios = np.array([one.ratio for one in traced])
    interval = median_interval(ratios, CONFIDENCE)
    assert interval is not None  # there are rounds enough for it
    verdict = judge(case, *interval)
    direct = statistics.median(one.direct for one in traced)
    added = statistics.median(one.named - one.direct for one in traced)
    print(
        f"{case.text:30} {direct:10.1f} ns {added:8.1f} ns  {statistics.median(ratios.tolist()):7.3f}  "
        f"{interval.low:.3f} to {interval.high:.3f}  {statistics.median(one.ratio for one in control):7.3f}  "
        f"{verdict}"
    )
    return verdict


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--build", type=Path, default=TOP / "build" / "native", help="the folder of the build with tests"
    )
    parser.add_argument("--rounds", type=int, default=30, help="10 or more (default: %(default)s)")
    parser.add_argument("--milliseconds", type=int, default=MILLISECONDS, help="of one run")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the order of the runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    chosen = parser.parse_args()
    if chosen.rounds < 10 or not 10 <= chosen.milliseconds <= 1000:
        parser.error("at least 10 rounds, of runs of 10 to 1000 milliseconds")
    if not (chosen.build / "benchmarks" / "bench_trace_client").exists():
        parser.error(f"{chosen.build} holds no bench_trace_client; run make bench, or give --build")
    return chosen


def main() -> int:
    options = arguments()
    order = random.Random(options.seed)
    jobs = [(case, traced) for case in cases() for traced in (False, True)]
    samples: dict[tuple[Case, bool], list[Timed]] = {job: [] for job in jobs}
    print(f"seed {options.seed}, {options.rounds} rounds\n")
    for _ in range(options.rounds):
        for case, traced in order.sample(jobs, len(jobs)):
            samples[case, traced].append(run(case, traced, options.build, options.milliseconds))
    print(f"{'client':30} {'untraced':>13} {'added':>11}  {'ratio':>7}  95 %            control  < {AT_MOST}")
    verdicts = [show(case, samples[case, False], samples[case, True]) for case in cases()]
    if options.json:
        rows = [
            {"case": case.text, "traced": traced, "runs": [asdict(one) for one in runs]}
            for (case, traced), runs in samples.items()
        ]
        options.json.write_text(json.dumps({"seed": options.seed, "samples": rows}, indent=1) + "\n")
    print(f"\n{NOTES}load while it ran: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"promises broken: {verdicts.count('short')}, open: {verdicts.count('open')}")
    return 1 if "short" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
