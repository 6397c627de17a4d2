# SPDX-License-Identifier: Apache-2.0
"""What it costs to put a network data path inside a trusted world, and how to get it back.

`worldgate.core` is the door to the worlds; `worldgate.worlds.registry` knows their names.
"""

from __future__ import annotations


def __getattr__(name: str) -> str:
    # Looked up only when asked for: reading the metadata of a package is slow.
    if name == "__version__":
        from importlib.metadata import version

        return version("worldgate")
    raise AttributeError(f"module 'worldgate' has no attribute '{name}'")
