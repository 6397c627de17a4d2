# SPDX-License-Identifier: Apache-2.0
"""The worlds: their names, what is known of them, and the profiles of the emulated ones."""
