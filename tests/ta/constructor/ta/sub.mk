# SPDX-License-Identifier: Apache-2.0
srcs-y += constructor_ta.c
ifdef FORBIDDEN_PATH
cflags-constructor_ta.c-y += -DFORBIDDEN_PATH='"$(FORBIDDEN_PATH)"'
endif
