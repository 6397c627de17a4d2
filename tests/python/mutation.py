# SPDX-License-Identifier: Apache-2.0
"""Broken variations of a file, for tests that nothing of it may end in a traceback."""

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

TOKENS = [
    b"null", b"true", b"-1", b"0", b"1e999", b"1e308", b"9" * 400, b"NaN", b'""', b"[]", b"{}", b"[[",
    b"}}", b'"', b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\n", b"\x1b[31m", b"'''", b"=", b"..",
    b"[" * 3000, b'{"a":' * 3000,
]  # fmt: skip
VALUES: list[Any] = [
    None, True, -1, 0, 1, 2**63, 2**70, 10**400, 1e308, -0.0, 5e-324, "", "x", "\ud800", "\n", "\x1b[2J",
    "normal", [], {}, [None], [[[]]], {"": None}, {"schema": 1},
]  # fmt: skip
# What takes the place of a part that was taken out.
CHANGES: list[Callable[[bytes, random.Random], bytes]] = [
    lambda part, generator: b"",
    lambda part, generator: part + part,
    lambda part, generator: generator.choice(TOKENS),
    lambda part, generator: generator.randbytes(len(part)),
    lambda part, generator: bytes(b ^ 1 << generator.randrange(8) for b in part),
]


def mutate_bytes(data: bytes, generator: random.Random) -> bytes:
    """Cut off, or a part of it left out, doubled, replaced or turned, up to four times."""
    for _ in range(generator.randint(1, 4)):
        begin = generator.randrange(len(data) + 1)
        end = min(len(data), begin + generator.choice((0, 1, 1, 2, 8, 40, 400)))
        if generator.random() < 0.1:
            data = data[:begin]
        else:
            data = data[:begin] + generator.choice(CHANGES)(data[begin:end], generator) + data[end:]
    return data


def mutate_tree(tree: Any, generator: random.Random) -> Any:
    """The same tree with some values, keys or items that do not belong there."""
    tree = deepcopy(tree)
    for _ in range(generator.randint(1, 3)):
        node = tree
        while node:
            key = generator.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if not isinstance(node[key], (dict, list)) or generator.random() < 0.15:
                _change(node, key, generator)
                break
            node = node[key]
    return tree


def _change(node: Any, key: Any, generator: random.Random) -> None:
    kind = generator.randrange(4)
    if kind == 0:
        del node[key]
    elif kind == 1 and isinstance(node, dict):
        node[generator.choice(("", "x", str(key) + "s"))] = deepcopy(node[key])
    elif kind == 1:
        node.append(deepcopy(node[key]))
    elif kind == 2 and isinstance(node[key], float):
        node[key] = generator.choice((-node[key], node[key] * 1e6, node[key] + 1))
    elif kind == 2 and type(node[key]) is int:
        node[key] = generator.choice((-node[key], node[key] * 1000, node[key] + 1))
    else:
        node[key] = deepcopy(generator.choice(VALUES))
