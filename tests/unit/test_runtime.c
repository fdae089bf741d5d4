#include "oci/runtime.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NATIVE  (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)
#define FOREIGN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2MSB : ELFDATA2LSB)

/* A small ELF file: header, segments of which the last one is the note, the note. */
struct elf {
	unsigned char class, data;
	uint16_t segments;     /* written; the header may claim another count */
	uint16_t claimed;      /* 0: as written */
	uint16_t entry_size;   /* 0: the right one */
	uint64_t table_offset; /* 0: the right one */
	uint64_t note_size;    /* claimed by the segment; 0: the right one */
	uint64_t note_offset;  /* 0: the right one */
	const char *name;      /* of the note: "Go\0" */
	uint32_t name_size, type, description_size;
};

#define GO_NOTE .name = "Go\0", .name_size = 4, .type = 4, .description_size = 8

struct row {
	const char *file, *text; /* text NULL: the ELF file */
	struct elf elf;
	enum oci_dialect dialect;
	bool is_script, is_go;
};

static const struct row rows[] = {
	{"runc", NULL, {ELFCLASS64, NATIVE, 1, GO_NOTE}, OCI_DIALECT_RUNC, false, true},
	{"runc", NULL, {ELFCLASS32, NATIVE, 3, GO_NOTE}, OCI_DIALECT_RUNC, false, true},
	{"crun", NULL, {ELFCLASS64, NATIVE, 5, GO_NOTE}, OCI_DIALECT_RUNC, false, true},
	{"crun",
	 NULL,
	 {ELFCLASS64, NATIVE, 1, .name = "GNU", .name_size = 4, .type = 4},
	 OCI_DIALECT_CRUN,
	 false,
	 false},
	{"mycrun-2",
	 NULL,
	 {ELFCLASS64, NATIVE, 1, .name = "Go\0", .name_size = 4, .type = 3},
	 OCI_DIALECT_CRUN,
	 false,
	 false},
	{"youki",
	 NULL,
	 {ELFCLASS64, NATIVE, 1, .name = "GoX", .name_size = 4, .type = 4},
	 OCI_DIALECT_RUNC,
	 false,
	 false},
	/* lies about counts, sizes and places */
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .claimed = 0xffff, GO_NOTE}, OCI_DIALECT_RUNC, false, true},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .entry_size = 1, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .table_offset = UINT64_MAX, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .table_offset = INT64_MAX, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .note_size = UINT64_MAX, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .note_size = 5, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .note_size = 14, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", NULL, {ELFCLASS64, NATIVE, 1, .note_offset = UINT64_MAX - 3, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun",
	 NULL,
	 {ELFCLASS64, NATIVE, 1, .name = "xyz", .name_size = UINT32_MAX, .type = 4},
	 OCI_DIALECT_CRUN,
	 false,
	 false},
	{"crun", NULL, {ELFCLASS64, FOREIGN, 1, GO_NOTE}, OCI_DIALECT_CRUN, false, false},
	{"crun", "\177ELF", {0}, OCI_DIALECT_CRUN, true, false},
	{"runc", "\177ELF\2\1\1............", {0}, OCI_DIALECT_RUNC, false, false},
	/* scripts: the name decides */
	{"runc", "#!/bin/sh\nexec /usr/bin/crun\n", {0}, OCI_DIALECT_RUNC, true, false},
	{"crun-debug", "#!/bin/sh\n", {0}, OCI_DIALECT_CRUN, true, false},
	{"runtime", "", {0}, OCI_DIALECT_RUNC, true, false},
};

