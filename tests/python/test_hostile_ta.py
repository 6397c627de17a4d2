# SPDX-License-Identifier: Apache-2.0
"""A TA that does what no TA may do dies, its caller is told at once, and the next session works."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import ta_support
from ta_support import TARGET_DEAD, TAS, machine, usable

from conftest import Outcome

ACTS = {
    1: "opens a file",
    2: "makes a socket",
    3: "executes a program",
    4: "forks",
    5: "maps memory",
    6: "makes its memory executable",
    7: "traces another process",
    8: "signals another process",
    9: "writes to standard error past the gate",
    10: "reads a descriptor that it may have inherited",
    11: "makes a thread",
    12: "uses the 32-bit system calls",
    13: "follows a bad pointer",
}
NOTHING = "0"
SYSTEM_CALL = "14"
WORLDS = ("compartment", "emulated:optee-qemu-icount")
AT_ONCE_MS = 2000

# sched_yield, clock_gettime, getrandom: they tell a TA nothing and harm nobody.
HARMLESS = {"x86_64": {24, 228, 318}, "aarch64": {124, 113, 278}}
# read and write: their descriptor decides, so the acts 9 and 10 try them.
BY_DESCRIPTOR = {"x86_64": {0, 1}, "aarch64": {63, 64}}
# uretprobe and uprobe: the kernel lets them through every filter; outside its trampolines they do nothing.
EXEMPT_BY_THE_KERNEL = {"x86_64": {335, 336}, "aarch64": set[int]()}
HIGHEST = 480
X32 = 0x40000000


def acts(outcome: ta_support.Ran) -> list[tuple[int, str, int]]:
    """Number, return code and milliseconds of each act. A harmless session came after them and worked."""
    assert outcome.status == 0, outcome.err
    *lines, last = [line.split() for line in outcome.out.splitlines()]
    assert last == ["next", "0x00000000"]
    return [(int(number), code, int(took)) for number, code, took in lines]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: ACTS[act].replace(" ", "_"))
def test_it_dies_at_once_and_the_next_session_works(world: str, act: int, tmp_path: Path) -> None:
    forbidden = tmp_path / "forbidden"
    outcome = ta_support.run("hostile", usable(world), str(forbidden), str(act))
    [(_, code, took_ms)] = acts(outcome)
    assert code == TARGET_DEAD
    assert took_ms < AT_ONCE_MS
    assert not forbidden.exists()
    assert "past the gate" not in outcome.err


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_ta_lives_while_it_behaves(world: str) -> None:
    [(_, code, _)] = acts(ta_support.run("hostile", usable(world), "-", NOTHING))
    assert code == "0x00000000"


def system_calls(first: int, last: int) -> dict[int, str]:
    """What became of a TA that made each system call."""
    outcome = ta_support.run("hostile", usable("compartment"), "-", SYSTEM_CALL, str(first), str(last))
    return {number: code for number, code, _ in acts(outcome)}


def test_every_system_call_outside_the_list_ends_the_world() -> None:
    skipped = BY_DESCRIPTOR[machine()]
    found: dict[int, str] = {}
    starts = [0, *(number + 1 for number in sorted(skipped))]
    ends = [*(number - 1 for number in sorted(skipped)), HIGHEST]
    for first, last in zip(starts, ends, strict=True):
        if first <= last:
            found |= system_calls(first, last)
    survived = {number for number, code in found.items() if code != TARGET_DEAD}
    assert len(found) == HIGHEST + 1 - len(skipped)
    assert survived - EXEMPT_BY_THE_KERNEL[machine()] == HARMLESS[machine()]


def test_the_second_table_of_system_calls_is_closed_too() -> None:
    if machine() != "x86_64":
        pytest.skip("only x86-64 has a second table")
    found = system_calls(X32, X32 + 20) | system_calls(X32 + 512, X32 + 547)
    assert set(found.values()) == {TARGET_DEAD}


@pytest.mark.parametrize("world", WORLDS)
def test_constructors_run_behind_the_seal_and_in_order(world: str) -> None:
    assert ta_support.run("constructor", usable(world)).answers == {
        "open": "0x00000000",
        "ask": "0x00000000 123 1",
    }


@pytest.mark.parametrize("world", WORLDS)
def test_a_constructor_that_opens_a_file_ends_the_world(
    world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Outcome]
) -> None:
    usable(world)
    forbidden = tmp_path / "forbidden"
    monkeypatch.setenv("FORBIDDEN_PATH", str(forbidden))
    outcome = run("ta", "run", str(TAS / "constructor"), "--world", world)
    assert outcome.out == f"open: {TARGET_DEAD}\n"
    assert not forbidden.exists()


CONSTRUCTOR_CLIENT = str(TAS / "constructor" / "host" / "main.c")


@pytest.mark.parametrize(("ta", "reason"), [("ifunc", "IFUNC symbol"), ("preinit", ".preinit_array")])
def test_code_that_would_run_before_the_seal_is_refused(
    ta: str, reason: str, run: Callable[..., Outcome]
) -> None:
    outcome = run("ta", "run", str(TAS / ta), "--client", CONSTRUCTOR_CLIENT)
    assert outcome.refused_in_one_line
    assert reason in outcome.err


@pytest.mark.parametrize(
    ("assembly", "reason"),
    [
        ('.section .init,\\"ax\\",@progbits\\n nop', "a section .init,"),
        ('.section .interp,\\"a\\",@progbits\\n .asciz \\"/x\\"', "a section .interp,"),
        ('.section .rela.plt,\\"a\\",@progbits\\n .quad 0x4000, 37, 0', "a section .rela.plt,"),
        ('.section .rela.text,\\"a\\",@progbits\\n .quad 0x4000, 37, 0', "a section .rela.text,"),
        ('.section .dynamic,\\"aw\\",@progbits\\n .quad 32, 0', "a section .dynamic,"),
        (".data\\n odd: .quad 0\\n .reloc odd, @ARCH@_IRELATIVE, odd", "IRELATIV"),
    ],
    ids=["init", "interp", "plt", "relocations", "dynamic", "resolver"],
)
def test_assembly_cannot_reach_before_the_seal_either(
    assembly: str, reason: str, tmp_path: Path, run: Callable[..., Outcome]
) -> None:
    shutil.copytree(TAS / "constructor", tmp_path / "mine")
    code = tmp_path / "mine" / "ta" / "constructor_ta.c"
    assembly = assembly.replace("@ARCH@", "R_X86_64" if machine() == "x86_64" else "R_AARCH64")
    code.write_text(code.read_text() + f'\n__asm__("{assembly}\\n .text");\n')
    outcome = run("ta", "run", str(tmp_path / "mine"))
    assert outcome.status == 2
    assert reason in outcome.err.splitlines()[-1]


def test_no_world_is_left_over(tmp_path: Path) -> None:
    program = ta_support.built("hostile", True)
    assert program.world is not None
    ta_support.Ran(program, usable("compartment"), str(tmp_path / "x"), "1")
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            left += [process] if (process / "exe").readlink() == program.world else []
    assert not left
