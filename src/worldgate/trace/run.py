# SPDX-License-Identifier: Apache-2.0
"""Runs a client application with the tracing library preloaded, and reads what it and its children wrote."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from worldgate.errors import WorldgateError, one_line
from worldgate.trace.figures import Figures
from worldgate.trace.target import check, find_program

MOST_FILES = 1000
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def default_library() -> Path:
    """The one that came with this installation."""
    from worldgate.ta.tools import find_sdk

    return find_sdk().trace


def environment(library: Path, file: Path) -> dict[str, str]:
    """What the program is told."""
    told = dict(os.environ)
    before = told.get("LD_PRELOAD")
    told["LD_PRELOAD"] = f"{library}:{before}" if before else str(library)
    told["WORLDGATE_TRACE"] = str(file)
    return told


def run(command: Sequence[str], library: Path, folder: Path) -> int:
    """The exit status of the program; 128 + the signal's number where that ended it. Traces go to folder."""
    program = find_program(command[0])
    library = library.absolute()
    check(program, library)
    told = environment(library, folder / "trace")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*_PASSED_ON, signal.SIGCHLD))
    try:
        child = subprocess.Popen(
            command,
            executable=program,
            env=told,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before),
        )
        status = _wait(child)
    except OSError as error:
        raise WorldgateError(f"{one_line(str(program))}: cannot be run ({error.strerror})") from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return status if status >= 0 else 128 - status


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Waits for its end. Signals that a process sent are passed on; those of the terminal, as of Ctrl-C, the
    program has got already."""
    while child.poll() is None:
        told = signal.sigwaitinfo((*_PASSED_ON, signal.SIGCHLD))
        if told.si_signo in _PASSED_ON and told.si_pid != 0:
            child.send_signal(told.si_signo)
    return child.returncode


def collect(folder: Path) -> list[Figures]:
    """All traces of a run, in the order in which the processes began to call."""
    files = sorted(folder.iterdir())
    if len(files) > MOST_FILES:
        raise WorldgateError(
            f"{len(files)} processes left traces, more than {MOST_FILES}; trace fewer at a time"
        )
    return sorted((Figures(path) for path in files), key=lambda trace: trace.header.started_unix_ns)
