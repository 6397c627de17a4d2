# SPDX-License-Identifier: Apache-2.0
"""The command line: what is wrong gets one line and status 2, what is asked for can be read by machines."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from worldgate import cli
from worldgate.cli import COMMANDS

Call = Callable[..., Any]

WRONG = {
    "no command": ((), "say which command"),
    "an unknown command": (("wrlds",), "did you mean 'worlds'?"),
    "a command unlike any other": (("xyzzy",), "use tour, worlds"),
    "an unknown option": (("--versoin",), "did you mean '--version'?"),
    "an unknown option of a command": (("worlds", "--jsn"), "did you mean '--json'?"),
    "an option cut short": (("worlds", "--js"), "did you mean '--json'?"),
    "an option that takes no value": (("worlds", "--json=1"), "--json"),
    "an unknown action": (("worlds", "shw"), "did you mean 'show'?"),
    "a missing argument": (("worlds", "show"), "PROFILE"),
    "one argument too many": (("worlds", "show", "tdx", "cca"), "unknown argument 'cca'"),
    "an argument with a line break": (("worlds", "show", "tdx", "a\nb"), "a\\nb"),
    "an unknown shell": (("completion", "bsh"), "did you mean 'bash'?"),
    "an unknown profile": (("worlds", "show", "tdxx"), "did you mean 'tdx'?"),
    "a profile of an unprofiled world": (("worlds", "show", "compartment"), "has no profile"),
    "a profile that is not there": (("worlds", "check", "no-such.toml"), "no-such.toml"),
    "a folder for a profile": (("worlds", "check", "."), "cannot be read"),
}


@pytest.mark.parametrize(("words", "says"), WRONG.values(), ids=list(WRONG))
def test_wrong_use_gets_one_line_that_says_what_to_type(
    call: Call, words: tuple[str, ...], says: str
) -> None:
    outcome = call(*words)
    assert outcome.refused_in_one_line, outcome
    assert says in outcome.err


@pytest.mark.parametrize(
    "words", [("--nonsense",), ("worlds", "--nonsense"), ("worlds", "check", "/dev/null"), ("x",)]
)
def test_a_process_that_is_used_wrongly_exits_with_2_and_one_line(run: Call, words: tuple[str, ...]) -> None:
    assert run(*words).refused_in_one_line


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_summary_of_a_command_is_the_first_line_of_its_docstring(name: str) -> None:
    module, summary = COMMANDS[name]
    assert (import_module(module).__doc__ or "").splitlines()[0] == summary


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_help_of_a_command_has_examples(call: Call, name: str) -> None:
    outcome = call(name, "--help")
    assert outcome.status == 0 and outcome.err == ""
    assert "examples:\n  worldgate " in outcome.out


@pytest.mark.parametrize("words", [("version",), ("--version",)])
def test_the_version_is_printed(run: Call, words: tuple[str, ...]) -> None:
    outcome = run(*words)
    assert outcome.status == 0 and outcome.out.startswith("worldgate 0.")


def test_the_list_of_worlds_is_json_that_leaves_nothing_out(run: Call) -> None:
    outcome = run("worlds", "--json")
    assert outcome.status == 0, outcome
    found = json.loads(outcome.out)
    assert found["schema"] == "worldgate.worlds/1"
    worlds = {world["name"]: world for world in found["worlds"]}
    assert {"normal", "compartment", "emulated:tdx", "emulated:sgx1-skylake", "optee"} <= set(worlds)
    assert worlds["normal"]["available"]
    for world in worlds.values():
        assert world["available"] == (world["reason"] is None)
        assert world["available"] or len(world["reason"]) > 10


def test_an_uncalibrated_world_is_listed_with_the_reason_of_its_profile(run: Call) -> None:
    worlds = {world["name"]: world for world in json.loads(run("worlds", "--json").out)["worlds"]}
    assert not worlds["emulated:tdx"]["available"]
    assert "Confidential VMs Explained" in worlds["emulated:tdx"]["reason"]
    assert worlds["emulated:tdx"]["costs"]["transition_ns"] is None


def test_a_broken_profile_of_the_user_does_not_break_the_list(run: Call, own_profiles: Path) -> None:
    (own_profiles / "broken.toml").write_text("name = 1")
    outcome = run("worlds")
    assert outcome.status == 0
    assert "emulated:broken: " in outcome.out and "broken.toml" in outcome.out


def test_a_profile_is_shown_with_every_source(call: Call) -> None:
    outcome = call("worlds", "show", "sgx1-skylake")
    assert outcome.status == 0
    assert outcome.out.count("source: ") == 4 and outcome.out.count("unknown: ") == 2


def test_a_profile_that_is_printed_as_toml_is_a_start_for_ones_own(call: Call, tmp_path: Path) -> None:
    text = call("worlds", "show", "sgx1-skylake", "--toml").out
    own = tmp_path / "own.toml"
    own.write_text(text.replace('name = "sgx1-skylake"', 'name = "own"'))
    outcome = call("worlds", "check", str(own))
    assert outcome.status == 0 and "a valid profile 'own'" in outcome.out
    assert call("worlds", "show", str(own), "--toml").out == own.read_text()


def test_a_file_name_that_is_no_text_does_no_harm(run: Call, call: Call, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.toml")
    Path(odd).write_text(call("worlds", "show", "tdx", "--toml").out)
    outcome = run("worlds", "check", odd)
    assert outcome.status == 0 and "\\udcff.toml: a valid profile" in outcome.out
    assert run("worlds", "check", odd + "x").refused_in_one_line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_a_completion_script_is_made_and_the_shell_can_parse_it(
    run: Call, tmp_path: Path, shell: str
) -> None:
    outcome = run("completion", shell)
    assert outcome.status == 0 and "worldgate" in outcome.out
    script = tmp_path / "script"
    script.write_text(outcome.out)
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed: its script was made and not parsed")
    subprocess.run([program, "-n", str(script)], check=True, timeout=60)


def test_an_interruption_ends_with_130_and_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("worldgate.cli.version.run", interrupted)
    outcome = call("version")
    assert (outcome.status, outcome.err) == (130, "worldgate: interrupted\n")


def test_a_fault_of_the_program_is_one_line_that_names_the_place(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(args: object) -> int:
        raise ValueError("two\nlines")

    monkeypatch.setattr("worldgate.cli.version.run", faulty)
    outcome = call("version")
    assert outcome.status == 1 and outcome.err.count("\n") == 1
    assert "two\\nlines" in outcome.err and "test_cli.py:" in outcome.err


def test_a_reader_that_leaves_early_causes_no_complaint() -> None:
    words = [sys.executable, "-m", "worldgate", "worlds", "show", "tdx"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.BROKEN_PIPE
