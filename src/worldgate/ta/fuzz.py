# SPDX-License-Identifier: Apache-2.0
"""Random commands and parameters against a user's TA, in the normal world under ASan and UBSan."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from worldgate.errors import WorldgateError
from worldgate.ta.build import Options, build
from worldgate.ta.run import choose_world, environment, start
from worldgate.ta.source import Source
from worldgate.ta.tools import find_sdk

HARNESS = ("wg_ta_fuzz.c", "wg_ta_fuzz_outside.c")
DEFAULT_CASES = 100_000


@dataclass(frozen=True)
class Fuzz:
    """How long, from which seed, and where cases that found something are kept. replay: one such case."""

    cases: int | None = None
    seconds: float | None = None
    seed: int | None = None
    findings: Path = Path()
    replay: Path | None = None


def fuzz(source: Source, options: Options, how: Fuzz) -> int:
    """Exit status 0: nothing was found. 1: a crash, a hang or a panic, shown with what replays it."""
    if how.replay is not None and not how.replay.is_file():
        raise WorldgateError(f"{how.replay}: no such case; give a file that a run of fuzz has kept")
    if not how.findings.is_dir():
        raise WorldgateError(f"{how.findings}: no such folder to keep findings in")
    options = replace(options, sealed=False, sanitize=True, fuzz=True)
    sdk = find_sdk()
    built = build(source, options, client=[sdk.share(name) for name in HARNESS])
    told = environment(choose_world("normal", True), built, True)
    told["WORLDGATE_TA_LOG"] = "off"
    status = start([built.client, *_words(str(built.uuid), how)], told)
    return 1 if status else 0


def _words(uuid: str, how: Fuzz) -> list[str]:
    """The arguments of the harness. 0: without bound."""
    seed = secrets.randbits(32) if how.seed is None else how.seed
    cases = how.cases
    if cases is None:
        cases = 0 if how.seconds is not None else DEFAULT_CASES
    words = [uuid, str(seed), str(cases), str(how.seconds or 0), str(how.findings)]
    return [*words, str(how.replay)] if how.replay else words
