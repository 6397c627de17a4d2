# SPDX-License-Identifier: Apache-2.0
"""Rounds: every round runs every variant once, in random order. The only scheduler of runs.

What decides about the next run is the result so far and the seed alone. So an experiment that was ended,
however, goes on from its file to the same set of runs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path as FilePath
from typing import Literal

import msgspec
from msgspec.structs import replace

from worldgate.errors import Unavailable, WorldgateError, one_line
from worldgate.experiment import comparison
from worldgate.experiment.interruption import Stop
from worldgate.experiment.path import Path
from worldgate.experiment.placement import why_not
from worldgate.experiment.result import (
    SCHEMA,
    Experiment,
    Result,
    Sample,
    Scalar,
    Skipped,
    Variant,
    Warning,
    experiment_problem,
    read,
    write,
)
from worldgate.paths import find_path

# What may not change between the begin of an experiment and its end.
SAME_MACHINE = (
    "architecture", "cpu", "processors", "kernel", "mitigations", "governor", "placement", "aead", "openssl",
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """What is about to run. None: not known yet."""

    variant: str
    round: int
    rounds: int | None  # at most; none until the pilot is over
    warm_up: bool
    seconds_left: float | None  # at most, if all runs take as long as those so far


Watcher = Callable[[Progress], None]


def now() -> str:
    """UTC, as in a result."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def run(
    experiment: Experiment,
    output: FilePath,
    *,
    machine: dict[str, Scalar],
    warnings: list[Warning],
    watcher: Watcher | None = None,
    stop: Stop | None = None,
) -> Result:
    """Runs an experiment into a new file. Ended by a signal, it comes back as "interrupted"; any other
    error is raised once all that was measured is in the file."""
    _check(experiment)
    if output.exists():
        raise WorldgateError(f"{output}: exists already; give another name, or go on with it by --resume")
    result = Result(
        schema=SCHEMA,
        worldgate=metadata.version("worldgate"),
        state="running",
        started=now(),
        finished=None,
        machine=machine,
        warnings=warnings,
        experiment=experiment,
    )
    return _Engine(result, output, watcher, stop or Stop()).run()


def resume(
    output: FilePath,
    experiment: Experiment | None = None,
    *,
    machine: dict[str, Scalar] | None = None,
    watcher: Watcher | None = None,
    stop: Stop | None = None,
) -> Result:
    """Goes on with the experiment of a file; experiment: what the caller takes it for, machine: this one."""
    result = read(output)
    if experiment is not None:
        _check_same(output, result.experiment, experiment)
    if result.state == "complete":
        return result
    version = metadata.version("worldgate")
    if result.worldgate != version:
        raise WorldgateError(
            f"{output}: was begun by Worldgate {one_line(result.worldgate)[:40]}, this is {version}; "
            "their runs do not belong together: start a new experiment"
        )
    _check_machine(output, result.machine, machine or {})
    _check(result.experiment)
    return _Engine(replace(result, state="running"), output, watcher, stop or Stop()).run()


def _check(experiment: Experiment) -> None:
    problem = experiment_problem(experiment)
    if problem:
        raise WorldgateError(f"experiment '{one_line(experiment.name)}': {one_line(problem)}")
    path = find_path(experiment.path)
    for variant in experiment.variants:
        path.check(variant)


def _check_same(output: FilePath, found: Experiment, asked: Experiment) -> None:
    """Looks that are not asked for come from the pilot, and do not make another experiment of it."""
    if not asked.design.looks:
        found = replace(found, design=replace(found.design, looks=[]))
    different = [
        name for name in Experiment.__struct_fields__ if getattr(found, name) != getattr(asked, name)
    ]
    if different:
        raise WorldgateError(
            f"{output}: holds another experiment (not the same: {', '.join(different)}); "
            f"give the options it was begun with, or 'worldgate run --resume {output}'"
        )


def _check_machine(output: FilePath, before: dict[str, Scalar], here: dict[str, Scalar]) -> None:
    """The runs of two machines do not belong into one file."""
    for key in SAME_MACHINE:
        if key in before and key in here and before[key] != here[key]:
            raise WorldgateError(
                f"{output}: was begun on another machine ({key} {one_line(str(before[key]))[:60]}, here "
                f"{one_line(str(here[key]))[:60]}); go on there, or start a new experiment"
            )


