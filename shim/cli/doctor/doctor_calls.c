/* How calls from here reach the kernel: by which ABIs, and under which filters. */
#include "shim/cli/doctor/doctor.h"

#include "base/file.h"
#include "seccomp/syscall/arch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_MAX   (2u << 20)
#define I386_GETPID 20

enum { TAKES_CALL, TAKES_NONE }; /* the exit status of the child that tried */

/* Makes a harmless call by another ABI of this machine. Does not return. */
__attribute__((noreturn)) static void try_abi(const struct arch *abi)
{
	long got = -ENOSYS;

	/* Otherwise the sanitizer's handler reports the signal. */
	signal(SIGSEGV, SIG_DFL);
#ifdef __x86_64__
	if (abi->id == ARCH_X32) {
		got = syscall((long)(ARCH_X32_BIT | SYS_getpid)) < 0 ? -errno : 1;
	} else if (abi->id == ARCH_X86) {
		got = I386_GETPID;
		__asm__ volatile("int $0x80" : "+a"(got) : : "memory", "r8", "r9", "r10", "r11");
	}
#endif
	_exit(got > 0 ? TAKES_CALL : TAKES_NONE);
}

static bool takes_calls(const struct arch *abi, struct buf *how_not)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		try_abi(abi);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		buf_adds(how_not, "not tried");
		return false;
	}
	if (WIFSIGNALED(status))
		buf_addf(how_not, "SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != TAKES_CALL)
		buf_adds(how_not, "ENOSYS");
	return WIFEXITED(status) && WEXITSTATUS(status) == TAKES_CALL;
}

/* On x86, a 64-bit program can make a single call by another ABI. Elsewhere, a process has one ABI. */
enum doctor_result doctor_abis(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf taken = {0}, others = {0};
	const struct arch *host[4];
	size_t n = arch_host(host);

	buf_adds(&taken, host[0]->name);
	for (size_t i = 1; i < n && host[0]->id == ARCH_X86_64; i++) {
		cleanup_buf struct buf how_not = {0};

		if (takes_calls(host[i], &how_not))
			buf_addf(&taken, ", %s", host[i]->name);
		else
			buf_addf(&others, "%s%s: %s", others.len ? ", " : "", host[i]->name, how_not.data ? how_not.data : "?");
	}
	return doctor_found(f, DOCTOR_OK, "a program of %s can call as %s%s%s%s", host[0]->name, taken.data ? taken.data : "?", others.len ? " (" : "",
			    others.data ? others.data : "", others.len ? ")" : "");
}

/* Every process started from here inherits them. */
enum doctor_result doctor_filters(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const char *mode;

	if (fd < 0 || file_read_fd(fd, STATUS_MAX, "/proc/self/status", &text, NULL) < 0 || !text.data)
		return doctor_found(f, DOCTOR_FAILS, "/proc/self/status cannot be read");
	mode = strstr(text.data, "\nSeccomp:");
	if (mode && strtoul(mode + strlen("\nSeccomp:"), NULL, 10) != 0)
		return doctor_found(f, DOCTOR_FAILS, "this process is under a seccomp filter, which what it starts inherits");
	return doctor_found(f, DOCTOR_OK, "no seccomp filter is inherited from here");
}
