/* How the two programs lie in the one file: a table, the model once, then for each program what stands before and after the model, packed with LZ4.
   Written by join.c, read by start.c, on one machine: numbers are as the compiler lays them out. */
#include <stdint.h>

enum { PROGRAMS = 2 }; /* x86-64-v3, x86-64-v4 */

struct program {
    uint32_t before, before_packed; /* bytes up to the model, and what they take packed */
    uint32_t after, after_packed;   /* bytes from the model's end on */
};

struct table {
    uint32_t model; /* bytes of the model, which stands right behind the table */
    struct program programs[PROGRAMS];
};
