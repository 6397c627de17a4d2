# SPDX-License-Identifier: Apache-2.0
"""Show the worlds of this machine and a TA answering in each.

The same TA is opened in every world that can be used here and asked to answer. The time of a crossing is the
median of a short loop in C that does nothing else, measured from outside the world.

examples:
  worldgate tour
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from worldgate.core import Session

QUESTION = b"Who is there?"
LOOP_COUNT = 2000
LOOP_MOST_NS = 200_000_000
WARM_UP_COUNT = 100


class Stop(NamedTuple):
    """What the tour saw in one world."""

    fidelity: str
    crossing_ns: float
    crossings: int
    profile_ns: float | None
    memory: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from worldgate.errors import Unavailable, WorldgateError
    from worldgate.worlds.listing import world_names

    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    print(f"{'world':38} {'fidelity':12} {'crossing us':>12} {'profile us':>11}  {'memory':10} answer")
    for name in world_names():
        try:
            print(_line(name, visit(name)), flush=True)
        except Unavailable as error:
            skipped[name] = error.reason
        except WorldgateError as error:
            failed[name] = str(error)
    for title, reasons in (("skipped", skipped), ("failed", failed)):
        if reasons:
            print(f"\n{title}:")
        for name, reason in reasons.items():
            print(f"  {name}: {reason.removeprefix(f'{name}: ')}")
    print("\nnext: 'worldgate worlds show sgx1-skylake' for the numbers behind a profile, 'worldgate doctor'")
    if failed:
        print(f"worldgate tour: {len(failed)} worlds failed, see above", file=sys.stderr)
    return 1 if failed else 0


def _line(name: str, stop: Stop) -> str:
    profile = "-" if stop.profile_ns is None else f"{stop.profile_ns / 1e3:.2f}"
    return (
        f"{name:38} {stop.fidelity:12} {stop.crossing_ns / 1e3:12.2f} {profile:>11}  {stop.memory or '-':10} "
        f"yes, {stop.crossings} crossings"
    )


def visit(name: str) -> Stop:
    """Opens the TA in that world, has it answer, and times the way to it."""
    from worldgate.core import CROSSING_TA, Gate, own_ledger
    from worldgate.errors import Unavailable

    with Gate(name) as gate, gate.open(CROSSING_TA) as session:
        before = own_ledger()["crossings"]
        ask(name, session)
        median_ns = session.time_calls(LOOP_COUNT, WARM_UP_COUNT, LOOP_MOST_NS).p50_ns
        crossings = own_ledger()["crossings"] - before
        profile = gate.world.profile
        memory = None
        # A world of hardware does not tell.
        with contextlib.suppress(Unavailable):
            memory = session.world_info().memory
        fidelity = gate.world.fidelity
    return Stop(fidelity, median_ns, crossings, profile.transition_ns.value if profile else None, memory)


def ask(name: str, session: Session) -> None:
    """One question that the TA hands back."""
    from worldgate.core import CROSSING_CALL, CROSSING_ECHO, Memory, Value
    from worldgate.errors import WorldgateError

    text = bytearray(QUESTION)
    operation = Value(CROSSING_ECHO, len(text), "inout")
    session.invoke(CROSSING_CALL, operation, Memory(text, "inout"))
    if (operation.a, operation.b, bytes(text)) != (0, len(QUESTION), QUESTION):
        raise WorldgateError(f"{name}: the TA answered {bytes(text)!r} to {QUESTION!r}; please report it")
