/* SPDX-License-Identifier: Apache-2.0 */
/* Entry points, sessions, and the table of commands. */
#include <foreign_ta.h>
#include <tee_internal_api.h>

#include "groups.h"

#define ADDRESS_BYTES 64

/* The instance's, behind TEE_SetInstanceData. */
struct instance {
	uint32_t opened;
	uint32_t open;
};

struct session {
	uint32_t label;
	uint32_t calls;
};

/* Initialised data and zeroed data of a TA. */
static uint32_t magic_number = 0x51ab3e07;
static uint32_t zero_number;

static const struct {
	uint32_t command;
	void (*run)(struct report *report);
} groups[] = {
	{FOREIGN_MEMORY, memory_group},	  {FOREIGN_TIME, time_group},	    {FOREIGN_RANDOM, random_group},
	{FOREIGN_OBJECTS, objects_group}, {FOREIGN_DIGESTS, digests_group}, {FOREIGN_CIPHERS, ciphers_group},
	{FOREIGN_MACS, macs_group},	  {FOREIGN_AE, ae_group},
};

static const struct {
	uint32_t command;
	TEE_Result (*run)(uint32_t types, TEE_Param params[TEE_NUM_PARAMS]);
} commands[] = {
	{FOREIGN_VALUES, values_command},   {FOREIGN_COMPLEMENT, complement_command},
	{FOREIGN_REVERSE, reverse_command}, {FOREIGN_THREE, three_command},
	{FOREIGN_WAIT, wait_command},
};

TEE_Result TA_CreateEntryPoint(void)
{
	struct instance *instance = TEE_Malloc(sizeof(*instance), TEE_MALLOC_FILL_ZERO);

	if (!instance)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (magic_number != 0x51ab3e07 || zero_number != 0)
		return TEE_ERROR_BAD_STATE;
	TEE_SetInstanceData(instance);
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	TEE_Free((void *)(uintptr_t)TEE_GetInstanceData());
	TEE_SetInstanceData(NULL);
}

static struct instance *instance_here(void)
{
	return (struct instance *)(uintptr_t)TEE_GetInstanceData();
}

/* Without parameters, or with the label as a value and a text that must say "open". */
TEE_Result TA_OpenSessionEntryPoint(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS], void **sessionContext)
{
	const uint32_t labelled = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_MEMREF_INPUT,
						  TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
	struct session *session;

	if (paramTypes != labelled && paramTypes != 0)
		return TEE_ERROR_BAD_PARAMETERS;
	if (paramTypes == labelled &&
	    (params[1].memref.size != 4 || TEE_MemCompare(params[1].memref.buffer, "open", 4) != 0))
		return TEE_ERROR_ACCESS_DENIED;
	session = TEE_Malloc(sizeof(*session), TEE_MALLOC_FILL_ZERO);
	if (!session)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (paramTypes == labelled) {
		session->label = params[0].value.a;
		params[0].value.b = ~session->label;
	}
	instance_here()->opened++;
	instance_here()->open++;
	*sessionContext = session;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *sessionContext)
{
	instance_here()->open--;
	TEE_Free(sessionContext);
}

static TEE_Result instance_command(struct session *session, uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	params[0].value.a = instance_here()->opened;
	params[0].value.b = instance_here()->open;
	params[1].value.a = session->label;
	params[1].value.b = session->calls;
	return TEE_SUCCESS;
}

static TEE_Result group_command(uint32_t command, uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	struct report report;
	TEE_Result result;
	size_t i;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	result = report_start(&report);
	if (result != TEE_SUCCESS)
		return result;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].command == command)
			groups[i].run(&report);
	if (command == FOREIGN_MEMORY)
		memory_of_client(&report, &params[0]);
	return report_send(&report, &params[0]);
}

static TEE_Result socket_command(uint32_t command, uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	char address[ADDRESS_BYTES];
	struct report report;
	TEE_Result result;
	size_t size;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_MEMREF_INPUT,
				     TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	size = params[1].memref.size;
	if (size == 0 || size > sizeof(address))
		return TEE_ERROR_BAD_PARAMETERS;
	TEE_MemMove(address, params[1].memref.buffer, size);
	if (address[size - 1] != '\0')
		return TEE_ERROR_BAD_FORMAT;
	result = report_start(&report);
	if (result != TEE_SUCCESS)
		return result;
	if (command == FOREIGN_TCP)
		tcp_group(&report, address, (uint16_t)params[2].value.a, (uint16_t)params[2].value.b);
	else
		udp_group(&report, address, (uint16_t)params[2].value.a);
	return report_send(&report, &params[0]);
}

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	struct session *session = sessionContext;
	size_t i;

	session->calls++;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].command == commandID)
			return commands[i].run(paramTypes, params);
	switch (commandID) {
	case FOREIGN_TCP:
	case FOREIGN_UDP:
		return socket_command(commandID, paramTypes, params);
	case FOREIGN_INSTANCE:
		return instance_command(session, paramTypes, params);
	case FOREIGN_ANY:
		return TEE_ERROR_BAD_FORMAT;
	case FOREIGN_PANIC:
		TEE_Panic(0xdead);
		return TEE_SUCCESS;
	default:
		break;
	}
	if (commandID <= FOREIGN_AE)
		return group_command(commandID, paramTypes, params);
	return TEE_ERROR_NOT_SUPPORTED;
}
