#define _GNU_SOURCE
/* join V3 V4 MODEL OUT: packs the program for x86-64-v3 and the one for x86-64-v4 into one file for start.c. The model, which both
   have among their resources and which does not shrink, is kept once. */
#include <lz4hc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs.h"

struct bytes {
    char *at;
    size_t length;
};

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

static struct bytes pack(const char *from, size_t length)
{
    struct bytes packed = {malloc((size_t)LZ4_compressBound((int)length)), 0};
    if (packed.at) packed.length = (size_t)LZ4_compress_HC(from, packed.at, (int)length, LZ4_compressBound((int)length), LZ4HC_CLEVEL_MAX);
    if (packed.length == 0) fail("cannot be packed", "a program");
    return packed;
}

int main(int count, char **arguments)
{
    if (count != 5) fail("V3 V4 MODEL OUT are wanted", "usage");
    struct bytes model = read_all(arguments[3]);
    struct table table = {(uint32_t)model.length, {{0, 0, 0, 0}}};
    struct bytes parts[PROGRAMS][2];
    for (int i = 0; i < PROGRAMS; i++) {
        struct bytes program = read_all(arguments[1 + i]);
        char *found = memmem(program.at, program.length, model.at, model.length);
        if (!found) fail("does not hold the model", arguments[1 + i]);
        size_t before = (size_t)(found - program.at), after = program.length - before - model.length;
        parts[i][0] = pack(program.at, before);
        parts[i][1] = pack(found + model.length, after);
        table.programs[i] = (struct program){(uint32_t)before, (uint32_t)parts[i][0].length, (uint32_t)after, (uint32_t)parts[i][1].length};
    }

    FILE *out = fopen(arguments[4], "wb");
    if (!out) fail("cannot be written", arguments[4]);
    fwrite(&table, sizeof table, 1, out);
    fwrite(model.at, 1, model.length, out);
    for (int i = 0; i < PROGRAMS; i++)
        for (int part = 0; part < 2; part++) fwrite(parts[i][part].at, 1, parts[i][part].length, out);
    if (ferror(out) || fclose(out) != 0) fail("cannot be written", arguments[4]);
    return 0;
}