class _Engine:
    """One experiment on its way."""

    def __init__(self, result: Result, output: FilePath, watcher: Watcher | None, stop: Stop) -> None:
        self.result, self.output, self.watcher, self.stop = result, output, watcher, stop
        self.path: Path = find_path(result.experiment.path)
        self.finished = {(sample.variant, sample.round) for sample in result.samples}
        self.skipped = {skipped.variant for skipped in result.skipped}
        self.times: list[float] = []

    def run(self) -> Result:
        """All rounds that are still to do; the file is whole whatever happens."""
        with self.stop:
            self._keep()
            state: Literal["complete", "interrupted"] = "interrupted"
            try:
                self._warm_up()
                done = 0
                while not self.stop.signal and not self._is_over(done):
                    self._round(done)
                    done += 1
                if not self.stop.signal:
                    state = "complete"
            except KeyboardInterrupt:
                if not self.stop.signal:
                    raise
            finally:
                self._finish(state)
        return self.result

    def _finish(self, state: Literal["complete", "interrupted"]) -> None:
        self.result = replace(self.result, state=state, finished=now())
        summaries, comparisons = comparison.summaries(self.result), comparison.comparisons(self.result)
        self._keep(summaries=summaries, comparisons=comparisons)

    def _keep(self, **changes: object) -> None:
        self.result = replace(self.result, **changes)
        write(self.result, self.output)

    def _order(self, part: str) -> list[Variant]:
        """The variants as the seed shuffles them for that round."""
        order = list(self.result.experiment.variants)
        random.Random(f"{self.result.experiment.design.seed}/{part}").shuffle(order)
        return order

    def _is_over(self, done: int) -> bool:
        """Whether that many rounds are enough. Plans the looks once the pilot is done."""
        design = self.result.experiment.design
        if len(self.skipped) == len(self.result.experiment.variants):
            return True
        if not design.looks and done >= design.pilot:
            design = replace(design, looks=comparison.plan_looks(self.result))
            self._keep(experiment=replace(self.result.experiment, design=design))
        if done not in design.looks:
            return False
        if done == design.looks[-1]:
            return True
        # A run of a later round: it was decided before to go on.
        if any(number >= done for _, number in self.finished):
            return False
        return comparison.is_settled(self.result, done)

    def _warm_up(self) -> None:
        for number in range(self.result.experiment.design.warm_up):
            for variant in self._order(f"warm-up {number}"):
                if self.stop.signal:
                    return
                self._run(variant, number, warm_up=True)

    def _round(self, number: int) -> None:
        for place, variant in enumerate(self._order(str(number))):
            if self.stop.signal:
                return
            if (variant.name, number) in self.finished:
                continue
            sample = self._run(variant, number, warm_up=False)
            if sample is not None:
                self._add(variant, replace(sample, variant=variant.name, round=number, order=place))

    def _add(self, variant: Variant, sample: Sample) -> None:
        """Keeps a sample, once it is sure that it can be read again."""
        known = {metric.name for metric in self.result.experiment.metrics}
        if not set(sample.metrics) <= known:
            raise RuntimeError(
                f"path {self.path.name} yields metrics that it does not declare: {sample.metrics}"
            )
        sample = msgspec.json.decode(msgspec.json.encode(sample), type=Sample)
        self.finished.add((variant.name, sample.round))
        self._keep(samples=[*self.result.samples, sample])

    def _run(self, variant: Variant, number: int, warm_up: bool) -> Sample | None:
        """One run; none where the variant is, or is now, skipped."""
        if variant.name in self.skipped:
            return None
        reason = why_not(variant.placement)
        if reason:
            self._skip(variant, reason)
            return None
        self._tell(variant, number, warm_up)
        begin = time.monotonic()
        try:
            with self.stop.during_run():
                sample = self.path.run(variant)
        except Unavailable as error:
            self._skip(variant, error.reason)
            return None
        except WorldgateError as error:
            place = f"'{variant.name}' in {'warm-up' if warm_up else 'round'} {number}"
            raise WorldgateError(
                f"{place} failed: {error}; what was measured before is in {self.output}"
            ) from error
        self.times.append(time.monotonic() - begin)
        return sample

    def _skip(self, variant: Variant, reason: str) -> None:
        self.skipped.add(variant.name)
        self._keep(skipped=[*self.result.skipped, Skipped(variant=variant.name, reason=one_line(reason))])

    def _tell(self, variant: Variant, number: int, warm_up: bool) -> None:
        if self.watcher is None:
            return
        looks = self.result.experiment.design.looks
        self.watcher(
            Progress(
                variant=variant.name,
                round=number,
                rounds=looks[-1] if looks else None,
                warm_up=warm_up,
                seconds_left=self._seconds_left(looks[-1]) if looks and self.times else None,
            )
        )

    def _seconds_left(self, rounds: int) -> float:
        """With this run. A skipped variant takes no time."""
        active = [v.name for v in self.result.experiment.variants if v.name not in self.skipped]
        still = rounds * len(active) - sum(name in active for name, _ in self.finished)
        return still * sum(self.times) / len(self.times)
