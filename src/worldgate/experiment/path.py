# SPDX-License-Identifier: Apache-2.0
"""What a path is to the engine: how to run one variant once."""

from __future__ import annotations

from typing import Protocol

from worldgate.experiment.result import Metric, Sample, Variant


class Path(Protocol):
    """Implemented by one package under worldgate.paths each. run never schedules, prints or computes statistics; what
    is missing here it says by raising Unavailable(reason)."""

    name: str
    metrics: list[Metric]

    def run(self, variant: Variant) -> Sample:
        """One run. round and order of the sample are the engine's: give 0."""
        ...
