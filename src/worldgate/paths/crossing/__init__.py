# SPDX-License-Identifier: Apache-2.0
"""The path `crossing`: operations that cost next to nothing, so that only the way to the TA is measured."""

from __future__ import annotations

from worldgate.experiment.path import Path
from worldgate.paths.crossing.run import CrossingPath

PATH: Path = CrossingPath()
