# SPDX-License-Identifier: Apache-2.0
"""A path for tests of the engine: it sleeps, answers what its options say, and logs what it did.

`python fake_path.py WORD...` is the command with this path among the others.
"""

import random
import sys
import time
from pathlib import Path

from worldgate.errors import Unavailable, WorldgateError
from worldgate.experiment.result import Metric, Sample, Variant
from worldgate.paths import PATHS

KNOWN = ("ns", "noise", "seconds", "log", "absent", "broken", "fault", "size")


def _number(variant: Variant, key: str) -> float:
    value = variant.options.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise WorldgateError(f"{key}: write a number from 0 on")
    return float(value)


class FakePath:
    """Options: ns (what a run yields), noise (deviation of its logarithm), seconds (of a run), log (a file);
    absent, broken, fault (the number of the run, from 1, that fails so)."""

    name = "fake"

    def __init__(self) -> None:
        self.metrics = [
            Metric(name="latency", unit="ns", better="lower", text="of one operation"),
            Metric(name="rate", unit="1/s", better="higher", text="operations"),
            Metric(name="bytes", unit="B", better="neither", text="moved"),
        ]
        self.runs: dict[str, int] = {}

    def check(self, variant: Variant) -> None:
        for key in variant.options:
            if key not in KNOWN:
                raise WorldgateError(f"unknown option '{key}'; use {', '.join(KNOWN)}")
        for key in ("ns", "noise", "seconds"):
            _number(variant, key)

    def run(self, variant: Variant) -> Sample:
        options = variant.options
        number = self.runs[variant.name] = self.runs.get(variant.name, 0) + 1
        log = options.get("log")
        _write(log, f"begun {variant.name}")
        if number == options.get("absent"):
            raise Unavailable("it is absent here")
        if number == options.get("broken"):
            raise WorldgateError("it broke; mend it")
        if number == options.get("fault"):
            raise ZeroDivisionError("a fault")
        time.sleep(_number(variant, "seconds"))
        noise = random.Random(f"{variant.name}/{number}").gauss(0, _number(variant, "noise"))
        latency = _number(variant, "ns") * (1 + noise)
        _write(log, f"finished {variant.name}")
        return Sample(
            variant=variant.name,
            round=0,
            order=0,
            started="2026-01-01T00:00:00+00:00",
            seconds=_number(variant, "seconds"),
            metrics={"latency": latency, "rate": 1e9 / latency if latency else None, "bytes": None},
        )


def _write(log: object, line: str) -> None:
    if isinstance(log, str):
        with Path(log).open("a") as stream:
            stream.write(line + "\n")


PATH = FakePath()


def install() -> None:
    """Makes it known by its name, with no runs behind it."""
    PATHS["fake"] = "fake_path"
    PATH.runs.clear()


if __name__ == "__main__":
    # Under its own name, so that the registry finds this very module.
    import fake_path

    from worldgate.cli import main

    fake_path.install()
    sys.exit(main())
