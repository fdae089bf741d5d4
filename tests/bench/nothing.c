/* Attaches a BPF program that does nothing to raw sys_enter, prints a line, and waits for the end of its input, so that it never outlives
 * who started it: what no counter of calls can cost less than. Needs CAP_BPF and CAP_PERFMON, or root. */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)nothing,
		.insn_cnt = sizeof(nothing) / sizeof(*nothing),
		.license = (uintptr_t)"GPL",
	};
	union bpf_attr attach = {.raw_tracepoint.name = (uintptr_t)"sys_enter"};
	int program = bpf(BPF_PROG_LOAD, &load);

	attach.raw_tracepoint.prog_fd = (uint32_t)program;
	if (program < 0 || bpf(BPF_RAW_TRACEPOINT_OPEN, &attach) < 0) {
		perror("nothing: cannot attach a program to sys_enter");
		return 1;
	}
	puts("attached");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
