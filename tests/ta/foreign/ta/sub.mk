# SPDX-License-Identifier: Apache-2.0
global-incdirs-y += include
srcs-y += foreign_ta.c
srcs-y += report.c
srcs-y += parameters.c
srcs-y += memory.c
srcs-y += sockets.c
subdirs-y += crypto
