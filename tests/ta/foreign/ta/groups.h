/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of commands. Each checks nothing of its own: the answers are the client's to compare. */
#ifndef FOREIGN_GROUPS_H
#define FOREIGN_GROUPS_H

#include "report.h"

void memory_group(struct report *report);
void memory_of_client(struct report *report, const TEE_Param *param);
void time_group(struct report *report);
void random_group(struct report *report);
void objects_group(struct report *report);
void digests_group(struct report *report);
void ciphers_group(struct report *report);
void macs_group(struct report *report);
void ae_group(struct report *report);
/* address: NUL-terminated, the TA's own copy */
void tcp_group(struct report *report, char *address, uint16_t port, uint16_t nobody);
void udp_group(struct report *report, char *address, uint16_t port);

TEE_Result values_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS]);
TEE_Result complement_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS]);
TEE_Result reverse_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS]);
TEE_Result three_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS]);
TEE_Result wait_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS]);

#endif
