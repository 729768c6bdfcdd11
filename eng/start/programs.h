/* How the two programs lie in the one file: a table, then pieces packed with LZ4. A program is some of the pieces one behind the other;
   what both have, as the model and the kernels' text, is one piece of both. Written by join.c, read by start.c, on one machine: numbers
   are as the compiler lays them out. */
#include <stdint.h>

enum { PROGRAMS = 2, MOST_PIECES = 127 }; /* x86-64-v3, x86-64-v4 */

struct piece {
    uint32_t length;     /* bytes */
    uint32_t packed;     /* what they take packed */
    uint32_t at;         /* where, from the table's end */
    uint32_t programs;   /* bit i: program i has it; pieces stand in the order that all programs have them in */
};

struct table {
    uint32_t pieces;
    struct piece piece[MOST_PIECES];
};
