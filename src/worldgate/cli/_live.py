# SPDX-License-Identifier: Apache-2.0
"""Where a long command is: lines that stay, and on a terminal a bar below them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID


class Screen:
    """Draws with rich where standard output is a terminal; elsewhere it prints plain lines."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Screen:
        if sys.stdout.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            text = TextColumn("{task.description}", markup=False)
            console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
            # Drawn between two measurements only: a thread that draws would be measured with them.
            self._progress = Progress(
                BarColumn(bar_width=24), text, console=console, transient=True, auto_refresh=False
            )
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def head(self, text: str) -> None:
        """Begins a part."""
        self.clear()
        self._print(f"\n== {text}", "bold")

    def line(self, text: str = "") -> None:
        self._print(text, None)

    def _print(self, text: str, style: str | None) -> None:
        if self._progress is None:
            print(text, flush=True)
        else:
            self._progress.console.print(text, style=style)

    def bar(self, done: int, count: int, what: str) -> None:
        """So much of the part is done; what comes next."""
        if self._progress is None:
            return
        if self._task is None:
            self._task = self._progress.add_task("")
        self._progress.update(self._task, completed=done, total=max(count, 1), description=what)
        self._progress.refresh()

    def clear(self) -> None:
        """Takes the bar away."""
        if self._progress is not None and self._task is not None:
            self._progress.remove_task(self._task)
            self._progress.refresh()
        self._task = None
