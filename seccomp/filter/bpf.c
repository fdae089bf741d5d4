#include "seccomp/filter/bpf.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
};

/* The kernel refuses a constant shift by 32 or more, and masks one in a register (include/linux/filter.h and the interpreter
 * in kernel/bpf/core.c). */
static bool alu(struct machine *m, uint16_t op, uint32_t v, bool constant)
{
	switch (op) {
	case BPF_ADD:
		m->a += v;
		return true;
	case BPF_SUB:
		m->a -= v;
		return true;
	case BPF_MUL:
		m->a *= v;
		return true;
	case BPF_DIV:
		m->a = v ? m->a / v : m->a;
		return v != 0;
	case BPF_AND:
		m->a &= v;
		return true;
	case BPF_OR:
		m->a |= v;
		return true;
	case BPF_XOR:
		m->a ^= v;
		return true;
	case BPF_LSH:
		m->a <<= v & 31;
		return !constant || v < 32;
	case BPF_RSH:
		m->a >>= v & 31;
		return !constant || v < 32;
	case BPF_NEG:
		m->a = 0 - m->a;
		return true;
	default:
		return false;
	}
}

/* Loads and stores. */
static bool move(struct machine *m, const struct sock_filter *in, const struct seccomp_data *data)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (in->k % 4 || in->k > sizeof(*data) - 4)
			return false;
		memcpy(&m->a, (const char *)data + in->k, sizeof(m->a));
		return true;
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = sizeof(*data);
		return true;
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = sizeof(*data);
		return true;
	case BPF_LD | BPF_IMM:
		m->a = in->k;
		return true;
	case BPF_LDX | BPF_IMM:
		m->x = in->k;
		return true;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		return true;
	case BPF_MISC | BPF_TXA:
		m->a = m->x;
		return true;
	default:
		break;
	}
	if (in->k >= BPF_MEMWORDS)
		return false;
	switch (in->code) {
	case BPF_LD | BPF_MEM:
		m->a = m->mem[in->k];
		return true;
	case BPF_LDX | BPF_MEM:
		m->x = m->mem[in->k];
		return true;
	case BPF_ST:
		m->mem[in->k] = m->a;
		return true;
	case BPF_STX:
		m->mem[in->k] = m->x;
		return true;
	default:
		return false;
	}
}

/* The distance of a jump, counted from the next instruction. */
static bool jump(const struct machine *m, const struct sock_filter *in, size_t *ret)
{
	uint32_t v = BPF_SRC(in->code) == BPF_X ? m->x : in->k;
	bool taken;

	switch (BPF_OP(in->code)) {
	case BPF_JA:
		*ret = in->k;
		return in->code == (BPF_JMP | BPF_JA);
	case BPF_JEQ:
		taken = m->a == v;
		break;
	case BPF_JGT:
		taken = m->a > v;
		break;
	case BPF_JGE:
		taken = m->a >= v;
		break;
	case BPF_JSET:
		taken = (m->a & v) != 0;
		break;
	default:
		return false;
	}
	*ret = taken ? in->jt : in->jf;
	return true;
}

int bpf_run(const struct sock_filter *code, size_t len, const struct seccomp_data *data, uint32_t *ret_action)
{
	struct machine m = {0};

	if (len == 0 || len > BPF_MAXINSNS)
		return -EINVAL;
	for (size_t pc = 0; pc < len; pc++) {
		const struct sock_filter *in = &code[pc];
		size_t off = 0;
		bool good;

		switch (BPF_CLASS(in->code)) {
		case BPF_RET:
			if (in->code != (BPF_RET | BPF_K) && in->code != (BPF_RET | BPF_A))
				return -EINVAL;
			*ret_action = BPF_RVAL(in->code) == BPF_A ? m.a : in->k;
			return 0;
		case BPF_ALU:
			good = alu(&m, BPF_OP(in->code), BPF_SRC(in->code) == BPF_X ? m.x : in->k,
				   BPF_SRC(in->code) == BPF_K);
			break;
		case BPF_JMP:
			good = jump(&m, in, &off) && off < len - pc - 1;
			break;
		default:
			good = move(&m, in, data);
			break;
		}
		if (!good)
			return -EINVAL;
		pc += off;
	}
	return -EINVAL;
}

/* Through a pipe, to which no file size limit applies. It holds twice the size of the longest filter that the kernel takes;
 * a longer one is cut, and refused for its length. */
int bpf_of_filter(scmp_filter_ctx ctx, struct sock_filter **ret, size_t *ret_len, struct err *err)
{
	cleanup_buf struct buf b = {0};
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(err, errno, "pipe");
	cleanup_fd int from = ends[0], to = ends[1];

	r = seccomp_export_bpf(ctx, to);
	if (r < 0)
		return err_sys(err, r, "libseccomp cannot compile the filter");
	close(steal_fd(&to));
	r = file_read_fd(from, BPF_MAXINSNS * sizeof(**ret), "filter", &b, err);
	if (r < 0)
		return r;
	*ret_len = b.len / sizeof(**ret);
	*ret = (struct sock_filter *)(void *)buf_steal(&b);
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}
