# SPDX-License-Identifier: Apache-2.0
"""The same TA for a board: OP-TEE's own makefiles, its dev kit and a cross compiler do the work."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from worldgate.errors import Unavailable, WorldgateError
from worldgate.ta import source as ta_source

KIT_MAKEFILE = Path("mk") / "ta_dev_kit.mk"
_TIMEOUT_S = 1800.0


def find_kit(folder: Path) -> Path:
    """The dev kit in the folder, or in an export-ta_* folder below it as OP-TEE's build leaves it."""
    if not folder.is_dir():
        raise WorldgateError(f"{folder}: no such folder; give OP-TEE's TA dev kit (export-ta_arm64)")
    folder = folder.resolve()
    if (folder / KIT_MAKEFILE).is_file():
        return folder
    found = sorted(folder.glob(f"export-ta_*/{KIT_MAKEFILE}"))
    if len(found) == 1:
        return found[0].parent.parent
    if found:
        names = ", ".join(path.parent.parent.name for path in found)
        raise WorldgateError(f"{folder}: holds several dev kits ({names}); name one of them")
    raise WorldgateError(f"{folder}: no {KIT_MAKEFILE} there; give OP-TEE's TA dev kit (export-ta_arm64)")


def build(folder: Path, kit_folder: Path, cross_compile: str, out: Path | None) -> list[Path]:
    """Runs the makefile of the TA and gives the files that it made. What make says is shown as it comes."""
    ta, _ = ta_source.find(folder)
    if not (ta / ta_source.HEADER).is_file():
        raise WorldgateError(
            f"{ta}: {ta_source.HEADER} is missing; it says the TA's UUID, flags, stack and heap size"
        )
    if not any((ta / name).is_file() for name in ("GNUmakefile", "makefile", "Makefile")):
        raise WorldgateError(
            f"{ta}: no Makefile; OP-TEE needs one with BINARY = the UUID and "
            "include $(TA_DEV_KIT_DIR)/mk/ta_dev_kit.mk"
        )
    kit = find_kit(kit_folder)
    make = shutil.which("make")
    if make is None:
        raise Unavailable("make is not installed; install the package make")
    if cross_compile and shutil.which(f"{cross_compile}gcc") is None:
        raise Unavailable(
            f"no compiler {cross_compile}gcc; install gcc-aarch64-linux-gnu or give the prefix of yours with "
            "--cross-compile"
        )
    target = (out or ta / "out").resolve()
    command = [make, "-C", str(ta), f"TA_DEV_KIT_DIR={kit}", f"CROSS_COMPILE={cross_compile}", f"O={target}"]
    _run([*command, *_python()], ta)
    made = sorted(
        [*target.glob("*.ta"), *(p for p in target.glob("*.elf") if not p.name.endswith(".stripped.elf"))]
    )
    if not any(path.suffix == ".ta" for path in made):
        raise WorldgateError(f"{target}: make ended well but left no .ta file; look at the Makefile of {ta}")
    return made


def _python() -> list[str]:
    """Which Python signs the TA, where it is not to be python3: that of a virtual environment seldom has
    what the dev kit needs."""
    for number, python in enumerate(("python3", "/usr/bin/python3")):
        try:
            probe = subprocess.run([python, "-c", "import cryptography"], capture_output=True, check=False)
        except OSError:
            continue
        if probe.returncode == 0:
            return [f"PYTHON3={python}"] if number else []
    return []


def _run(command: list[str], ta: Path) -> None:
    dropped = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    told = {name: value for name, value in os.environ.items() if name not in dropped}
    try:
        status = subprocess.run(command, env=told, timeout=_TIMEOUT_S, check=False).returncode
    except subprocess.TimeoutExpired:
        raise WorldgateError(f"{ta}: make did not end in {_TIMEOUT_S:.0f} s") from None
    if status:
        raise WorldgateError(f"{ta}: the dev kit's build failed; mend what make says above")
