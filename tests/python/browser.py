# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over the pipe of its DevTools protocol. It gets no socket to the outside:
a name that it looks up is not found."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60.0
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
    "--window-size=1280,900",
)


def find_chromium() -> str | None:
    """Its path, where it is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One tab. What it complains about and what it asks for over the network is kept."""

    def __init__(self, process: subprocess.Popen[bytes], to: int, source: int) -> None:
        self._process, self._to, self._source = process, to, source
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        self.requests: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._source], [], [], left)[0]:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self._source, 1 << 20)
            if not data:
                raise EOFError("Chromium has ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        about, method = message.get("params", {}), message.get("method")
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(about["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(about["args"])[:500])
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(json.dumps(about["entry"])[:500])
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"][:200])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def look(self, expression: str) -> Any:
        """The value of an expression, awaited."""
        answer = self._ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Until the expression is true; gives its value."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            value = self.look(expression)
            if value:
                return value
            if self.complaints:
                break
            time.sleep(0.02)
        raise TimeoutError(f"never true: {expression}; {self.complaints}")

    def open(self, file: Path) -> float:
        """Opens a report; the milliseconds until it was ready, by the page's own clock."""
        self._ask("Page.navigate", url=file.resolve().as_uri())
        return float(self.wait_for("document.documentElement?.dataset.ready"))

    def prefer(self, **features: str) -> None:
        """Media features of the reader, with - written as _."""
        chosen = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._ask("Emulation.setEmulatedMedia", features=chosen)

    def print_to(self, file: Path) -> None:
        """The page as PDF."""
        file.write_bytes(base64.b64decode(self._ask("Page.printToPDF", printBackground=True)["data"]))

    def resize(self, width: int, height: int) -> None:
        """The size of the window."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def press(self, key: str) -> None:
        """A key without a character."""
        codes = {"Tab": 9, "End": 35, "Home": 36, "PageDown": 34, "ArrowDown": 40, "Enter": 13}
        for kind in ("rawKeyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key])

    def before_loading(self, script: str) -> None:
        """A script that runs before those of every page to come."""
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    def screenshot(self, file: Path, whole: bool = False) -> None:
        """As PNG; whole: beyond the window too."""
        answer = self._ask(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole, **self._clip(whole)
        )
        file.write_bytes(base64.b64decode(answer["data"]))

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}


@contextlib.contextmanager
def browser(program: str) -> Iterator[Page]:
    """A fresh Chromium with a fresh profile; ends with the block."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="worldgate-browser.", ignore_cleanup_errors=True) as folder:
        # Chromium reads from descriptor 3 and writes to 4.
        script = f'exec "$@" 3<&{to_read} 4>&{from_write}'
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", program, *OPTIONS, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(to_read, from_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        try:
            yield Page(process, to_write, from_read)
        finally:
            os.close(to_write)  # it ends when its pipe does
            os.close(from_read)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
