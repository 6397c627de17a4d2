# SPDX-License-Identifier: Apache-2.0
"""The installed package: the tests must see it, and not the sources."""

import os
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path

import worldgate

PACKAGE = Path(worldgate.__file__).parent


def test_the_tests_run_against_the_installed_package() -> None:
    assert Path(sysconfig.get_path("platlib")) / "worldgate" == PACKAGE


def test_the_sources_are_out_of_reach() -> None:
    here = Path(__file__).resolve().parents[2]
    assert not (here / "src").exists()
    assert not (here / "core").exists()


def test_the_version_is_the_one_of_the_project_file() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())
    assert metadata.version("worldgate") == project["project"]["version"]


def test_the_extension_is_for_every_later_python() -> None:
    assert [path.name for path in PACKAGE.glob("_core*.so")] == ["_core.abi3.so"]


def test_the_executable_of_the_worlds_can_be_executed() -> None:
    assert os.access(PACKAGE / "worldgate-world", os.X_OK)


def test_the_sdk_is_complete() -> None:
    for name in ("include/tee_internal_api.h", "include/tee_client_api.h", "lib/libworldgate.a"):
        assert (PACKAGE / "sdk" / name).is_file(), name


def test_types_are_told_to_others() -> None:
    assert (PACKAGE / "py.typed").is_file()
