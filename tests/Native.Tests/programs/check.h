/* What the test programs share: a check that says where it failed. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vggcuda.h"

#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)

/* The status of a call is the one expected; the message is shown where it is not. */
#define EXPECT(status, call) expect((status), (call), #call, __FILE__, __LINE__)

static inline void expect(vgg_status wanted, vgg_status found, const char *call, const char *file, int line)
{
    if (wanted != found) {
        char message[2048] = "";
        size_t size = sizeof message;
        vgg_last_error(message, &size);
        fprintf(stderr, "%s:%d: %s\n  gave %s, not %s: %s\n", file, line, call, vgg_status_name(found), vgg_status_name(wanted), message);
        exit(1);
    }
}

/* The message of this thread's last failure has a word. */
#define SAYS(word)                                                                              \
    do {                                                                                        \
        char message_[2048] = "";                                                               \
        size_t size_ = sizeof message_;                                                         \
        CHECK(vgg_last_error(message_, &size_) == VGG_OK);                                      \
        if (strstr(message_, (word)) == NULL) {                                                 \
            fprintf(stderr, "%s:%d: '%s' is not in: %s\n", __FILE__, __LINE__, (word), message_); \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

enum { SIDE = 96, VALUES = SIDE * SIDE * 3 };

/* A picture that is the same everywhere. */
static inline void paint(float *picture, size_t count)
{
    uint32_t state = 12345;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        picture[i] = (float)(state >> 24);
    }
}

#endif
