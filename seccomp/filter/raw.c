/* Filters as the kernel has them: programs whose profile is unknown. */
#include "seccomp/filter/bpf.h"
#include "seccomp/filter/filter_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BRANCHES_MAX 4096 /* branches followed for one call */

int filter_new_raw(const struct policy *stand_in, const struct filter_raw *programs, size_t count, struct filter **ret, struct err *err)
{
	struct filter *f = NULL;
	int r = filter_new(stand_in, NULL, &f, err);

	if (r < 0)
		return r;
	f->raw = programs;
	f->raw_count = count;
	*ret = f;
	return 0;
}

bool filter_is_raw(const struct filter *f)
{
	return f->raw;
}

/* A walk through one program for one call: everything but the arguments is known, and where one decides, both branches are
 * followed. */
struct walk {
	const struct filter_raw *program;
	const struct seccomp_data *data;
	void (*each)(const struct filter_comparison *c, void *arg);
	void *arg;
	size_t steps;
};

struct walk_state {
	size_t pc;
	uint32_t a;
	int word; /* the argument word in A: 2 * index + high; -1: its value is known */
	uint32_t mask;
};

static bool is_argument(uint32_t k)
{
	return k >= offsetof(struct seccomp_data, args) && k < sizeof(struct seccomp_data);
}

static void walk(struct walk *w, struct walk_state s);

static void walk_branch(struct walk *w, struct walk_state s, const struct sock_filter *in)
{
	struct walk_state other = s;

	s.pc += 1u + in->jt;
	other.pc += 1u + in->jf;
	walk(w, s);
	walk(w, other);
}

static void tell(const struct walk *w, const struct walk_state *s, const struct sock_filter *in)
{
	bool bits = BPF_OP(in->code) == BPF_JSET;

	w->each(&(const struct filter_comparison){.index = (unsigned)s->word / 2,
						  .high = s->word % 2,
						  .greater = BPF_OP(in->code) == BPF_JGT || BPF_OP(in->code) == BPF_JGE,
						  .mask = bits ? in->k : s->mask,
						  .value = bits ? 0 : in->k},
		w->arg);
}

static void walk(struct walk *w, struct walk_state s)
{
	while (s.pc < w->program->len && w->steps++ < BRANCHES_MAX) {
		const struct sock_filter *in = &w->program->code[s.pc];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			s.word = is_argument(in->k) ? (int)((in->k - offsetof(struct seccomp_data, args)) / 4) : -1;
			s.mask = UINT32_MAX;
			memcpy(&s.a, (const char *)w->data + (in->k % 4 || in->k > sizeof(*w->data) - 4 ? 0 : in->k), sizeof(s.a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			s.mask &= in->k;
			s.a &= in->k;
			break;
		case BPF_JMP | BPF_JA:
			s.pc += in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			if (s.word < 0) {
				bool taken = BPF_OP(in->code) == BPF_JEQ ? s.a == in->k : BPF_OP(in->code) == BPF_JGT ? s.a > in->k
					     : BPF_OP(in->code) == BPF_JGE ? s.a >= in->k : (s.a & in->k) != 0;

				s.pc += taken ? in->jt : in->jf;
				break;
			}
			tell(w, &s, in);
			walk_branch(w, s, in);
			return;
		default:
			if (BPF_CLASS(in->code) == BPF_RET)
				return;
			break;
		}
		s.pc++;
	}
}

void filter_each_comparison(const struct filter *f, const struct arch *arch, uint32_t nr,
			    void (*each)(const struct filter_comparison *c, void *arg), void *arg)
{
	const struct seccomp_data data = {.nr = (int)nr, .arch = arch->audit};

	for (size_t i = 0; i < f->raw_count; i++) {
		struct walk w = {.program = &f->raw[i], .data = &data, .each = each, .arg = arg};

		walk(&w, (struct walk_state){.word = -1});
	}
}
