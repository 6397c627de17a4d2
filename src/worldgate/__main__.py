# SPDX-License-Identifier: Apache-2.0
"""`python -m worldgate` is the command `worldgate`."""

import sys

from worldgate.cli import main

if __name__ == "__main__":
    sys.exit(main())
