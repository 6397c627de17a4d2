# SPDX-License-Identifier: Apache-2.0
"""Run an experiment that a file describes.

Every round runs every variant once, in random order; each is compared with its baseline round by round.
Ctrl-C lets the run under way finish and keeps all that was measured; --resume goes on.

examples:
  worldgate run EXPERIMENT.toml
  worldgate run EXPERIMENT.toml --quick --output first-look.json
  worldgate run EXPERIMENT.toml --width 2% --placement "one core"
  worldgate run --resume first-look.json
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from worldgate.cli import _experiment

if TYPE_CHECKING:
    from worldgate.experiment.plan import GivenDesign
    from worldgate.experiment.result import Experiment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "experiment",
        type=Path,
        nargs="?",
        metavar="EXPERIMENT.toml",
        help="the file; may be left out with --resume",
    )
    _experiment.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    make = None if args.experiment is None else lambda given: _read(args, given)
    return _experiment.run_experiment(args, make)


def _read(args: argparse.Namespace, given: GivenDesign) -> Experiment:
    from worldgate.experiment.plan import from_file, read_file

    return from_file(read_file(args.experiment), str(args.experiment), given, args.placement)
