# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM while an experiment runs: the first lets the run under way finish, the second abandons
it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody asked for the end. Listens between enter and exit, in the main thread only: elsewhere
    Python hears no signals."""

    def __init__(self, on_first: Callable[[], None] | None = None) -> None:
        self._on_first = on_first
        self.signal: int | None = None
        self._in_run = False
        self._before: dict[signal.Signals, Any] = {}

    @property
    def status(self) -> int:
        """The exit status of a program that this ended; 0 where nothing was asked."""
        return 0 if self.signal is None else 128 + self.signal

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            # None: a handler that was not set from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before = {}

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None and self._in_run:
            raise KeyboardInterrupt
        if self.signal is None:
            self.signal = number
            if self._on_first:
                self._on_first()

    @contextmanager
    def during_run(self) -> Iterator[None]:
        """Only in here may a second signal break in: a finished run is never lost to one."""
        self._in_run = True
        try:
            yield
        finally:
            self._in_run = False
