#include "shim/runtime/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void blocks_are_aligned_and_apart(void **state)
{
	struct heap h = {0};
	char *before = NULL;

	(void)state;
	for (size_t size = 0; size < 200; size++) {
		char *p = heap_take(&h, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % HEAP_ALIGN, 0);
		if (before)
			assert_true(p >= before + size - 1);
		memset(p, 0xff, size);
		before = p;
	}
}

static void the_last_one_grows_where_it_lies(void **state)
{
	struct heap h = {0};
	char *p = heap_take(&h, 10), *q;

	(void)state;
	memcpy(p, "123456789", 10);
	for (size_t size = 20; size < HEAP_LARGE; size *= 2)
		assert_ptr_equal(heap_resize(&h, p, size), p);
	assert_ptr_equal(heap_resize(&h, p, 1), p);
	q = heap_take(&h, 1);
	assert_true(q >= p + HEAP_LARGE / 4);
	/* No longer the last. */
	q = heap_resize(&h, p, HEAP_LARGE - 100);
	assert_ptr_not_equal(q, p);
	assert_string_equal(q, "123456789");
}

static void what_was_given_back_is_used_again(void **state)
{
	struct heap h = {0};
	char *first, *second, *third;

	(void)state;
	first = heap_take(&h, 100);
	second = heap_take(&h, 100);
	third = heap_take(&h, 100);
	heap_give(&h, NULL);
	heap_give(&h, second);
	assert_true((char *)heap_take(&h, 1) > third);
	heap_give(&h, third);
	/* A block behind them is still in use. */
	assert_true((char *)heap_take(&h, 1) > third);

	h = (struct heap){0};
	first = heap_take(&h, 100);
	for (int i = 0; i < 100000; i++) {
		second = heap_take(&h, 1000);
		third = heap_take(&h, 1000);
		assert_true(third < first + 4000);
		heap_give(&h, second);
		heap_give(&h, third);
	}
}

/* Kilobytes of a kind of memory (proc(5), status). */
static unsigned long memory(const char *kind)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kb = 0;
	char line[200];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, kind, strlen(kind)) == 0)
			kb = strtoul(line + strlen(kind) + 1, NULL, 10);
	fclose(f);
	return kb;
}

static void a_large_one_leaves_nothing_behind(void **state)
{
	struct heap h = {0};
	char *small = heap_take(&h, 10), *large = heap_take(&h, 100), *place = large, *more;
	unsigned long before = memory("VmSize");

	(void)state;
	memset(small, 1, 10);
	strcpy(large, "contents");
	more = heap_take(&h, 10);
	/* It becomes one, and grows. */
	for (size_t size = HEAP_LARGE; size <= (size_t)64 << 20; size *= 2) {
		large = heap_resize(&h, large, size);
		assert_non_null(large);
		assert_string_equal(large, "contents");
		large[size - 1] = 1;
		assert_int_equal((uintptr_t)large % HEAP_ALIGN, 0);
	}
	assert_true(memory("VmSize") < before + (65 << 10) + 64);
	heap_give(&h, large);
	assert_true(memory("VmSize") < before + 64);
	for (int i = 0; i < 1000; i++)
		heap_give(&h, heap_take(&h, HEAP_AREA));
	assert_true(memory("VmSize") < before + 64);
	/* Those beside it are what and where they were. */
	assert_int_equal(small[9], 1);
	heap_give(&h, more);
	assert_ptr_equal(heap_take(&h, 10), place);
}

/* In a child: the limit is for the whole process. */
static void a_limit_leaves_room_for_small_ones(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const rlim_t room = (memory("VmData") + HEAP_AREA / 4096) << 10;
		struct heap h = {0};

		if (setrlimit(RLIMIT_DATA, &(struct rlimit){room, room}) < 0)
			_exit(2);
		_exit(!heap_take(&h, 1000) ? 3 : h.end - h.at < HEAP_AREA / 4 ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_cannot_be_had_is_refused(void **state)
{
	struct heap h = {0};
	char *p = heap_take(&h, 10);

	(void)state;
	assert_null(heap_take(&h, SIZE_MAX));
	assert_null(heap_take(&h, SIZE_MAX / 2));
	assert_null(heap_take(&h, (size_t)1 << 60));
	assert_null(heap_resize(&h, p, SIZE_MAX));
	assert_null(heap_resize(&h, p, SIZE_MAX - HEAP_ALIGN));
	/* Nothing has changed. */
	memset(p, 1, 10);
	assert_ptr_equal(heap_resize(&h, p, 100), p);
}

/* Against a model: each block holds its own bytes, whatever happens to the others. */
static void random_ones_keep_their_bytes(void **state)
{
	struct heap h = {0};
	struct {
		unsigned char *p;
		size_t size;
		unsigned char value;
	} blocks[50] = {0};

	(void)state;
	srand(1);
	for (int step = 0; step < 5000; step++) {
		size_t i = (size_t)rand() % 50,
		       size = (size_t)(rand() % 100 ? rand() % 3000 : rand() % (2 * HEAP_AREA));

		for (size_t k = 0; k < blocks[i].size; k += 97)
			assert_int_equal(blocks[i].p[k], blocks[i].value);
		if (blocks[i].p && rand() % 2) {
			heap_give(&h, blocks[i].p);
			blocks[i].p = NULL;
			blocks[i].size = 0;
			continue;
		}
		if (blocks[i].p && size < blocks[i].size)
			size = blocks[i].size;
		blocks[i].p = blocks[i].p ? heap_resize(&h, blocks[i].p, size) : heap_take(&h, size);
		assert_non_null(blocks[i].p);
		if (blocks[i].size) {
			assert_int_equal(blocks[i].p[0], blocks[i].value);
			assert_int_equal(blocks[i].p[blocks[i].size - 1], blocks[i].value);
		}
		blocks[i].size = size;
		blocks[i].value = (unsigned char)step;
		memset(blocks[i].p, blocks[i].value, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_aligned_and_apart),
		cmocka_unit_test(the_last_one_grows_where_it_lies),
		cmocka_unit_test(what_was_given_back_is_used_again),
		cmocka_unit_test(a_large_one_leaves_nothing_behind),
		cmocka_unit_test(a_limit_leaves_room_for_small_ones),
		cmocka_unit_test(what_cannot_be_had_is_refused),
		cmocka_unit_test(random_ones_keep_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
