# SPDX-License-Identifier: Apache-2.0
"""The paths: how to run one variant once, nothing more. One package each, imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from worldgate.errors import WorldgateError, one_line

if TYPE_CHECKING:
    from worldgate.experiment.path import Path

# name -> the module whose PATH implements worldgate.experiment.path.Path
PATHS: dict[str, str] = {
    "crossing": "worldgate.paths.crossing",
}


def find_path(name: str) -> Path:
    """The path of that name."""
    if name not in PATHS:
        raise WorldgateError(f"no path is called '{one_line(name)[:60]}'; use {', '.join(PATHS)}")
    return cast("Path", import_module(PATHS[name]).PATH)
