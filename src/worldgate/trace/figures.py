# SPDX-License-Identifier: Apache-2.0
"""Adds up one trace: calls, times, bytes. Memory does not grow with the number of calls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from worldgate.trace.copies import Kind, Rule, is_memory, is_temporary, passed, rule_of
from worldgate.trace.format import CLOSE, INVOKE, OPEN, TOO_LARGE, Call, Header, TraceFile
from worldgate.trace.lifetimes import Lifetimes

KINDS: tuple[Kind, ...] = ("temporary", "registered", "allocated", "unknown")
BUCKETS = 100  # of a time series
MOST_COMMANDS = 64
MOST_THREADS = 4096
OTHERS = "others"
_BIN = math.log(1.01)  # the middle of a bin is within 1 % of what is in it


class Times:
    """Times in ns by bins of 1 %, and their exact sum."""

    def __init__(self) -> None:
        self.bins: dict[int, int] = {}
        self.count = 0
        self.sum_ns = 0.0

    def add(self, ns: float) -> None:
        place = round(math.log(ns) / _BIN) if ns >= 1 else -1
        self.bins[place] = self.bins.get(place, 0) + 1
        self.count += 1
        self.sum_ns += ns

    @staticmethod
    def _value(place: int) -> float:
        return math.exp(place * _BIN) if place >= 0 else 0.0

    def values(self) -> tuple[list[float], list[int]]:
        """Each value and how often it was seen, in order."""
        places = sorted(self.bins)
        return [round(self._value(place), 3) for place in places], [self.bins[place] for place in places]

    def quantile(self, share: float) -> float | None:
        """None: nothing was timed."""
        left = max(1, math.ceil(share * self.count))
        for place in sorted(self.bins):
            left -= self.bins[place]
            if left <= 0:
                return self._value(place)
        return None

    @property
    def mean_ns(self) -> float | None:
        return self.sum_ns / self.count if self.count else None


@dataclass
class Bytes:
    """By direction, as the client sees it: into the world and out of it."""

    into: int = 0
    out: int = 0

    def add(self, pair: tuple[int, int]) -> None:
        self.into += pair[0]
        self.out += pair[1]

    @property
    def both(self) -> int:
        return self.into + self.out


@dataclass
class Command:
    """All crossings of one command of one TA, or of opening or closing its sessions."""

    calls: int = 0
    failed: int = 0
    times: Times = field(default_factory=Times)
    passed: Bytes = field(default_factory=Bytes)
    copied: Bytes = field(default_factory=Bytes)


@dataclass
class Thread:
    """When one thread was first and last seen in a command. Ticks."""

    began: int
    ended: int


class Figures:
    """One trace in numbers. Times are None where the clock of the file does not make sense."""

    def __init__(self, path: Path) -> None:
        trace = TraceFile(path)
        self.path = path
        self.header: Header = trace.header
        self.rule: Rule = rule_of(self.header)
        self.ns_per_tick = self.header.ns_per_tick
        self.functions: dict[int, int] = {}
        self.commands: dict[str, Command] = {}
        self.threads: dict[int, Thread] = {}
        self.times = Times()  # of commands
        self._inside_ns = 0.0
        self.memory: dict[Kind, Bytes] = {kind: Bytes() for kind in KINDS}
        self.copied = Bytes()
        self.crossings = self.operations = self.refused = self.unsure = 0
        self.buckets: list[list[float]] = [[0.0] * BUCKETS for _ in range(3)]  # commands, ns in them, bytes
        self.last_tick = max(self.header.last.ticks, trace.last_tick())
        self._lifetimes = Lifetimes(trace)
        for call in trace.calls():
            self._add(call)
        self.cut_bytes = trace.cut_bytes

    @property
    def passed(self) -> Bytes:
        """Bytes of all kinds of memory."""
        every = self.memory.values()
        return Bytes(sum(kind.into for kind in every), sum(kind.out for kind in every))

    @property
    def dropped(self) -> int:
        return sum(self.header.dropped.values())

    @property
    def seconds(self) -> float:
        """From the first call to the last sign of life."""
        known = self.header.last.raw_ns - self.header.start.raw_ns
        ticks = self.last_tick - self.header.start.ticks
        return max(0.0, known, ticks * (self.ns_per_tick or 0.0)) / 1e9

    @property
    def inside_ns(self) -> float | None:
        """Time in crossings, of all threads."""
        return None if self.ns_per_tick is None else self._inside_ns

    @property
    def command_ns(self) -> float | None:
        """Time in commands, of all threads."""
        return None if self.ns_per_tick is None else self.times.sum_ns

    @property
    def span_ns(self) -> float | None:
        """Time from each thread's first command to its last, of all threads."""
        if self.ns_per_tick is None:
            return None
        return sum(thread.ended - thread.began for thread in self.threads.values()) * self.ns_per_tick

    @property
    def copied_share(self) -> float | None:
        """Of the bytes that were passed; above 1 where a library copies more than it must."""
        if self.rule.copied is None or not self.passed.both:
            return None
        return self.copied.both / self.passed.both

    def _add(self, call: Call) -> None:
        self.functions[call.function] = self.functions.get(call.function, 0) + 1
        if call.function not in (OPEN, CLOSE, INVOKE):
            return
        ta = self._lifetimes.ta(call.object, call.began)
        if self.rule.crosses(call, bool(ta)):
            self._cross(call, ta)
        elif call.function != CLOSE:
            self.refused += 1
            self._count_bytes(call, Command())

    def _cross(self, call: Call, ta: str) -> None:
        command = self._command(call, ta)
        ticks = max(0, call.ended - call.began)
        self.crossings += 1
        self.operations += call.function == INVOKE
        command.calls += 1
        command.failed += call.result != 0
        if self.ns_per_tick is not None:
            command.times.add(ticks * self.ns_per_tick)
            self._inside_ns += ticks * self.ns_per_tick
        if call.function == INVOKE:
            self._operation(call, ticks)
        self._count_bytes(call, command)

    def _command(self, call: Call, ta: str) -> Command:
        from uuid import UUID

        if call.function == OPEN:
            ta = str(UUID(bytes_le=call.detail))
        word = {OPEN: "open", CLOSE: "close"}.get(call.function, f"command {call.command}")
        name = f"{ta[:8] or 'unknown'} {word}"
        if name not in self.commands and len(self.commands) >= MOST_COMMANDS:
            name = OTHERS
        return self.commands.setdefault(name, Command())

    def _operation(self, call: Call, ticks: int) -> None:
        if self.ns_per_tick is not None:
            self.times.add(ticks * self.ns_per_tick)
            self._bucket(call, ticks * self.ns_per_tick)
        thread = self.threads.get(call.thread)
        if thread is None:
            if len(self.threads) >= MOST_THREADS:
                return
            thread = self.threads[call.thread] = Thread(call.began, call.ended)
        thread.began, thread.ended = min(thread.began, call.began), max(thread.ended, call.ended)

    def _count_bytes(self, call: Call, command: Command) -> None:
        for param in call.params:
            if not is_memory(param):
                continue
            kind: Kind = "temporary"
            if not is_temporary(param):
                kind = self._lifetimes.memory(param.memory, call.began)
            self.unsure += kind == "unknown" or TOO_LARGE in (param.before, param.after)
            if command.calls:  # a refused call passes nothing on
                self.memory[kind].add(passed(call, param))
                command.passed.add(passed(call, param))
            if self.rule.copied:
                copied = self.rule.copied(call, param, kind)
                self.copied.add(copied)
                command.copied.add(copied)

    def _bucket(self, call: Call, ns: float) -> None:
        span = self.last_tick - self.header.start.ticks
        if span <= 0:
            return
        place = (call.ended - self.header.start.ticks) * BUCKETS // span
        place = min(max(place, 0), BUCKETS - 1)
        self.buckets[0][place] += 1
        self.buckets[1][place] += ns
        self.buckets[2][place] += sum(sum(passed(call, param)) for param in call.params if is_memory(param))
