# SPDX-License-Identifier: Apache-2.0
"""The two kinds of error that a user sees. They are caught once, in `worldgate.cli.main`."""

from __future__ import annotations


class WorldgateError(Exception):
    """Something that the user can mend. The message says what is wrong, where, and what to do."""


class Unavailable(WorldgateError):
    """This machine or this build lacks something. Whoever asked records it as skipped, with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def one_line(text: str) -> str:
    """Text from outside, fit to be shown inside one line: control characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