struct place {
	char dir[64];
	char path[PATH_MAX];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	strcpy(p->dir, "/tmp/snug-test-runtime.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static const char *in(struct place *p, const char *name)
{
	snprintf(p->path, sizeof(p->path), "%s/%s", p->dir, name);
	return p->path;
}

static void write_file(const char *path, const void *text, size_t len, mode_t mode)
{
	cleanup_fd int fd = -1;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write_full(fd, text, len), 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void add_segment(struct buf *b, const struct elf *e, uint32_t type, uint64_t offset, uint64_t size)
{
	Elf64_Phdr h64 = {.p_type = type, .p_offset = offset, .p_filesz = size};
	Elf32_Phdr h32 = {.p_type = type, .p_offset = (Elf32_Off)offset, .p_filesz = (Elf32_Word)size};

	if (e->class == ELFCLASS64)
		buf_add(b, &h64, sizeof(h64));
	else
		buf_add(b, &h32, sizeof(h32));
}

static void make_elf(const struct elf *e, struct buf *b)
{
	bool is_64 = e->class == ELFCLASS64;
	Elf64_Ehdr h64 = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, e->class, e->data, EV_CURRENT}};
	Elf32_Ehdr h32 = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, e->class, e->data, EV_CURRENT}};
	Elf64_Nhdr note = {e->name_size, e->description_size, e->type};
	size_t entry = is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), head = is_64 ? sizeof(h64) : sizeof(h32);
	uint64_t size = e->note_size ? e->note_size : sizeof(note) + 4 + e->description_size;
	uint64_t offset = e->note_offset ? e->note_offset : head + e->segments * entry;

	h64.e_phoff = e->table_offset ? e->table_offset : head;
	h32.e_phoff = (Elf32_Off)h64.e_phoff;
	h64.e_phnum = h32.e_phnum = e->claimed ? e->claimed : e->segments;
	h64.e_phentsize = h32.e_phentsize = e->entry_size ? e->entry_size : (Elf64_Half)entry;
	if (is_64)
		buf_add(b, &h64, sizeof(h64));
	else
		buf_add(b, &h32, sizeof(h32));
	for (unsigned i = 1; i < e->segments; i++)
		add_segment(b, e, PT_LOAD, 0, 64);
	add_segment(b, e, PT_NOTE, offset, size);
	buf_add(b, &note, sizeof(note));
	buf_add(b, e->name, 4);
	for (unsigned i = 0; i < e->description_size; i++)
		buf_addc(b, 'd');
	assert_false(buf_failed(b));
}

static void test_kinds(void **state)
{
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		cleanup_buf struct buf b = {0};
		struct oci_runtime rt = {0};
		struct err err = {0};

		if (row->text)
			buf_adds(&b, row->text);
		else
			make_elf(&row->elf, &b);
		write_file(in(p, row->file), b.data, b.len, 0755);
		if (oci_runtime_open(p->path, -1, &rt, &err) < 0)
			fail_msg("row %zu: %s", i, err.msg);
		if (rt.dialect != row->dialect || rt.is_go != row->is_go || rt.is_script != row->is_script)
			fail_msg("row %zu: %s: dialect %d, go %d, script %d", i, row->file, (int)rt.dialect, rt.is_go,
				 rt.is_script);
		assert_string_equal(oci_runtime_default_root(&rt),
				    row->dialect == OCI_DIALECT_CRUN ? "/run/crun" : "/run/runc");
		assert_string_equal(rt.path, p->path);
		assert_int_equal(rt.size, b.len);
		oci_runtime_done(&rt);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *word; /* of the message */
	} cases[] = {
		{"missing", -ENOENT, "missing"},  {"dir", -EINVAL, "regular"},     {"fifo", -EINVAL, "regular"},
		{"data", -EACCES, "executable"},  {"self", -ELOOP, "wrapper"},     {"link-to-self", -ELOOP, "wrapper"},
		{"hard-link", -ELOOP, "wrapper"}, {"loop", -ELOOP, "cannot open"},
	};
	struct place *p = *state;
	cleanup_fd int self = -1;
	char other[PATH_MAX];
	struct oci_runtime rt = {.path = p->dir};
	struct err err;

	assert_int_equal(mkdir(in(p, "dir"), 0755), 0);
	assert_int_equal(mkfifo(in(p, "fifo"), 0755), 0);
	write_file(in(p, "data"), "x", 1, 0644);
	write_file(in(p, "self"), "x", 1, 0755);
	self = open(p->path, O_RDONLY | O_CLOEXEC);
	assert_true(self >= 0);
	assert_int_equal(symlink("self", in(p, "link-to-self")), 0);
	snprintf(other, sizeof(other), "%s/self", p->dir);
	assert_int_equal(link(other, in(p, "hard-link")), 0);
	assert_int_equal(symlink("loop", in(p, "loop")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = oci_runtime_open(in(p, cases[i].name), self, &rt, &err);

		if (r != cases[i].code || !strstr(err.msg, cases[i].word) || !strstr(err.msg, p->path))
			fail_msg("%s: %d, '%s'", cases[i].name, r, err.msg);
	}
	assert_int_equal(oci_runtime_open("runc", self, &rt, &err), -EINVAL);
	assert_ptr_equal(rt.path, p->dir);
	/* without the check it is a runtime like any other */
	assert_int_equal(oci_runtime_open(other, -1, &rt, &err), 0);
	oci_runtime_done(&rt);
	oci_runtime_done(NULL);
}

