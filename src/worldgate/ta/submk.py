# SPDX-License-Identifier: Apache-2.0
"""The makefiles of an OP-TEE trusted application, evaluated by make itself.

A small make program takes the place of the dev kit's `ta_dev_kit.mk`: it reads `sub.mk` in every
folder as the dev kit does and prints what it found, one fact a line.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from worldgate.errors import Unavailable, WorldgateError

_MARK = "worldgate:"
_TIMEOUT_S = 60.0

# What the dev kit clears after each folder.
_PER_FOLDER = (
    "srcs-y srcs_ext-y srcs_ext_base-y cflags-y cflags-remove-y cppflags-y cppflags-remove-y subdirs-y "
    "subdirs_ext-y global-incdirs-y global-incdirs_ext-y global-cppflags-y incdirs-y incdirs_ext-y "
    "gensrcs-y asm-defines-y"
)

PROGRAM = f"""\
sm := ta_arm64
ta-dev-kit-dir := $(TA_DEV_KIT_DIR)
ta-dev-kit-dir$(sm) := $(TA_DEV_KIT_DIR)
out-dir := .
.PHONY: worldgate-done
worldgate-done: ; @:
wg-say = $(if $(strip $2),$(info {_MARK}$1:$(strip $2)))
define wg-source
$(info {_MARK}source:$2)
$(call wg-say,cflags,$(cflags-y) $(cflags-$1-y))
$(call wg-say,cppflags,$(cppflags-y) $(cppflags-$1-y))
$(call wg-say,remove,$(cflags-remove-y) $(cflags-remove-$1-y) $(cppflags-remove-y) $(cppflags-remove-$1-y))
$(call wg-say,incdirs,$(addprefix $(sub-dir)/,$(incdirs-y) $(incdirs-$1-y)) $(incdirs_ext-y))
endef
wg-path = $(if $(filter /%,$1),$1,$(sub-dir)/$1)
define wg-folder
sub-dir := $1
sub-dir-out := $(out-dir)/$1
include $1/sub.mk
$$(call wg-say,folder,$1)
$$(call wg-say,global-incdirs,$$(addprefix $1/,$$(global-incdirs-y)) $$(global-incdirs_ext-y))
$$(call wg-say,global-cppflags,$$(global-cppflags-y))
$$(call wg-say,generated,$$(gensrcs-y) $$(asm-defines-y))
$$(foreach s,$$(srcs-y),$$(call wg-source,$$s,$$(call wg-path,$$s)))
$$(foreach s,$$(srcs_ext-y),$$(call wg-source,$$s,$$(firstword $$(srcs_ext_base-y))/$$s))
wg-next := $$(addprefix $1/,$$(subdirs-y)) $$(subdirs_ext-y)
$$(foreach v,{_PER_FOLDER},$$(eval $$v :=))
$$(foreach d,$$(wg-next),$$(eval $$(call wg-folder,$$d)))
endef
$(eval $(call wg-folder,.))
$(call wg-say,binary,$(BINARY))
$(call wg-say,libraries,$(LDADD) $(libnames) $(libdeps))
$(call wg-say,log-level,$(CFG_TEE_TA_LOG_LEVEL))
$(call wg-say,all-cflags,$(CFLAGS))
$(call wg-say,all-cppflags,$(CPPFLAGS))
wg-configuration := $(filter CFG_% _CFG_%,$(.VARIABLES))
$(foreach v,$(wg-configuration),$(if $(filter-out n,$($v)),$(info {_MARK}configuration:$v=$($v))))
$(info {_MARK}end:yes)
"""


@dataclass
class MakeSource:
    """One source file as the makefiles name it."""

    path: str
    cflags: list[str] = field(default_factory=list)
    cppflags: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    incdirs: list[str] = field(default_factory=list)


@dataclass
class MakeFacts:
    """What the makefiles of a TA say. Paths are relative to the TA's folder."""

    sources: list[MakeSource] = field(default_factory=list)
    incdirs: list[str] = field(default_factory=list)
    cflags: list[str] = field(default_factory=list)
    cppflags: list[str] = field(default_factory=list)
    configuration: dict[str, str] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)
    generated: list[str] = field(default_factory=list)
    binary: str | None = None
    log_level: str | None = None


def _environment() -> dict[str, str]:
    """The environment without what a surrounding make would pass on."""
    drop = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "O", "BINARY", "CFLAGS", "CPPFLAGS", "LDADD"}
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    kept["LC_ALL"] = "C"
    return kept


def _words(where: Path, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise WorldgateError(f"{where}: cannot read the flags {text!r}: {error}") from None


def _take(facts: MakeFacts, where: Path, key: str, value: str) -> None:
    """Adds one printed fact."""
    if key == "source":
        facts.sources.append(MakeSource(value))
    elif key in ("cflags", "cppflags", "remove", "incdirs"):
        getattr(facts.sources[-1], key).extend(_words(where, value))
    elif key == "global-incdirs":
        facts.incdirs.extend(_words(where, value))
    elif key in ("global-cppflags", "all-cppflags"):
        facts.cppflags.extend(_words(where, value))
    elif key == "all-cflags":
        facts.cflags.extend(_words(where, value))
    elif key == "configuration":
        name, _, setting = value.partition("=")
        facts.configuration[name] = setting
    elif key == "libraries":
        facts.libraries.extend(value.split())
    elif key == "generated":
        facts.generated.extend(value.split())
    elif key == "binary":
        facts.binary = value
    elif key == "log-level":
        facts.log_level = value


def _run(folder: Path, make: str, makefile: str, kit: str) -> subprocess.CompletedProcess[str]:
    command = [make, "--no-print-directory", "--no-builtin-rules", "-s", "-f", makefile]
    command += [f"TA_DEV_KIT_DIR={kit}", "worldgate-done"]
    try:
        return subprocess.run(
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise WorldgateError(
            f"{folder}: make did not finish reading the makefiles in {_TIMEOUT_S:.0f} s"
        ) from None


def _parse(where: Path, text: str) -> MakeFacts | None:
    """None where the program did not come to its end."""
    facts = MakeFacts()
    ended = False
    for line in text.splitlines():
        if not line.startswith(_MARK):
            continue
        key, _, value = line[len(_MARK) :].partition(":")
        ended = ended or key == "end"
        _take(facts, where, key, value)
    return facts if ended else None


def evaluate(folder: Path) -> MakeFacts:
    """Reads sub.mk of the folder, through its Makefile where that includes the dev kit."""
    make = shutil.which("make")
    if make is None:
        raise Unavailable("reading sub.mk needs make: install the package make")
    with tempfile.TemporaryDirectory(prefix="worldgate-make-") as kit:
        program = Path(kit, "mk", "ta_dev_kit.mk")
        program.parent.mkdir()
        program.write_text(PROGRAM)
        makefiles = [name for name in ("GNUmakefile", "makefile", "Makefile") if (folder / name).is_file()]
        answer = None
        for makefile in [*makefiles[:1], str(program)]:
            answer = _run(folder, make, makefile, kit)
            facts = _parse(folder / "sub.mk", answer.stdout)
            if facts is not None and answer.returncode == 0:
                return facts
            if facts is not None:
                break
    errors = answer.stderr.strip().splitlines() if answer else []
    why = errors[0].replace(str(program), "the dev kit's program") if errors else "make printed nothing"
    raise WorldgateError(f"{folder / 'sub.mk'}: make cannot read it: {why}")
