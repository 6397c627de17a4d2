# SPDX-License-Identifier: Apache-2.0
"""What all tests share: random tests that can be repeated, and the tier that runs."""

import os
import random

import pytest
from hypothesis import settings

# A failing random test prints a line @reproduce_failure(...) as well.
settings.register_profile("test", max_examples=100, deadline=None, print_blob=True)
settings.register_profile("soak", max_examples=10_000, deadline=None, print_blob=True)
settings.load_profile("soak" if os.environ.get("WORLDGATE_SOAK") else "test")


def chosen_seed() -> int:
    """The seed of this run: WG_TEST_SEED, or a new one."""
    return int(os.environ.get("WG_TEST_SEED") or random.SystemRandom().getrandbits(32))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One seed for hypothesis and for the tests' own generators."""
    seed = chosen_seed()
    os.environ["WG_TEST_SEED"] = str(seed)  # the C programs that a test starts use it too
    if config.pluginmanager.hasplugin("hypothesispytest") and config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(seed)


def pytest_report_header() -> str:
    """Shown at the top: how to repeat this run."""
    return f"seed: repeat this run with WG_TEST_SEED={os.environ['WG_TEST_SEED']}"


@pytest.fixture
def generator() -> random.Random:
    """A random generator with the seed of the run, the same for every test."""
    return random.Random(int(os.environ["WG_TEST_SEED"]))
