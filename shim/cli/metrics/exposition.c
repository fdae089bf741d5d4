#include "shim/cli/metrics/exposition.h"

#include <inttypes.h>

static void add_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			buf_adds(out, "\\n");
		else if (*s == '\\' || *s == '"')
			buf_addf(out, "\\%c", *s);
		else
			buf_addc(out, *s & 0x80 ? '?' : *s);
	}
}

static void add_head(struct buf *out, const char *name, const struct exposition_label *labels)
{
	buf_adds(out, name);
	for (size_t i = 0; labels && i < EXPOSITION_LABELS_MAX && labels[i].name; i++) {
		buf_addf(out, "%s%s=\"", i ? "," : "{", labels[i].name);
		add_escaped(out, labels[i].value);
		buf_addc(out, '"');
	}
	buf_adds(out, labels && labels[0].name ? "} " : " ");
}

void exposition_add(struct exposition *x, size_t i, const struct exposition_label *labels, uint64_t value)
{
	add_head(&x->samples[i], x->families[i].name, labels);
	buf_addf(&x->samples[i], "%" PRIu64 "\n", value);
}

void exposition_add_time(struct exposition *x, size_t i, const struct exposition_label *labels, uint64_t ms)
{
	add_head(&x->samples[i], x->families[i].name, labels);
	buf_addf(&x->samples[i], "%" PRIu64 ".%03u\n", ms / 1000, (unsigned)(ms % 1000));
}

void exposition_write(const struct exposition *x, struct buf *out)
{
	static const char *const types[] = {[EXPOSITION_GAUGE] = "gauge", [EXPOSITION_COUNTER] = "counter"};

	for (size_t i = 0; i < x->count; i++) {
		const struct exposition_family *f = &x->families[i];

		out->failed |= buf_failed(&x->samples[i]);
		if (!x->samples[i].len)
			continue;
		buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, types[f->type]);
		buf_add(out, x->samples[i].data, x->samples[i].len);
	}
}

void exposition_done(struct exposition *x)
{
	for (size_t i = 0; i < x->count; i++)
		buf_done(&x->samples[i]);
}
