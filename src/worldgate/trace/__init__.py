# SPDX-License-Identifier: Apache-2.0
"""Traces of client applications: running one under the tracing library, reading what it wrote, and making a
result of it."""
