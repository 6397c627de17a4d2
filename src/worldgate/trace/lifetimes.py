# SPDX-License-Identifier: Apache-2.0
"""What lay at an address when a call was made. The library notes addresses alone; sessions and shared memory
are told apart by when they were opened and closed."""

from __future__ import annotations

from bisect import bisect_right
from uuid import UUID

from worldgate.trace.copies import Kind
from worldgate.trace.format import ALLOCATE, CLOSE, OPEN, REGISTER, RELEASE, TraceFile

MOST_EVENTS = 1_000_000  # beyond that, what lies where is unknown


class _History:
    """By address: times and what lies there from then on; None: nothing."""

    def __init__(self) -> None:
        self._events: dict[int, list[tuple[int, int, str]]] = {}
        self._count = 0

    def add(self, address: int, time: int, what: str) -> None:
        if self._count < MOST_EVENTS:
            self._events.setdefault(address, []).append((time, self._count, what))
            self._count += 1

    def sort(self) -> None:
        for events in self._events.values():
            events.sort()

    def at(self, address: int, time: int) -> str:
        events = self._events.get(address, [])
        found = bisect_right(events, (time, MOST_EVENTS, ""))
        return events[found - 1][2] if found else ""


class Lifetimes:
    """Sessions and shared memory of one trace."""

    def __init__(self, trace: TraceFile) -> None:
        self._sessions, self._memory = _History(), _History()
        for call in trace.calls(REGISTER, ALLOCATE, RELEASE, OPEN, CLOSE):
            if call.function == OPEN and call.result == 0:
                self._sessions.add(call.object, call.ended, str(UUID(bytes_le=call.detail)))
            elif call.function == CLOSE:
                self._sessions.add(call.object, call.ended, "")
            elif call.function == RELEASE:
                self._memory.add(call.object, call.ended, "")
            elif call.function in (REGISTER, ALLOCATE) and call.result == 0:
                kind = "registered" if call.function == REGISTER else "allocated"
                self._memory.add(call.object, call.ended, kind)
        self._sessions.sort()
        self._memory.sort()

    def ta(self, session: int, time: int) -> str:
        """The UUID of the TA whose session it is; empty: no session that was seen to open."""
        return self._sessions.at(session, time)

    def memory(self, address: int, time: int) -> Kind:
        """How the shared memory came to be."""
        found = self._memory.at(address, time)
        return "registered" if found == "registered" else "allocated" if found == "allocated" else "unknown"
