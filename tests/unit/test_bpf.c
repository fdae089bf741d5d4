/* The interpreter of filters: what the kernel does with each instruction, what it would not load, and what libseccomp
 * makes of rules. */
#include "base/cleanup.h"
#include "seccomp/filter/bpf.h"
#include "tests/unit/any_kernel.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX 8
#define NR  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)
#define RET BPF_STMT(BPF_RET | BPF_A, 0)

static const struct seccomp_data DATA = {.nr = 59,
					 .arch = AUDIT_ARCH_X86_64,
					 .instruction_pointer = 0x1122334455667788,
					 .args = {1, 2, 3, 4, 5, 0xffffffff00000006}};

static const struct {
	const char *what;
	struct sock_filter code[MAX];
	size_t len;
	int status;
	uint32_t action;
} CASES[] = {
	{"return k", {BPF_STMT(BPF_RET | BPF_K, 0x50001)}, 1, 0, 0x50001},
	{"return a", {NR, RET}, 2, 0, 59},
	{"arch", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), RET}, 2, 0, AUDIT_ARCH_X86_64},
	{"last word", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60), RET}, 2, 0, 0xffffffff},
	{"beyond the data", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET}, 2, -EINVAL, 0},
	{"not aligned", {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET}, 2, -EINVAL, 0},
	{"half a word", {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET}, 2, -EINVAL, 0},
	{"length", {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET}, 2, 0, 64},
	{"memory",
	 {NR, BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_LD | BPF_MEM, 15), RET},
	 5,
	 0,
	 59},
	{"beyond the memory", {NR, BPF_STMT(BPF_ST, 16), RET}, 3, -EINVAL, 0},
	{"x", {NR, BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), RET}, 4, 0, 118},
	{"and", {NR, BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x30), RET}, 3, 0, 0x30},
	{"shift", {NR, BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2), RET}, 3, 0, 236},
	{"shift too far", {NR, BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET}, 3, -EINVAL, 0},
	{"divide by zero", {NR, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET}, 3, -EINVAL, 0},
	{"negate", {NR, BPF_STMT(BPF_ALU | BPF_NEG, 0), RET}, 3, 0, (uint32_t)-59},
	{"equal",
	 {NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1),
	  BPF_STMT(BPF_RET | BPF_K, 2)},
	 4,
	 0,
	 1},
	{"greater",
	 {NR, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 59, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1),
	  BPF_STMT(BPF_RET | BPF_K, 2)},
	 4,
	 0,
	 2},
	{"greater or equal",
	 {NR, BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 59, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1),
	  BPF_STMT(BPF_RET | BPF_K, 2)},
	 4,
	 0,
	 1},
	{"set",
	 {NR, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1), BPF_STMT(BPF_RET | BPF_K, 1),
	  BPF_STMT(BPF_RET | BPF_K, 2)},
	 4,
	 0,
	 2},
	{"jump", {BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)}, 3, 0, 2},
	{"jump behind the end", {BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 1)}, 2, -EINVAL, 0},
	{"jump very far", {BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), BPF_STMT(BPF_RET | BPF_K, 1)}, 2, -EINVAL, 0},
	{"no return", {NR}, 1, -EINVAL, 0},
	{"nothing", {NR}, 0, -EINVAL, 0},
	{"subtract", {NR, BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 60), RET}, 3, 0, UINT32_MAX},
	{"multiply", {NR, BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x10000001), RET}, 3, 0, 0xb000003b},
	{"divide", {NR, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 10), RET}, 3, 0, 5},
	{"or", {NR, BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0x104), RET}, 3, 0, 0x13f},
	{"exclusive or", {NR, BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0x10b), RET}, 3, 0, 0x130},
	{"shift right", {NR, BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 3), RET}, 3, 0, 7},
	{"shift right too far", {NR, BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), RET}, 3, -EINVAL, 0},
	{"shift by a register of 33",
	 {NR, BPF_STMT(BPF_LDX | BPF_IMM, 33), BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), RET}, 4, 0, 118},
	{"no such arithmetic", {NR, BPF_STMT(BPF_ALU | 0xf0, 1), RET}, 3, -EINVAL, 0},
	{"length in x",
	 {NR, BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), RET}, 4, 0, 123},
	{"x to a", {BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET}, 3, 0, 9},
	{"memory of x",
	 {BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_STX, 3), BPF_STMT(BPF_LDX | BPF_IMM, 1),
	  BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET},
	 6,
	 0,
	 9},
	{"x beyond the memory", {BPF_STMT(BPF_LDX | BPF_MEM, 16), RET}, 2, -EINVAL, 0},
	{"load of a byte", {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET}, 2, -EINVAL, 0},
	{"compare with x",
	 {NR, BPF_STMT(BPF_LDX | BPF_IMM, 59), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
	  BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)},
	 5,
	 0,
	 1},
	{"no such jump", {NR, BPF_JUMP(BPF_JMP | 0x50, 0, 0, 0), RET}, 3, -EINVAL, 0},
	{"jump by x", {BPF_STMT(BPF_JMP | BPF_JA | BPF_X, 0), RET}, 2, -EINVAL, 0},
	{"return x", {BPF_STMT(BPF_RET | BPF_X, 0)}, 1, -EINVAL, 0},
	{"no such instruction", {{0xffff, 0, 0, 0}, RET}, 2, -EINVAL, 0},
};

static void instructions(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		uint32_t action = 0;
		int r = bpf_run(CASES[i].code, CASES[i].len, &DATA, &action);

		if (r != CASES[i].status || action != CASES[i].action)
			fail_msg("%s: %d, action %x", CASES[i].what, r, action);
	}
}

static uint32_t answer(const struct sock_filter *code, size_t len, uint32_t arch, int nr, uint64_t arg)
{
	struct seccomp_data data = {.nr = nr, .arch = arch, .args = {arg}};
	uint32_t action = 0;

	assert_int_equal(bpf_run(code, len, &data, &action), 0);
	return action;
}

static void what_libseccomp_compiles(void **state)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(38));
	cleanup_free struct sock_filter *code = NULL;
	size_t len = 0;

	assert_int_equal(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), 0);
	assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X86_64), 0);
	assert_int_equal(seccomp_arch_add(ctx, SCMP_ARCH_X86), 0);
	assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(execve), 0), 0);
	assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(reboot), 0), 0);
	assert_int_equal(
		seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7e020000, 0)),
		0);
	assert_int_equal(bpf_of_filter(ctx, &code, &len, NULL), 0);
	seccomp_release(ctx);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 59, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(code, len, AUDIT_ARCH_I386, 11, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 11, 0), SECCOMP_RET_ERRNO | 38);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 777, 0), SECCOMP_RET_ERRNO | 38);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 169, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 56, 17), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 56, 0x10000011), SECCOMP_RET_ERRNO | 38);
	/* An ABI that the filter does not list. */
	assert_int_equal(answer(code, len, AUDIT_ARCH_AARCH64, 59, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(answer(code, len, AUDIT_ARCH_X86_64, 0x40000000 | 59, 0), SECCOMP_RET_KILL_THREAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions),
		cmocka_unit_test(what_libseccomp_compiles),
	};
	return cmocka_run_group_tests(tests, any_kernel, NULL);
}
