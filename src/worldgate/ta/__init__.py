# SPDX-License-Identifier: Apache-2.0
"""Users' own trusted applications: read, built, run, fuzzed, and built for a board."""
