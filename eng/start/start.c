#define _GNU_SOURCE
/* The start of the one file that vggcuda is shipped as: chooses the program for this processor, unpacks it into memory and becomes it
   (docs/decisions/011-two-programs-in-one-file.md). eng/pack builds it. */
#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "programs.h"

/* As the program itself reports a device that cannot be used, and a file that cannot be written. */
enum { NO_DEVICE = 4, NO_FILE = 3 };

__asm__(".section .rodata\n.balign 64\nprograms:\n.incbin \"" PROGRAMS_FILE "\"\nprograms_end:\n.previous");
extern const char programs[], programs_end[];

static const char *unfinished; /* a file on the disk that is to go */

static _Noreturn void leave(int code)
{
    if (unfinished) unlink(unfinished);
    exit(code);
}

static _Noreturn void fail(const char *step)
{
    fprintf(stderr, "vggcuda: The program cannot be unpacked: %s: %s. It needs about 30 MB of memory, or of room in TMPDIR (else /tmp) where programs may be run.\n", step, strerror(errno));
    leave(NO_FILE);
}

static int choose(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return 1;
    if (__builtin_cpu_supports("x86-64-v3")) return 0;
    fprintf(stderr, "vggcuda: This processor has no AVX2 and FMA (x86-64-v3, in Intel's since 2013 and AMD's since 2015), which this program is compiled for. "
                    "The .NET tool runs on it, slower: dotnet tool install VggCuda.\n");
    exit(NO_DEVICE);
}

static void unpack(const char *packed, uint32_t packed_length, char *to, uint32_t length)
{
    if (LZ4_decompress_safe(packed, to, (int)packed_length, (int)length) != (int)length) {
        fprintf(stderr, "vggcuda: The program's file is damaged; download it again and compare its checksum.\n");
        leave(NO_FILE);
    }
}

/* Writes the chosen program into a file of its size. */
static void fill(int file, int chosen)
{
    const struct table *table = (const struct table *)programs;
    const struct piece *piece = table->piece, *end = piece + table->pieces;
    size_t length = 0;
    for (const struct piece *p = piece; p < end; p++) length += p->programs >> chosen & 1 ? p->length : 0;

    /* Asked for before it is written to: a page that finds no room would end the process without a word. */
    errno = posix_fallocate(file, 0, (off_t)length);
    if (errno != 0) fail("room for it");
    char *to = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (to == MAP_FAILED) fail("mmap");
    size_t done = 0;
    for (const struct piece *p = piece; p < end; p++) {
        if (p->programs >> chosen & 1) {
            unpack(programs + sizeof *table + p->at, p->packed, to + done, p->length);
            done += p->length;
        }
    }

    munmap(to, length);
}

/* A file in memory; newer kernels want to be told that it will be run, older ones do not know the flag. */
static int memory_file(void)
{
    const unsigned run = 0x10; /* MFD_EXEC */
    int file = memfd_create("vggcuda", MFD_CLOEXEC | run);
    return file < 0 && errno == EINVAL ? memfd_create("vggcuda", MFD_CLOEXEC) : file;
}

/* Where programs in memory are not allowed: a file that only we can read, without a name by the time it runs. */
static int file_on_disk(int chosen)
{
    const char *folder = getenv("TMPDIR");
    static char name[4096];
    if (snprintf(name, sizeof name, "%s/vggcuda-XXXXXX", folder && *folder ? folder : "/tmp") >= (int)sizeof name) fail("TMPDIR");
    int file = mkstemp(name);
    if (file < 0) fail(name);
    unfinished = name;
    int ready = -1;
    if (fchmod(file, 0700) == 0) {
        fill(file, chosen);
        ready = open(name, O_RDONLY | O_CLOEXEC);
    }
    unlink(name);
    unfinished = 0;
    close(file);
    if (ready < 0) fail(name);
    return ready;
}

int main(int count, char **arguments)
{
    (void)count;
    int chosen = choose();

    /* The program's folder is searched for CUDA's libraries: the program in memory has none. */
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = 0;
        setenv("VGGCUDA_PROGRAM", self, 1);
    }

    extern char **environ;
    int file = memory_file();
    if (file >= 0) {
        fill(file, chosen);
        fexecve(file, arguments, environ);
    }
    fexecve(file_on_disk(chosen), arguments, environ);
    fail("exec");
}
