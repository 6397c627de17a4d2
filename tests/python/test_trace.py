# SPDX-License-Identifier: Apache-2.0
"""`worldgate trace`: exact counts of unmodified client applications, and what cannot be traced is said."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import ta_support
from ta_support import usable

from worldgate.experiment import result as results
from worldgate.ta.run import environment, is_sealed
from worldgate.ta.tools import find_sdk
from worldgate.trace.figures import Figures
from worldgate.trace.format import CANCEL, INVOKE
from worldgate.trace.run import collect
from worldgate.trace.run import run as run_traced

Call = Callable[..., Any]
TESTS = Path(__file__).resolve().parents[1]
SEALED = [name for name in ta_support.world_names("rpc_ns") if name != "normal"]


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client application, linked with a libteec of the tests."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("client")
    library, program = folder / "libteec.so.1", folder / "client"
    fake = [str(TESTS / "core" / "fake_libteec.c"), "-fvisibility=hidden", "-Wl,-soname,libteec.so.1"]
    subprocess.run([compiler, "-shared", "-fPIC", *fake, "-pthread", "-o", str(library)], check=True)
    modes = [str(TESTS / "trace" / "client_modes.c"), str(library), f"-Wl,-rpath,{folder}"]
    subprocess.run([compiler, *modes, "-ldl", "-pthread", "-o", str(program)], check=True)
    return program


class Traced:
    """A traced run of a command."""

    def __init__(self, folder: Path, *command: str) -> None:
        folder.mkdir(exist_ok=True)
        self.output = folder / "result.json"
        words = [sys.executable, "-m", "worldgate", "trace", "--output", str(self.output), "--", *command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=folder)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def crossings(self) -> list[int]:
        """Of each process."""
        samples = results.read(self.output).samples
        return [int(s.metrics["crossings"] or 0) for s in samples if "crossings" in s.metrics]


@cache
def foreign(world: str) -> tuple[ta_support.Ran, Figures]:
    """The foreign client in that world, traced: what it printed and its ledger, and the trace."""
    import tempfile

    found, program = usable(world), ta_support.built("foreign", is_sealed(usable(world)))
    with tempfile.TemporaryDirectory() as folder:
        told = environment(found, program, False)
        file = Path(folder) / "traces"
        file.mkdir()
        before = dict(os.environ)
        try:
            os.environ.update(told)
            os.environ["LD_PRELOAD"] = str(find_sdk().trace)
            os.environ["WORLDGATE_TRACE"] = str(file / "trace")
            ran = ta_support.Ran(program, found)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return ran, collect(file)[0]


@pytest.mark.parametrize("world", SEALED)
def test_the_foreign_client_is_counted_as_the_gate_and_itself_count(world: str) -> None:
    ran, trace = foreign(world)
    if ran.status == 1 and "0xffff000a" in ran.err and world.startswith("emulated"):
        pytest.skip("this machine is too busy for the costs of the profile")
    assert ran.status == 0, ran.err
    assert trace.crossings == ran.ledger["own"]["crossings"] == int(ran.answers["account.crossings"])
    assert trace.copied.both == ran.ledger["own"]["share_bytes"] == int(ran.answers["account.copied_bytes"])
    assert trace.dropped == trace.unsure == 0


def test_a_traced_client_gets_the_same_answers() -> None:
    ran, trace = foreign("compartment")
    answers = (ta_support.TAS / "foreign" / "answers.txt").read_text()
    assert ran.out.splitlines() == answers.splitlines()
    assert trace.functions[CANCEL] > 0 and trace.functions[INVOKE] > 40
    assert trace.header.ended and trace.rule.name == "gate"


def test_a_client_of_the_platforms_libteec_is_traced_as_it_is(client: Path, tmp_path: Path) -> None:
    traced = Traced(tmp_path, str(client), "plain", "20")
    assert traced.status == 0, traced.err
    assert traced.crossings == [22]
    variant = results.read(traced.output).experiment.variants[0]
    assert (variant.world, variant.fidelity) == ("optee", "hardware")
    assert "22 crossings" in traced.err and "libteec.so.1" in traced.err
    assert traced.out == ""


def test_the_exit_status_is_the_programs(client: Path, tmp_path: Path) -> None:
    assert Traced(tmp_path / "a", str(client), "status", "9").status == 9
    killed = Traced(tmp_path / "b", str(client), "kill")
    assert killed.status == 128 + signal.SIGKILL
    assert killed.crossings == [6] and "did not leave through exit" in killed.err


def test_threads_are_traced_without_loss(client: Path, tmp_path: Path) -> None:
    traced = Traced(tmp_path, str(client), "threads")
    assert traced.crossings == [4 * 100 + 2]
    assert results.read(traced.output).experiment.variants[0].options["threads"] == 4


def test_forked_and_executed_programs_have_traces_of_their_own(client: Path, tmp_path: Path) -> None:
    assert sorted(Traced(tmp_path / "fork", str(client), "fork").crossings) == [2 + 2, 6 + 2]
    assert sorted(Traced(tmp_path / "exec", str(client), "exec").crossings) == [3 + 2, 4 + 2]
    assert Traced(tmp_path / "shell", "sh", "-c", f"{client} plain 1; {client} plain 2").crossings == [3, 4]


def test_calls_through_dlsym_cannot_be_traced_and_that_is_said(client: Path, tmp_path: Path) -> None:
    traced = Traced(tmp_path, str(client), "dlsym", str(client.parent / "libteec.so.1"))
    assert traced.status == 0
    assert "no call was seen" in traced.err and "dlsym" in traced.err
    assert not traced.output.exists()


def test_a_signal_to_the_tracer_reaches_the_program(client: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "worldgate", "trace", "--output", str(tmp_path / "r.json"), "--"]
    with subprocess.Popen(
        [*words, str(client), "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as tracer:
        assert tracer.stdout and tracer.stdout.readline() == "ready\n"
        tracer.send_signal(signal.SIGTERM)
        out, err = tracer.communicate(timeout=60)
    assert tracer.returncode == 7 and out == f"stopped by {int(signal.SIGTERM)}\n"
    assert "3 crossings" in err


def test_the_trace_is_read_where_it_is_brought_to(client: Path, tmp_path: Path, call: Call) -> None:
    """As on a board: the library, the program, and no Python."""
    told = {"LD_PRELOAD": str(find_sdk().trace), "WORLDGATE_TRACE": str(tmp_path / "board.trace")}
    for _ in range(2):
        subprocess.run([str(client), "plain", "3"], env={**os.environ, **told}, check=True)
    files = sorted(tmp_path.iterdir())
    assert [len(files), files[0].name] == [2, "board.trace"]  # none is written over
    outcome = call("trace", "read", *map(str, files))
    assert outcome.status == 0 and outcome.out.count("5 crossings") == 2


def test_a_file_that_cannot_be_written_is_said_and_does_no_harm(client: Path) -> None:
    for named, says in (("/nowhere/trace", "/nowhere/trace: No such file"), ("", "names no file")):
        told = {"LD_PRELOAD": str(find_sdk().trace), "WORLDGATE_TRACE": named}
        done = subprocess.run(
            [str(client), "status", "3"], env={**os.environ, **told}, capture_output=True, text=True
        )
        assert done.returncode == 3
        assert done.stderr.count("\n") == 1 and says in done.stderr


def test_a_library_built_for_this_machine_from_the_package_works(
    client: Path, tmp_path: Path, call: Call
) -> None:
    outcome = call("trace", "build", "--output", str(tmp_path / "lib"))
    assert outcome.status == 0, outcome
    library = Path(outcome.out.strip())
    traces = tmp_path / "traces"
    traces.mkdir()
    assert run_traced([str(client), "plain", "5"], library, traces) == 0
    assert [trace.crossings for trace in collect(traces)] == [7]


def test_a_library_for_a_board_is_not_preloaded_here(client: Path, tmp_path: Path, call: Call) -> None:
    prefix = "aarch64-linux-gnu-" if os.uname().machine != "aarch64" else "x86_64-linux-gnu-"
    if shutil.which(f"{prefix}gcc") is None:
        pytest.skip(f"{prefix}gcc is not installed")
    built = call("trace", "build", "--cross-compile", prefix, "--output", str(tmp_path))
    assert built.status == 0, built
    outcome = call("trace", "--library", built.out.strip(), "--", str(client), "plain", "1")
    assert outcome.refused_in_one_line and "aarch64 (64 bits)" in outcome.err


def test_what_cannot_be_traced_is_refused_in_one_line(client: Path, tmp_path: Path, call: Call) -> None:
    static, setuid, text = tmp_path / "static", tmp_path / "setuid", tmp_path / "text"
    source = tmp_path / "s.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-static", str(source), "-o", str(static)], check=True)
    shutil.copy(client, setuid)
    setuid.chmod(0o4755)
    text.write_text("neither a script nor a program\n")
    text.chmod(0o755)
    wrong = {
        str(static): "linked statically",
        str(setuid): "set-uid",
        str(text): "neither an ELF program nor a script",
        str(tmp_path / "missing"): "no such program",
    }
    for program, says in wrong.items():
        outcome = call("trace", "--", program)
        assert outcome.refused_in_one_line and says in outcome.err, outcome
    outcome = call("trace", "--library", "/nowhere.so", "--", str(client))
    assert outcome.refused_in_one_line and "no such library" in outcome.err
    assert call("trace").refused_in_one_line
    outcome = call("trace", "build", "--cross-compile", "no-such-board-")
    assert outcome.refused_in_one_line and "no-such-board-gcc" in outcome.err


def test_a_client_under_ta_run_can_be_traced(run: Call, tmp_path: Path) -> None:
    usable("compartment")
    output = tmp_path / "notary.json"
    wrapper = f"{sys.executable} -m worldgate trace --output {output} --"
    began = time.monotonic()
    outcome = run("ta", "run", str(TESTS.parent / "examples" / "ta" / "notary"), "--wrapper", wrapper)
    assert outcome.status == 0, outcome
    sample = results.read(output).samples[0]
    assert 0 < sample.seconds < time.monotonic() - began
    assert sample.distributions["round trip"].counts
