# SPDX-License-Identifier: Apache-2.0
"""One package a path: how to run one variant once, nothing more."""
