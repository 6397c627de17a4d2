# SPDX-License-Identifier: Apache-2.0
"""What a path is to the engine: how to run one variant once."""

from __future__ import annotations

from typing import Protocol

from worldgate.experiment.result import Metric, Sample, Variant


class Path(Protocol):
    """Implemented by one package under worldgate.paths each, as the PATH of its module. It never schedules,
    prints or computes statistics; what is missing here it says by raising Unavailable(reason)."""

    name: str
    metrics: list[Metric]  # the first that a comparison has leads: it decides how many rounds there are

    def check(self, variant: Variant) -> None:
        """Raises WorldgateError where an option is unknown, missing or out of bounds. Opens nothing.
        Every variant is checked before the first run."""
        ...

    def run(self, variant: Variant) -> Sample:
        """One run. round and order of the sample are the engine's: give 0."""
        ...
