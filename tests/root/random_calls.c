/* A program whose calls are random: random-calls SEED COUNT [fork|list]. Static, so that nearly all of its calls are
 * those that it says it makes: numbers from a seed, each with arguments that can do nothing. With "fork" half of them
 * are made by a child, which ends first. With "list" it prints the numbers, and makes no call of them. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What would wait, end the process, or say something of filters. */
static const int never[] = {
	SYS_exit, SYS_exit_group, SYS_execve, SYS_execveat, SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_restart_syscall, SYS_prctl, SYS_seccomp, SYS_ptrace,
	SYS_wait4, SYS_waitid, SYS_ppoll, SYS_pselect6, SYS_clone, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
	SYS_munmap, SYS_brk, SYS_setrlimit, SYS_prlimit64, SYS_vhangup, SYS_sync, SYS_setuid, SYS_setgid, SYS_umask, SYS_personality,
#ifdef SYS_fork
	SYS_fork, SYS_vfork, SYS_pause, SYS_poll, SYS_select, SYS_alarm, SYS_arch_prctl,
#endif
};

static int is_allowed(int nr)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (never[i] == nr)
			return 0;
	return 1;
}

static uint64_t state;

static uint32_t roll(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static void call_some(long count, int list)
{
	while (count > 0) {
		int nr = (int)(roll() % 335);

		if (!is_allowed(nr))
			continue;
		if (list)
			printf("%d\n", nr);
		else
			syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L);
		count--;
	}
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[2]) : 20;

	state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	if (argc > 3 && strcmp(argv[3], "fork") == 0) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		call_some(count / 2, 0);
		if (child == 0)
			return 0;
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	} else {
		call_some(count, argc > 3 && strcmp(argv[3], "list") == 0);
	}
	return 0;
}
