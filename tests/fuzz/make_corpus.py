# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of the packet parser: one small frame a file, all made here.

Run it after changing it and commit what it wrote:  python3 tests/fuzz/make_corpus.py
"""

from __future__ import annotations

import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus" / "packet"

ETHERNET = bytes.fromhex("020000000002020000000001")
SOURCE4, DESTINATION4 = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2])
SOURCE6 = bytes.fromhex("20010db8000000000000000000000001")
DESTINATION6 = bytes.fromhex("20010db8000000000000000000000002")
SYN_OPTIONS = bytes.fromhex("020405b40402080a112233445566778801030307")
SACK_OPTIONS = bytes.fromhex("0101051200000001000000020000000300000004")


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(version: int, protocol: int, size: int) -> bytes:
    """The pseudo-header between the addresses that every frame here has."""
    if version == 4:
        return SOURCE4 + DESTINATION4 + struct.pack("!BBH", 0, protocol, size)
    return SOURCE6 + DESTINATION6 + struct.pack("!II", size, protocol)


def patched(data: bytes, offset: int, value: int) -> bytes:
    """The data with a 16-bit number put at the offset."""
    return data[:offset] + struct.pack("!H", value) + data[offset + 2 :]


def tcp(version: int, options: bytes = b"", payload: bytes = b"", flags: int = 0x18) -> bytes:
    """A TCP segment; the options must fill whole words."""
    offset = (20 + len(options)) // 4
    header = struct.pack("!HHIIBBHHH", 12345, 80, 1, 2, offset << 4, flags, 64240, 0, 0)
    segment = header + options + payload
    return patched(segment, 16, checksum(pseudo(version, 6, len(segment)) + segment))


def udp(version: int, payload: bytes = b"") -> bytes:
    """A UDP datagram."""
    datagram = struct.pack("!HHHH", 12345, 53, 8 + len(payload), 0) + payload
    return patched(datagram, 6, checksum(pseudo(version, 17, len(datagram)) + datagram))


def icmp(version: int, payload: bytes = b"") -> bytes:
    """An echo request of ICMP or ICMPv6."""
    message = struct.pack("!BBHHH", 8 if version == 4 else 128, 0, 0, 1, 2) + payload
    before = b"" if version == 4 else pseudo(6, 58, len(message))
    return patched(message, 2, checksum(before + message))


def ipv4(protocol: int, payload: bytes, options: bytes = b"", fragment: int = 0x4000) -> bytes:
    """An IPv4 packet; fragment: the flags and the offset as in the header."""
    length = 20 + len(options)
    header = struct.pack(
        "!BBHHHBBH", 0x40 | length // 4, 0, length + len(payload), 0x1234, fragment, 64, protocol, 0
    )
    header += SOURCE4 + DESTINATION4 + options
    return patched(header, 10, checksum(header)) + payload


def ipv6(protocol: int, payload: bytes) -> bytes:
    """An IPv6 packet; extension headers are part of the payload."""
    return struct.pack("!IHBB", 0x6A512345, len(payload), protocol, 64) + SOURCE6 + DESTINATION6 + payload


def extension(following: int, units: int = 0, content: str = "010400000000") -> bytes:
    """A hop-by-hop, routing or destination header of 8 + 8 * units bytes."""
    return bytes([following, units]) + bytes.fromhex(content) + bytes(8 * units)


def fragment6(following: int, offset: int, more: bool) -> bytes:
    """A fragment header; offset in bytes."""
    return struct.pack("!BBHI", following, 0, offset | more, 0xCAFEBABE)


def authentication(following: int, words: int) -> bytes:
    """An AH header of 12 + 4 * words bytes."""
    return struct.pack("!BBHII", following, 1 + words, 0, 1, 2) + bytes(range(4 * words))


def frame(ether_type: int, payload: bytes, tags: str = "") -> bytes:
    """An Ethernet frame, padded to 60 bytes."""
    return (ETHERNET + bytes.fromhex(tags) + struct.pack("!H", ether_type) + payload).ljust(60, b"\0")


def frames() -> dict[str, bytes]:
    """Every file by its name."""
    chain = extension(43) + extension(60, 0, "000000000000") + extension(51, 1) + authentication(6, 3)
    snap = bytes.fromhex("aaaa03000000") + struct.pack("!H", 0x0800) + ipv4(17, udp(4, b"snap"))
    arp = "0001080006040001020000000001c0000201000000000000c0000202"
    whole = {
        "arp": frame(0x0806, bytes.fromhex(arp)),
        "arp-other-hardware": frame(0x0806, bytes.fromhex("0006080008040001") + bytes(24)),
        "ipv4-ah": frame(0x0800, ipv4(51, authentication(6, 3) + tcp(4))),
        "ipv4-first-fragment": frame(0x0800, ipv4(17, udp(4, bytes(24))[:24], fragment=0x2000)),
        "ipv4-later-fragment": frame(0x0800, ipv4(17, b"a piece.", fragment=0x0003)),
        "ipv4-gre": frame(0x0800, ipv4(47, bytes.fromhex("00000800") + ipv4(1, icmp(4)))),
        "ipv4-icmp": frame(0x0800, ipv4(1, icmp(4, b"ping"))),
        "ipv4-icmp6": frame(0x0800, ipv4(58, icmp(6))),
        "ipv4-options-udp": frame(0x0800, ipv4(17, udp(4, b"payload"), bytes.fromhex("94040000"))),
        "ipv4-tcp-ack": frame(0x0800, ipv4(6, tcp(4, flags=0x10))),
        "ipv4-tcp-bad-options": frame(0x0800, ipv4(6, tcp(4, bytes.fromhex("0101fe00"), b"data"))),
        "ipv4-tcp-end-of-options": frame(0x0800, ipv4(6, tcp(4, bytes.fromhex("0303070000000000")))),
        "ipv4-tcp-fast-open": frame(0x0800, ipv4(6, tcp(4, bytes.fromhex("220a11223344556677880101")))),
        "ipv4-tcp-sacks": frame(0x0800, ipv4(6, tcp(4, SACK_OPTIONS, b"odd"))),
        "ipv4-tcp-syn": frame(0x0800, ipv4(6, tcp(4, SYN_OPTIONS, flags=0xC2))),
        "ipv4-total-too-large": frame(0x0800, patched(ipv4(17, udp(4)), 2, 1500)),
        "ipv4-udp-no-checksum": frame(0x0800, ipv4(17, patched(udp(4, b"x"), 6, 0))),
        "ipv4-udp-short-length": frame(0x0800, ipv4(17, patched(udp(4, b"payload"), 4, 11))),
        "ipv6-extensions": frame(0x86DD, ipv6(0, chain + tcp(6, payload=b"x"))),
        "ipv6-first-fragment": frame(0x86DD, ipv6(44, fragment6(17, 0, True) + udp(6, bytes(64))[:32])),
        "ipv6-later-fragment": frame(0x86DD, ipv6(44, fragment6(17, 32, False) + b"tail")),
        "ipv6-icmp": frame(0x86DD, ipv6(58, icmp(6, b"ping"))),
        "ipv6-many-extensions": frame(0x86DD, ipv6(60, extension(60) * 9 + udp(6))),
        "ipv6-no-next-header": frame(0x86DD, ipv6(59, b"")),
        "ipv6-routed": frame(0x86DD, ipv6(43, extension(17, 2, "000100000000") + udp(6, b"x"))),
        "ipv6-tcp-syn": frame(0x86DD, ipv6(6, tcp(6, SYN_OPTIONS, flags=0x02))),
        "lldp": frame(0x88CC, bytes.fromhex("0207040200000000010000")),
        "llc-spanning-tree": frame(7, bytes.fromhex("42420300000000")),
        "llc-snap-ipv4": frame(len(snap), snap),
        "vlan-ipv4": frame(0x0800, ipv4(17, udp(4, b"tagged")), "81002064"),
        "vlan-twice-ipv6": frame(0x86DD, ipv6(17, udp(6, b"hello")), "88a86064810000c8"),
        "vlan-five-times": frame(0x0800, b"", "81000001" * 5),
        "bare-ipv4": ipv4(6, tcp(4, SYN_OPTIONS, flags=0x02)),
        "bare-ipv6": ipv6(0, chain + tcp(6, payload=b"x")),
        "empty": b"",
    }
    cuts = {"ipv4-tcp-syn": 60, "ipv6-extensions": 90}
    return whole | {f"cut-{name}": whole[name][:size] for name, size in cuts.items()}


def main() -> None:
    """Replaces the files of the folder."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, data in frames().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
