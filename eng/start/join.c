/* join V3 V4 OUT: packs the program for x86-64-v3 and the one for x86-64-v4 into one file for start.c. What both have (the model, the
   kernels, whatever else the compiler makes alike) is kept once. */
#include <lz4hc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs.h"

/* Runs shorter than this are not worth a piece; one of this length holds a whole BLOCK wherever it begins. */
enum { BLOCK = 4096, SHORTEST_RUN = 16384, SLOTS = 1 << 16 };

struct bytes {
    char *at;
    size_t length;
};

static struct table table;
static struct bytes packed[MOST_PIECES];

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "join: %s: %s\n", name, what);
    exit(1);
}

static struct bytes read_all(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) fail("cannot be read", name);
    struct bytes found = {0, (size_t)ftell(file)};
    found.at = malloc(found.length + 1);
    rewind(file);
    if (!found.at || fread(found.at, 1, found.length, file) != found.length) fail("cannot be read", name);
    fclose(file);
    return found;
}

static void add(const char *from, size_t length, uint32_t programs)
{
    if (length == 0) return;
    if (table.pieces == MOST_PIECES) fail("too many pieces", "the programs");
    struct bytes to = {malloc((size_t)LZ4_compressBound((int)length)), 0};
    if (to.at) to.length = (size_t)LZ4_compress_HC(from, to.at, (int)length, LZ4_compressBound((int)length), LZ4HC_CLEVEL_MAX);
    if (to.length == 0) fail("cannot be packed", "a program");

    uint32_t at = table.pieces == 0 ? 0 : table.piece[table.pieces - 1].at + table.piece[table.pieces - 1].packed;
    table.piece[table.pieces] = (struct piece){(uint32_t)length, (uint32_t)to.length, at, programs};
    packed[table.pieces++] = to;
}

/* Of the last BLOCK bytes, so that it can be moved on by one: the sum of each byte times FACTOR to the power of its distance from the end. */
static const uint32_t FACTOR = 16777619;

static uint32_t sum_of(const unsigned char *block)
{
    uint32_t sum = 0;
    for (int i = 0; i < BLOCK; i++) sum = sum * FACTOR + block[i];
    return sum;
}

/* Cuts both programs at the runs that they have in common, in order. */
static void cut(struct bytes a, struct bytes b)
{
    static size_t slots[SLOTS]; /* by a block's sum: where in a one of that sum begins, plus 1; the first counts */
    for (size_t i = 0; i + BLOCK <= a.length; i += BLOCK) {
        size_t *slot = &slots[sum_of((unsigned char *)a.at + i) % SLOTS];
        if (*slot == 0) *slot = i + 1;
    }

    uint32_t outermost = 1; /* FACTOR to the power of BLOCK - 1 */
    for (int i = 1; i < BLOCK; i++) outermost *= FACTOR;

    size_t a_done = 0, b_done = 0;
    uint32_t sum = b.length >= BLOCK ? sum_of((unsigned char *)b.at) : 0;
    for (size_t i = 0; i + BLOCK <= b.length;) {
        size_t j = slots[sum % SLOTS];
        if (j > a_done && memcmp(a.at + j - 1, b.at + i, BLOCK) == 0) {
            size_t from = j - 1, to = i, length = BLOCK;
            while (from > a_done && to > b_done && a.at[from - 1] == b.at[to - 1]) from--, to--, length++;
            while (from + length < a.length && to + length < b.length && a.at[from + length] == b.at[to + length]) length++;
            if (length >= SHORTEST_RUN) {
                add(a.at + a_done, from - a_done, 1);
                add(b.at + b_done, to - b_done, 2);
                add(a.at + from, length, 3);
                a_done = from + length;
                b_done = to + length;
            }

            /* On behind the run, or where a block would end behind one that is too short. */
            i = length >= SHORTEST_RUN ? b_done : to + length - BLOCK + 1;
            if (i + BLOCK <= b.length) sum = sum_of((unsigned char *)b.at + i);
            continue;
        }

        if (i + BLOCK < b.length) sum = (sum - (unsigned char)b.at[i] * outermost) * FACTOR + (unsigned char)b.at[i + BLOCK];
        i++;
    }

    add(a.at + a_done, a.length - a_done, 1);
    add(b.at + b_done, b.length - b_done, 2);
}

int main(int count, char **arguments)
{
    if (count != 4) fail("V3 V4 OUT are wanted", "usage");
    cut(read_all(arguments[1]), read_all(arguments[2]));

    FILE *out = fopen(arguments[3], "wb");
    if (!out) fail("cannot be written", arguments[3]);
    fwrite(&table, sizeof table, 1, out);
    for (uint32_t i = 0; i < table.pieces; i++) fwrite(packed[i].at, 1, packed[i].length, out);
    if (ferror(out) || fclose(out) != 0) fail("cannot be written", arguments[3]);
    return 0;
}
