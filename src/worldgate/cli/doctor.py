# SPDX-License-Identifier: Apache-2.0
"""Say what this machine offers and what is switched off.

Nothing is changed and no root is needed. A missing part switches off what stands beside it, and nothing else.

examples:
  worldgate doctor
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldgate.machine.libraries import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from worldgate.machine.kernel import probe_kernel
    from worldgate.machine.libraries import find_libraries

    _show("kernel", probe_kernel())
    _show("optional libraries", find_libraries())
    _show_aead()
    return 0


def _show(title: str, findings: list[Finding]) -> None:
    print(f"{title}:")
    for found in findings:
        print(f"  {'yes' if found.present else 'no ':3}  {found.name}: {found.switches_on}")
        print(f"       {found.reason or found.detail}")
    print()


def _show_aead() -> None:
    from worldgate.core import aead_library, aead_why_not

    print(f"AEAD library in use: {aead_library()}")
    for name in ("ipsecmb", "openssl"):
        why_not = aead_why_not(name)
        print(f"  {'no ' if why_not else 'yes':3}  aead={name}" + (f": {why_not}" if why_not else ""))
