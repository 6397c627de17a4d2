# SPDX-License-Identifier: Apache-2.0
"""Reads result files only: text, HTML, figures, comparison."""
