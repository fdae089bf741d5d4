/* What a system call costs this program: cost SECONDS. Prints the nanoseconds of a getppid and of a read of one byte,
 * each the median of many short rounds, so that what else the machine does counts little. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUND      200
#define ROUNDS_MAX 100000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double getppids(int file)
{
	double begin = now();

	(void)file;
	for (int i = 0; i < ROUND; i++)
		syscall(SYS_getppid);
	return (now() - begin) / ROUND;
}

static double reads(int file)
{
	double begin = now();
	char byte;

	for (int i = 0; i < ROUND; i++)
		if (read(file, &byte, 1) != 1)
			exit(1);
	return (now() - begin) / ROUND;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double (*round)(int), int file, double ns)
{
	static double took[ROUNDS_MAX];
	double end = now() + ns;
	size_t n = 0;

	while (n < ROUNDS_MAX && (n == 0 || now() < end))
		took[n++] = round(file);
	qsort(took, n, sizeof(*took), compare);
	return took[n / 2];
}

int main(int argc, char **argv)
{
	double ns = (argc > 1 ? atof(argv[1]) : 1) * 1e9 / 2;
	int file = open("/dev/zero", O_RDONLY);

	if (file < 0)
		return 1;
	printf("%.1f %.1f\n", median(getppids, file, ns), median(reads, file, ns));
	return 0;
}