static void test_link_name(void **state)
{
	struct place *p = *state;
	struct oci_runtime rt = {0};

	write_file(in(p, "crun"), "#!", 2, 0755);
	assert_int_equal(symlink("crun", in(p, "oci-runtime")), 0);
	assert_int_equal(oci_runtime_open(p->path, -1, &rt, NULL), 0);
	assert_int_equal(rt.dialect, OCI_DIALECT_CRUN);
	oci_runtime_done(&rt);
}

/* Whatever this machine has: what is found is not the file that is said to be the wrapper. */
static void test_find(void **state)
{
	struct oci_runtime first = {0}, second = {0};
	cleanup_fd int self = -1;
	struct err err = {0};

	if (oci_runtime_find(-1, &first, &err) < 0) {
		assert_int_equal(err.code, -ENOENT);
		return;
	}
	assert_true(first.path[0] == '/');
	self = open(first.path, O_RDONLY | O_CLOEXEC);
	assert_true(self >= 0);
	if (oci_runtime_find(self, &second, &err) == 0)
		assert_false(second.dev == first.dev && second.ino == first.ino);
	oci_runtime_done(&first);
	oci_runtime_done(&second);
}

static void test_id(void **state)
{
	char path[] = "/usr/sbin/runc", other[] = "/usr/bin/runc",
	     odd[] = "/opt/.a b/../.x y\n\xff"
		     "longer-than-ten";
	const struct oci_runtime base = {.path = path, .dev = 0x800, .ino = 5, .size = 7, .mtime_ns = 9};
	struct oci_runtime others[] = {base, base, base, base, base, base};
	char id[OCI_RUNTIME_ID_MAX], ids[ARRAY_SIZE(others)][OCI_RUNTIME_ID_MAX];

	oci_runtime_id(&base, id);
	assert_memory_equal(id, "runc-800-5-7-9-", strlen("runc-800-5-7-9-"));
	others[0].path = other;
	others[1].dev++;
	others[2].ino++;
	others[3].size++;
	others[4].mtime_ns++;
	others[5] = (struct oci_runtime){odd,        UINT64_MAX,       UINT64_MAX, UINT64_MAX,
					 UINT64_MAX, OCI_DIALECT_RUNC, false,      false};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		oci_runtime_id(&others[i], ids[i]);
		assert_string_not_equal(ids[i], id);
		assert_int_equal(strspn(ids[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
				 strlen(ids[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
	assert_true(ids[5][0] != '.');
	/* nothing is cut off: the hash of the path is there in full */
	assert_int_equal(strlen(strrchr(ids[5], '-') + 1), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_name, setup, teardown),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
