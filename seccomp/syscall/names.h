/* Names and numbers of system calls: libseccomp's tables, and a data file (syscalls-newer.csv) for what this libseccomp does
 * not know yet. A number means nothing without its arch. */
#ifndef SNUG_SECCOMP_SYSCALL_H
#define SNUG_SECCOMP_SYSCALL_H

#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSCALL_NAME_MAX 48

/* Writes the call's name to ret (SYSCALL_NAME_MAX bytes) and returns true; for an unknown number, "syscall_N" and false. On
 * x32, nr has bit 30 set, as in a record. */
bool syscall_name(const struct arch *arch, uint32_t nr, char *ret);

/* Finds the number of a call on an arch. Returns 0, or -ENOENT if the arch lacks it or the name is unknown. For a call that
 * i386 also has through socketcall or ipc it is the direct number, if there is one. */
int syscall_number(const struct arch *arch, const char *name, uint32_t *ret);

/* True if this machine's libseccomp resolves the name on some arch, so that a runtime that links it can load it. */
bool syscall_known_to_libseccomp(const char *name);

/* The highest number, of those that are the same on all arches (424 and up), that a libseccomp of a version like "2.5.4" can
 * name; 0 if the version is unreadable. */
unsigned syscall_named_up_to(const char *version);

/* The i-th name in syscalls-newer.csv, from 0; NULL after the last. */
const char *syscall_newer(size_t i);

/* The version of the libseccomp that this process uses, "2.5.4". */
#define SYSCALL_LIBSECCOMP_MAX 40
void syscall_libseccomp(char ret[SYSCALL_LIBSECCOMP_MAX]);

/* Its API level, which also depends on the kernel (seccomp_api_get(3)); from SYSCALL_API_LOG on it supports the log
 * action. */
#define SYSCALL_API_LOG 3u
unsigned syscall_libseccomp_api(void);

#endif
