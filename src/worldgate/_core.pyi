# SPDX-License-Identifier: Apache-2.0
# The extension made from _core.cdef.h. What its functions are is told there; worldgate.core gives them types.
from typing import Any

ffi: Any
lib: Any
