# SPDX-License-Identifier: Apache-2.0
"""Plan, rounds, statistics, result: the only scheduler of runs."""
