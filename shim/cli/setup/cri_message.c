#include "shim/cli/setup/cri.h"

#include "base/json/json.h"
#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* The rest of a protocol buffer, and its current field. */
struct fields {
	const unsigned char *at, *end;
	uint64_t number;
	const char *text; /* of a length-delimited field; else NULL */
	size_t len;
	bool broken;
};

static bool read_varint(struct fields *f, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; f->at < f->end && shift < 64; shift += 7) {
		unsigned char c = *f->at++;

		*ret |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

/* Moves to the next field (protobuf.dev/programming-guides/encoding). */
static bool next_field(struct fields *f)
{
	uint64_t tag, value = 0;
	bool good;

	if (f->at == f->end || f->broken)
		return false;
	f->text = NULL;
	f->len = 0;
	good = read_varint(f, &tag);
	f->number = tag >> 3;
	switch (good ? tag & 7 : 7) {
	case 0:
		good = read_varint(f, &value);
		break;
	case 1:
		value = 8;
		break;
	case 2:
		good = read_varint(f, &value);
		f->text = (const char *)f->at;
		break;
	case 5:
		value = 4;
		break;
	default:
		good = false;
	}
	if (good && (tag & 7) != 0) {
		good = value <= (uint64_t)(f->end - f->at);
		f->len = good ? (size_t)value : 0;
		f->at += f->len;
	}
	f->broken = !good;
	return good;
}

static struct fields fields_of(const char *message, size_t len)
{
	return (struct fields){.at = (const unsigned char *)message, .end = (const unsigned char *)message + len};
}

static struct fields inner(const struct fields *f)
{
	return fields_of(f->text ? f->text : "", f->len);
}

static int ended(const struct fields *f, struct err *err)
{
	return f->broken ? err_set(err, EPROTO, "its answer is no protocol buffer") : 0;
}

static int add_handler(struct cri_answer *ret, const char *name, size_t len, struct err *err)
{
	cleanup_free char *s = strndup(name, len);

	ret->lists = true;
	return s && names_add(&ret->handlers, s) == 0 ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* info["config"]: {"containerd": {"runtimes": {NAME: ...}}, ...} */
static int read_config(const char *text, size_t len, struct cri_answer *ret, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	const struct json *runtimes = NULL;
	int r = 0;

	/* Another engine may use this name for something else. */
	if (json_parse(text, len, JSON_FOREIGN, "config", &doc, NULL) == 0)
		runtimes = json_get(json_get(json_root(doc), "containerd"), "runtimes");
	for (const struct json *v = json_first(runtimes); v && r == 0; v = json_next(v))
		r = add_handler(ret, json_key(v), json_key_len(v), err);
	return r;
}

static int read_info(struct fields entry, struct cri_answer *ret, struct err *err)
{
	struct fields value = {0};
	bool is_config = false;

	while (next_field(&entry)) {
		if (entry.number == 1 && entry.text)
			is_config = entry.len == strlen("config") && memcmp(entry.text, "config", entry.len) == 0;
		else if (entry.number == 2 && entry.text)
			value = entry;
	}
	if (entry.broken)
		return ended(&entry, err);
	return is_config && value.text ? read_config(value.text, value.len, ret, err) : 0;
}

static int read_handler(struct fields handler, struct cri_answer *ret, struct err *err)
{
	int r = 0;

	ret->lists = true; /* the default handler has no name */
	while (next_field(&handler) && r == 0)
		if (handler.number == 1 && handler.text && handler.len)
			r = add_handler(ret, handler.text, handler.len, err);
	return r < 0 ? r : ended(&handler, err);
}

int cri_read_status(const char *message, size_t len, struct cri_answer *ret, struct err *err)
{
	struct fields f = fields_of(message, len);
	int r = 0;

	while (r == 0 && next_field(&f)) {
		if (f.number == 2 && f.text)
			r = read_info(inner(&f), ret, err);
		else if (f.number == 3 && f.text)
			r = read_handler(inner(&f), ret, err);
	}
	return r < 0 ? r : ended(&f, err);
}

int cri_read_version(const char *message, size_t len, struct cri_answer *ret, struct err *err)
{
	cleanup_buf struct buf version = {0};
	struct fields f = fields_of(message, len);

	while (next_field(&f)) {
		if (f.number == 2 && f.text)
			text_add_safe(&ret->engine, f.text, f.len);
		else if (f.number == 3 && f.text)
			text_add_safe(&version, f.text, f.len);
	}
	buf_addf(&ret->engine, " %s", version.data ? version.data : "");
	return ended(&f, err);
}

void cri_answer_done(struct cri_answer *a)
{
	buf_done(&a->engine);
	names_done(&a->handlers);
}
