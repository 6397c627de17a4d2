# SPDX-License-Identifier: Apache-2.0
"""A TA and a client written to the GlobalPlatform specification alone run unchanged in every world of this
machine, with the same answers and with counts that are exact."""

import hashlib
import hmac
import re
from functools import cache

import pytest
import ta_support
from ta_support import TAS, Ran, sources, usable

from worldgate.ta.run import is_sealed
from worldgate.ta.tools import find_sdk

ANSWERS = (TAS / "foreign" / "answers.txt").read_text()
SEALED_RECORDS = 2
SEALED_BYTES = 2 * 100
SOCKET_BYTES = 2 * 20_000 + len("bye!") + 2 * 1200

# The foreign TA asks for the time, waits and opens sockets: requests to the normal world.
WORLDS = ta_support.world_names("rpc_ns")

# What an outsider has: the specifications' headers and OP-TEE's C library; for the client, POSIX.
HEADERS_OF_A_TA = re.compile(r"tee_\w+\.h|std(arg|io|int|def|bool|lib)\.h|string\.h|foreign_ta\.h")


@cache
def ran(world: str) -> Ran:
    """The foreign client in that world."""
    return ta_support.run("foreign", usable(world))


@pytest.mark.parametrize("world", WORLDS)
def test_the_foreign_client_gets_the_same_answers_everywhere(world: str) -> None:
    outcome = ran(world)
    assert outcome.status == 0, outcome.err
    assert outcome.out.splitlines() == ANSWERS.splitlines()


@pytest.mark.parametrize("world", WORLDS)
def test_the_ledger_counts_every_crossing(world: str) -> None:
    outcome = ran(world)
    assert outcome.ledger["own"]["crossings"] == int(outcome.answers["account.crossings"])
    assert outcome.of_worlds("crossings") == 0


@pytest.mark.parametrize("world", WORLDS)
def test_temporary_and_registered_memory_is_copied_where_the_world_is_sealed(world: str) -> None:
    outcome = ran(world)
    copied = int(outcome.answers["account.copied_bytes"]) if is_sealed(usable(world)) else 0
    assert outcome.ledger["own"]["share_bytes"] + outcome.of_worlds("share_bytes") == copied


@pytest.mark.parametrize("world", WORLDS)
def test_the_ledger_counts_what_is_sealed_opened_and_sent(world: str) -> None:
    outcome = ran(world)
    assert outcome.of_worlds("sealed_records") == outcome.of_worlds("opened_records") == SEALED_RECORDS
    assert outcome.of_worlds("sealed_bytes") == outcome.of_worlds("opened_bytes") == SEALED_BYTES
    assert outcome.of_worlds("socket_bytes") + outcome.ledger["own"]["socket_bytes"] == SOCKET_BYTES


@pytest.mark.parametrize("world", ta_support.world_names())
def test_each_session_of_a_multi_instance_ta_has_an_instance_of_its_own(world: str) -> None:
    outcome = ta_support.run("multi", usable(world))
    assert outcome.status == 0, outcome.err
    assert outcome.out == (TAS / "multi" / "answers.txt").read_text()


def test_the_digests_and_macs_are_those_of_another_implementation() -> None:
    answers = dict(line.split(": ", 1) for line in ANSWERS.splitlines())
    message = bytes(3 * i % 256 for i in range(100))
    key_bytes = {"md5": 16, "sha1": 20, "sha224": 24, "sha256": 32, "sha384": 32, "sha512": 32}
    for name, size in key_bytes.items():
        assert answers[f"digests.{name}"] == hashlib.new(name, message).hexdigest()
        assert answers[f"macs.hmac_{name}"] == hmac.digest(bytes(range(size)), message, name).hex()


def test_every_function_of_the_subset_is_used() -> None:
    header = (find_sdk().include / "tee_internal_api.h").read_text()
    functions = set(re.findall(r"\b(TEE_\w+)\(", header))
    used = sources(TAS / "foreign" / "ta")
    assert len(functions) > 50
    assert not {name for name in functions if not re.search(rf"\b{name}\(", used)}


def test_all_nine_functions_of_the_client_api_are_used() -> None:
    header = (find_sdk().include / "tee_client_api.h").read_text()
    functions = set(re.findall(r"^\w+ (TEEC_\w+)\(", header, re.M))
    used = sources(TAS / "foreign" / "host")
    assert len(functions) == 9
    assert not {name for name in functions if f"{name}(" not in used}


def test_the_foreign_ta_knows_only_what_the_specifications_and_optee_offer() -> None:
    included = set(re.findall(r"#include <([^>]+)>", sources(TAS / "foreign" / "ta")))
    assert not {name for name in included if not HEADERS_OF_A_TA.fullmatch(name)}
    assert "wg_" not in sources(TAS / "foreign")
