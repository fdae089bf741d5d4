/* Lines of other programs that name a refused call:
 *
 *   security-profiles-operator   ... "syscallID"=3 "syscallName"="close" ... "timestamp"="1625486898.429:10664"
 *                                audit(1611996299.149:466250) type=seccomp node=... exe=/init syscall=epoll_pwait
 *   CRI-O's seccomp notifier     Got seccomp notifier message for container ID: ... (syscall = swapoff)
 *                                Used forbidden syscalls: swapoff (3x), chroot (1x)
 *   auditbeat                    {"event":{"action":"violated-seccomp-policy"}, ... "syscall":"mkdir", "code":"0x30000"}
 *   falco                        ... evt_type=mkdir ... evt_res=EPERM (also evt.type, and as JSON)
 *   Inspektor Gadget             {"code":"SECCOMP_RET_KILL_THREAD", ... "syscall":"SYS_UNSHARE"}, and in columns
 *   laurel                       {"ID":"...","SECCOMP":{..., "arch":"0xc000003e","syscall":272, ... "code":"0x50001"}}
 *   osquery                      {"columns":{"arch":"X86_64","code":"ERRNO", ... "syscall":"mkdir"}}
 *   strace                       --- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, ..., si_syscall=__NR_mkdir, si_arch=AUDIT_ARCH_X86_64}
 */
#ifndef SNUG_SECCOMP_LOG_TOOLS_H
#define SNUG_SECCOMP_LOG_TOOLS_H

#include "seccomp/record/log_text.h"
#include "seccomp/record/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_tool {
	LOG_TOOL_NONE, /* the kernel's own record */
	LOG_TOOL_OPERATOR,
	LOG_TOOL_CRIO,
	LOG_TOOL_AUDITBEAT,
	LOG_TOOL_FALCO,
	LOG_TOOL_STRACE,
	LOG_TOOL_GADGET,
	LOG_TOOL_LAUREL,
	LOG_TOOL_OSQUERY,
	LOG_TOOL_DUMP, /* the registers that a Go program prints when SIGSYS kills it */
	LOG_TOOL_COUNT,
};

const char *log_tool_name(enum log_tool t); /* for people; "" for LOG_TOOL_NONE */

/* A call named by such a line. What the line does not contain is 0; the arch is this machine's then. */
struct log_tool_call {
	enum log_tool tool;
	struct record record; /* comm points into `who`, exe into the line */
	uint64_t times;
	char who[128];
};

/* Finds the next call that the line names, from *at on (initially 0): some name several. False if there is none; if that is
 * the first one, ret->tool says which program wrote the unreadable line. */
bool log_tools_next(struct text line, size_t *at, struct log_tool_call *ret);

/* Makes one from a number of this machine's native ABI. */
void log_tools_number(uint32_t nr, enum log_tool tool, enum record_action action, struct log_tool_call *ret);

#endif
