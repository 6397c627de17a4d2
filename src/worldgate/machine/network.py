# SPDX-License-Identifier: Apache-2.0
"""The network stack: congestion control, buffers, kTLS, AF_XDP, network namespaces."""

from __future__ import annotations

import contextlib
import errno
import socket
import subprocess
import sys

from worldgate.machine.finding import Files, Finding, Theme, whole

_THEME = Theme("network")
_AF_XDP = 44
_TCP_ULP = 31
_BUFFER_WANTED_BYTES = 4 << 20
_BUFFERS = {"rmem": "receive", "wmem": "send"}
# In a process of its own, since it cannot be undone: a network namespace, else one inside a user namespace.
# Its loopback is switched on, since some systems give a user namespace without any right in it.
_UNSHARE = """
import ctypes, fcntl, os, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
status = 0 if libc.unshare(0x40000000) == 0 else 10 if libc.unshare(0x50000000) == 0 else 20
if status == 20:
    print(os.strerror(ctypes.get_errno()))
    sys.exit(status)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH22x", b"lo", 1))
except OSError as error:
    print("one was made, but without rights in it: " + error.strerror)
    status = 20
sys.exit(status)
"""
_NAMESPACES_ADVICE = (
    "run as root, or as root: sysctl -w kernel.unprivileged_userns_clone=1 "
    "(Ubuntu: kernel.apparmor_restrict_unprivileged_userns=0)"
)


def congestion_control(files: Files) -> str | None:
    return files.text("/proc/sys/net/ipv4/tcp_congestion_control") or None


def probe_congestion(files: Files) -> Finding:
    name = "congestion control"
    used = congestion_control(files)
    if used is None:
        return _THEME.unknown(name, "the kernel does not tell it", "it decides how TCP fills a link")
    discipline = files.text("/proc/sys/net/core/default_qdisc") or "unknown"
    if used != "bbr":
        return _THEME.good(name, used, "TCP on loopback is not paced")
    if discipline == "fq":
        found = "bbr with fq"
        meaning = "it suits a real link; loopback has no queue, so there it is paced by timers and slower"
    else:
        found = f"bbr without fq (queueing discipline: {discipline})"
        meaning = "TCP is paced by timers and reaches a fraction of the rate of cubic on loopback"
    return _THEME.warning(name, found, meaning, "as root: sysctl -w net.ipv4.tcp_congestion_control=cubic")


def probe_buffer(files: Files, kind: str) -> Finding:
    name = f"{_BUFFERS[kind]} buffers ({kind})"
    most = files.number(f"/proc/sys/net/core/{kind}_max")
    tcp = [whole(word) for word in (files.text(f"/proc/sys/net/ipv4/tcp_{kind}") or "").split()]
    tcp_most = tcp[2] if len(tcp) == 3 else None
    if most is None or tcp_most is None:
        return _THEME.unknown(name, "the kernel does not tell the limits", "bursts must fit into them")
    found = f"sockets {most >> 10} KiB, TCP {tcp_most >> 10} KiB"
    small = [
        f"net.core.{kind}_max={_BUFFER_WANTED_BYTES * 4}" if most < _BUFFER_WANTED_BYTES else "",
        f"net.ipv4.tcp_{kind}='4096 131072 {_BUFFER_WANTED_BYTES * 4}'"
        if tcp_most < _BUFFER_WANTED_BYTES
        else "",
    ]
    commands = " ".join(filter(None, small))
    if not commands:
        return _THEME.good(name, found, "bursts fit into them")
    return _THEME.warning(
        name,
        found,
        "a burst that does not fit is lost or waits, which looks like a cost of the path",
        f"as root: sysctl -w {commands}",
    )


def probe_ktls() -> Finding:
    """TCP_ULP, tried on a connection of loopback."""
    name, meaning = "kTLS", "TLS records sealed by the kernel, to compare with"
    try:
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            client = stack.enter_context(socket.create_connection(listener.getsockname(), timeout=2))
            client.setsockopt(socket.IPPROTO_TCP, _TCP_ULP, b"tls")
    except FileNotFoundError:
        return _THEME.absent(name, "the kernel has no 'tls' for TCP", meaning, "as root: modprobe tls")
    except OSError as error:
        return _THEME.absent(name, f"{error.strerror or error}", meaning, "use a kernel with CONFIG_TLS")
    return _THEME.good(name, "a connection took it", meaning)


def probe_afxdp() -> Finding:
    """A socket, tried."""
    name, meaning = "AF_XDP", "link afxdp"
    try:
        socket.socket(_AF_XDP, socket.SOCK_RAW, 0).close()
    except PermissionError as error:
        return _THEME.absent(
            name, f"{error.strerror}", meaning, "it needs root, or the capability CAP_NET_RAW"
        )
    except OSError as error:
        advice = "use a kernel with CONFIG_XDP_SOCKETS" if error.errno == errno.EAFNOSUPPORT else ""
        return _THEME.absent(name, f"{error.strerror}", meaning, advice)
    return _THEME.good(name, "a socket opens", meaning)


def probe_namespaces() -> Finding:
    """A network namespace, tried in a process of its own."""
    name, meaning = "network namespaces", "links between ends that are apart, without another machine"
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _UNSHARE],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return _THEME.unknown(name, f"cannot be tried: {error}", meaning)
    if done.returncode == 0:
        return _THEME.good(name, "one was made", meaning)
    if done.returncode == 10:
        return _THEME.good(name, "one was made inside a user namespace", meaning)
    why = done.stdout.strip() or f"the trial ended with status {done.returncode}"
    return _THEME.absent(name, why, meaning, _NAMESPACES_ADVICE)


def probe_network(files: Files) -> list[Finding]:
    """What can be read at once; without the trials."""
    return [probe_congestion(files), *(probe_buffer(files, kind) for kind in _BUFFERS)]
