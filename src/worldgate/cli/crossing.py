# SPDX-License-Identifier: Apache-2.0
"""Measure what a crossing into a world costs, against the normal world.

Round trips or throughput of operations that do next to nothing, for payloads of 0 B to 512 KiB. Each world is
compared with the same mode and size in the normal world, and that one with the TA's code called directly.
A round trip with batch:N is that of the whole batch, so it is not compared with a direct call. Where no
placement is given the threads share one core, or have two where a world is emulated.

examples:
  worldgate crossing
  worldgate crossing --mode call --size 0 --size 64 --size 4K --size 512K
  worldgate crossing --world compartment --mode ring --kind throughput --operation echo
  worldgate crossing --world emulated:sgx1-skylake --mode call --placement "two cores" --quick
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from worldgate.cli import _experiment

if TYPE_CHECKING:
    from worldgate.experiment.plan import Axis, Block, GivenDesign
    from worldgate.experiment.result import Experiment

WORLDS = ("compartment",)
MODES = ("call", "ring")
SIZES = (0, 1024, 65536)
SIZE_MAX = 512 * 1024  # those of worldgate.paths.crossing.options; a test compares
OPERATIONS = ("nothing", "echo", "sum", "request")
KINDS = ("round trip", "throughput")
SECONDS = 0.05
UNITS = {"": 1, "B": 1, "K": 1024, "KIB": 1024}
NORMAL = "normal"
DIRECT = "direct"
NAMES = "{world} {mode} {size} B"
NORMAL_NAME = "normal {mode} {size} B"
DIRECT_NAME = "normal direct {size} B"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--world",
        action="append",
        metavar="W",
        help="may be repeated (default: compartment); normal is always there",
    )
    parser.add_argument(
        "--mode",
        action="append",
        metavar="M",
        help="call, batch:N, ring; may be repeated (default: call, ring)",
    )
    parser.add_argument(
        "--size",
        action="append",
        type=size,
        metavar="S",
        help="of the payload, as in 64, 4K, 512K; may be repeated (default: 0, 1K, 64K)",
    )
    parser.add_argument(
        "--operation",
        choices=OPERATIONS,
        default="nothing",
        help="what the TA does; with request it asks the normal world for its time (default: nothing)",
    )
    parser.add_argument("--kind", choices=KINDS, default="round trip", help="(default: round trip)")
    parser.add_argument(
        "--depth", type=int, metavar="N", help="operations under way at once, for the throughput of rings"
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, metavar="S", help=f"of one run (default: {SECONDS})"
    )
    _experiment.add_options(parser)
    parser.set_defaults(run=run)


def size(text: str) -> int:
    """Bytes, from a number and K or KiB."""
    digits = text.rstrip("BKIbki")
    unit = UNITS.get(text[len(digits) :].upper())
    if unit is None or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise argparse.ArgumentTypeError(f"'{text}' is no size; write it as in 64, 4K or 512K")
    if int(digits) * unit > SIZE_MAX:
        raise argparse.ArgumentTypeError(f"'{text}' is too large; a payload has at most 512K")
    return int(digits) * unit


def run(args: argparse.Namespace) -> int:
    return _experiment.run_experiment(args, lambda given: make(args, given))


def make(args: argparse.Namespace, given: GivenDesign) -> Experiment:
    """The experiment that the options ask for."""
    from worldgate.experiment.plan import Plan, make_design, make_experiment

    modes = dict.fromkeys(args.mode or MODES)
    blocks = [block for mode in modes if mode != DIRECT for block in _blocks(args, mode)]
    if DIRECT in modes or any(block.baseline == DIRECT_NAME for block in blocks):
        blocks.append(_block(args, [NORMAL], DIRECT, None))
    plan = Plan("crossing", "crossing", f"{args.kind} of crossings, operation '{args.operation}'", NAMES)
    return make_experiment(plan, blocks, make_design(given))


def _worlds(args: argparse.Namespace) -> list[str]:
    """Those beside the normal one."""
    return [world for world in dict.fromkeys(args.world or WORLDS) if world != NORMAL]


def _blocks(args: argparse.Namespace, mode: str) -> list[Block]:
    """The worlds in one mode, and their baseline."""
    whole_batch = mode.startswith("batch") and args.kind == "round trip"
    blocks = [_block(args, [NORMAL], mode, None if whole_batch else DIRECT_NAME)]
    if _worlds(args):
        blocks.append(_block(args, _worlds(args), mode, NORMAL_NAME))
    return blocks


def _block(args: argparse.Namespace, worlds: list[str], mode: str, baseline: str | None) -> Block:
    from worldgate.experiment.plan import Block

    options: dict[str, Axis] = {
        "operation": args.operation,
        "kind": args.kind,
        "seconds": args.seconds,
        "mode": mode,
        "size": list(dict.fromkeys(args.size or SIZES)),
    }
    if mode == "ring" and args.depth is not None:
        options["depth"] = args.depth
    return Block(world=worlds, placement=_placement(args), options=options, baseline=baseline)


def _placement(args: argparse.Namespace) -> str:
    """Both sides of an emulated world spin, so each gets a processor of its own."""
    if args.placement is not None:
        return str(args.placement)
    return "two cores" if any(world.startswith("emulated:") for world in _worlds(args)) else "one core"
