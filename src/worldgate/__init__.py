# SPDX-License-Identifier: Apache-2.0
"""What it costs to put a network data path inside a trusted world, and how to get it back.

    import worldgate

    result = worldgate.crossing(worlds=["compartment"], modes=["call", "ring"], quick=True)
    print(result.text())

The names below are the same calls that the commands use; worldgate.api tells what each does. `worldgate.core`
is the door to the worlds themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.api import (
        Result,
        compare,
        crossing,
        doctor,
        explain,
        limits,
        list_worlds,
        read,
        read_trace,
        report_html,
        reproduce,
        resume,
        run,
    )
    from worldgate.errors import Unavailable, WorldgateError

    __version__: str

__all__ = [
    "Result",
    "Unavailable",
    "WorldgateError",
    "__version__",
    "compare",
    "crossing",
    "doctor",
    "explain",
    "limits",
    "list_worlds",
    "read",
    "read_trace",
    "report_html",
    "reproduce",
    "resume",
    "run",
]


if not TYPE_CHECKING:  # or every name would be one of the package to a type checker

    def __getattr__(name: str) -> object:
        # Looked up only when asked for: help must not wait for numpy, nor for the package's metadata.
        if name == "__version__":
            from importlib.metadata import version

            return version("worldgate")
        if name in ("Unavailable", "WorldgateError"):
            from worldgate import errors

            return getattr(errors, name)
        if name in __all__:
            from worldgate import api

            return getattr(api, name)
        raise AttributeError(f"module 'worldgate' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
