# SPDX-License-Identifier: Apache-2.0
incdirs-y += ..
cppflags-y += -DFOREIGN_KEY_BYTES=16
srcs-y += objects.c
srcs-y += digests.c
srcs-y += ciphers.c
srcs-y += macs.c
srcs-y += ae.c
