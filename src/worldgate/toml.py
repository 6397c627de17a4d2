# SPDX-License-Identifier: Apache-2.0
"""TOML that a user wrote, or anyone else: bounded, and whatever is wrong with it is one line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

FILE_BYTES_MAX = 1 << 18


def parse(data: bytes, what: str, wrong: Callable[[str], Exception]) -> dict[str, Any]:
    """The table in data. wrong makes the error of a problem. what: how the error of a file that is too large
    goes on, such as "not a profile"."""
    if len(data) > FILE_BYTES_MAX:
        raise wrong(f"is larger than {FILE_BYTES_MAX} bytes and so {what}: give another file")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise wrong(f"is not UTF-8 at byte {error.start}: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise wrong(f"is not TOML: {error}") from None
    except (ValueError, OverflowError, RecursionError):
        raise wrong("is not TOML: a number or a nesting is too large") from None
