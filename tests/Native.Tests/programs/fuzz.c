/* A seeded fuzz of the whole interface: calls in random order from several threads, with handles that are right, wrong, closed and made up, null
 * pointers, random sizes, structures with random sizes and members, and texts of every kind. Only statuses may come back, never
 * VGG_ERROR_INTERNAL, and at the end every handle can be closed. Pointers that are not null are always to memory of ours: no C library survives others.
 * usage: fuzz SEED ROUNDS THREADS */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "vggcuda_dlpack.h"

enum { HANDLES = 24, ROOM = 1 << 16 };

static _Atomic uint64_t handles[HANDLES];
static atomic_long statuses[16];
static int rounds;

typedef struct Thread {
    uint64_t state;
    float *pictures, *out;
    double values[64];
    unsigned char *bytes; /* Larger than any structure and text. */
    pthread_t id;
} Thread;

static uint32_t next(Thread *t)
{
    t->state ^= t->state << 13;
    t->state ^= t->state >> 7;
    t->state ^= t->state << 17;
    return (uint32_t)(t->state >> 32);
}

static uint32_t below(Thread *t, uint32_t n)
{
    return next(t) % n;
}

static uint64_t handle(Thread *t)
{
    uint64_t h = atomic_load(&handles[below(t, HANDLES)]);
    switch (below(t, 24)) {
    case 0: return 0;
    case 1: return ((uint64_t)next(t) << 32) | next(t);
    case 2: return h ^ (1u << below(t, 6));
    case 3: return h ^ (1ull << (32 + below(t, 4)));
    default: return h;
    }
}

/* A kind of handle where there is one, so that calls get beyond the first check. */
static uint64_t of_kind(Thread *t, uint32_t kind)
{
    return below(t, 8) ? atomic_load(&handles[(kind * 4) + below(t, 4)]) : handle(t);
}

static void keep(Thread *t, uint32_t kind, uint64_t h)
{
    uint64_t old = atomic_exchange(&handles[(kind * 4) + below(t, 4)], h);
    while (vgg_close(old) == VGG_ERROR_BUSY) {
    }
}

static const char *text(Thread *t)
{
    static const char *const texts[] = {
        "", " ", "predictions:20", "predictions:bird", "block3_conv1:3", "block1_conv1:0@1,2", "block5_conv3", "diversity(block3_conv1)",
        "predictions:20 - 0.5*predictions:22", "probability(20)", "direction(block2_conv1, 3=1, 7=-0.5)", "alignment(block1_pool)", "7:3", "-", "((((",
        "'", "predictions:99999999999999999999", "1e999*predictions:1", "block1_conv1:0@99,99", "cpu", "auto", "cuda", "cuda:0", "cuda:-1", "cuda:99999999999", "reference", "demo",
        "/", "/dev/null", "/proc/self/mem", "no/such/file", "modern", "keras-vis", "maco", "deepdream", "saliency", "grad-cam", "layer-cam", "gradient-input", "guided", "bird", "12", "-1",
        "{", "{}", "[]", "null", "{\"format\":2}", "{\"format\":\"x\"}", "{\"format\":99}", "{\"objective\":null}", "{\"objective\":{\"kind\":\"layer\",\"layer\":\"block1_conv1\"}}",
        "{\"method\":{\"kind\":\"saliency\"}}", "{\"method\":{\"kind\":\"occlusion\",\"window\":-1}}", "{\"method\":null}", "{\"method\":{\"kind\":\"nobody\"}}", "\xff", "\xc3\x28", "\xe2\x82", "\xf0\x9f\x90\xa6",
    };
    uint32_t which = below(t, sizeof texts / sizeof *texts + 2);
    if (which < sizeof texts / sizeof *texts) {
        return texts[which];
    }
    if (which == sizeof texts / sizeof *texts) {
        return NULL;
    }
    uint32_t length = below(t, 300);
    for (uint32_t i = 0; i < length; i++) {
        t->bytes[i] = (unsigned char)(1 + below(t, 255));
    }
    t->bytes[length] = 0;
    return (const char *)t->bytes;
}

static size_t length(Thread *t, size_t right)
{
    static const size_t odd[] = {0, 1, 2, 3, 4, 5, 7, 8, 100, VALUES - 1, VALUES, VALUES + 1, 2 * VALUES, SIDE * SIDE, SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 31, (size_t)1 << 32};
    return below(t, 4) ? right : odd[below(t, sizeof odd / sizeof *odd)];
}

/* A number of an option: small, so that a round is short, or absurd, which must be refused. */
static uint32_t number(Thread *t)
{
    switch (below(t, 12)) {
    case 0: return 1;
    case 1: return 2;
    case 2: return 3;
    case 3: return next(t) | 0x80000000u;
    case 4: return 0x7fffffff;
    default: return 0;
    }
}

static uint32_t struct_size(Thread *t, size_t right)
{
    switch (below(t, 10)) {
    case 0: return below(t, 4097);
    case 1: return next(t);
    default: return (uint32_t)right;
    }
}

static void count(vgg_status status)
{
    CHECK(status >= 0 && status < 16);
    atomic_fetch_add(&statuses[status], 1);
    if (status == VGG_ERROR_INTERNAL) {
        char message[2048] = "";
        size_t size = sizeof message;
        vgg_last_error(message, &size);
        fprintf(stderr, "VGG_ERROR_INTERNAL: %s\n", message);
        exit(1);
    }
}

static int32_t progress(void *data, const vgg_progress *now)
{
    Thread *t = data;
    CHECK(now->struct_size == sizeof *now);
    switch (below(t, 4)) {
    case 0: count(vgg_close(handle(t))); return 0;
    case 1: return (int32_t)next(t);
    default: return 0;
    }
}

static void zero_but_size(Thread *t, void *structure, size_t size)
{
    memset(t->bytes, 0, 4608);
    memset(structure, 0, size);
}

static void one(Thread *t)
{
    uint64_t h = 0;
    uint64_t *out = below(t, 40) ? &h : NULL;
    size_t size = below(t, 3) ? ROOM : below(t, 40);
    size_t *sizep = below(t, 40) ? &size : NULL;
    char *buffer = below(t, 4) ? (char *)t->out : NULL;
    size_t index = below(t, 3) ? below(t, 24) : length(t, 0);
    switch (below(t, 30)) {
    case 0:
    {
        vgg_status status = vgg_network_open(below(t, 3) ? NULL : text(t), below(t, 4) ? NULL : text(t), out);
        count(status);
        if (status == VGG_OK) keep(t, 0, h);
        break;
    }
    case 1:
    {
        /* Few threads, or too many. */
        vgg_status status = vgg_device_open(below(t, 3) ? "cpu" : text(t), below(t, 6) ? 1 + below(t, 2) : (next(t) | 0x10000u), out);
        count(status);
        if (status == VGG_OK) keep(t, 1, h);
        break;
    }
    case 2: case 3: {
        vgg_gradient_options o;
        zero_but_size(t, &o, sizeof o);
        o.batch = number(t);
        o.height = number(t) ? 0 : 32 + below(t, 3) * 32;
        o.width = o.height ? 96 : number(t);
        o.preprocessing = below(t, 8) ? 0 : (int32_t)number(t);
        o.precision = below(t, 8) ? 0 : (int32_t)number(t);
        o.struct_size = struct_size(t, sizeof o);
        memcpy(t->bytes + 512, &o, sizeof o);
        vgg_status status = vgg_gradient_open(of_kind(t, 0), of_kind(t, 1), text(t), below(t, 2) ? NULL : (vgg_gradient_options *)(t->bytes + 512), out);
        count(status);
        if (status == VGG_OK) keep(t, 2, h);
        break;
    }
    case 4: {
        vgg_predictor_options o;
        zero_but_size(t, &o, sizeof o);
        o.batch = number(t);
        o.top = number(t);
        o.preprocessing = (int32_t)number(t);
        o.struct_size = struct_size(t, sizeof o);
        memcpy(t->bytes + 512, &o, sizeof o);
        vgg_status status = vgg_predictor_open(of_kind(t, 0), of_kind(t, 1), below(t, 2) ? NULL : (vgg_predictor_options *)(t->bytes + 512), out);
        count(status);
        if (status == VGG_OK) keep(t, 3, h);
        break;
    }
    case 5: {
        vgg_attributor_options o;
        zero_but_size(t, &o, sizeof o);
        o.batch = number(t);
        o.preprocessing = (int32_t)number(t);
        o.reserved = below(t, 8) ? 0 : (int32_t)next(t);
        o.struct_size = struct_size(t, sizeof o);
        memcpy(t->bytes + 512, &o, sizeof o);
        static const char *const quick[] = {"saliency", "gradient-input", "grad-cam", "layer-cam", "guided", "deconvnet"};
        vgg_status status = vgg_attributor_open(of_kind(t, 0), of_kind(t, 1), below(t, 2) ? quick[below(t, 6)] : text(t), below(t, 2) ? NULL : (vgg_attributor_options *)(t->bytes + 512), out);
        count(status);
        if (status == VGG_OK) keep(t, 4, h);
        break;
    }
    case 6: case 7: {
        vgg_render_options o;
        memset(&o, 0, sizeof o);
        memset(t->bytes, 0, 4608);
        unsigned char room[4608] = {0};
        o.objective = below(t, 3) ? "predictions:20" : text(t);
        o.preset = below(t, 3) ? NULL : text(t);
        o.plan = below(t, 6) ? NULL : text(t);
        if (o.plan != NULL && below(t, 2)) o.objective = o.preset = NULL;
        o.count = number(t);
        o.seed = next(t);
        o.height = number(t) > 3 ? 0 : below(t, 2) ? 0 : 96;
        o.width = o.height;
        o.iterations = 1 + below(t, 3);
        o.precision = below(t, 8) ? 0 : (int32_t)number(t);
        o.max_batch = number(t);
        o.progress = below(t, 2) ? progress : NULL;
        o.progress_data = t;
        o.struct_size = struct_size(t, sizeof o);
        if (o.count > 3 && o.count <= 100000) o.count = 3;
        memcpy(room, &o, sizeof o);
        if (below(t, 3) == 0) {
            vgg_memory_forecast f = {0};
            f.struct_size = struct_size(t, sizeof f) % (sizeof f + 1);
            count(vgg_render_forecast(of_kind(t, 0), of_kind(t, 1), (vgg_render_options *)room, below(t, 20) ? &f : NULL));
            break;
        }
        vgg_status status = vgg_render(of_kind(t, 0), of_kind(t, 1), below(t, 20) ? (vgg_render_options *)room : NULL, out);
        count(status);
        if (h != 0) keep(t, 5, h);
        break;
    }
    case 8: case 9: case 10: {
        uint64_t g = of_kind(t, 2);
        int64_t shape[4] = {1, SIDE, SIDE, 3};
        vgg_status known = vgg_gradient_shape(g, below(t, 20) ? shape : NULL);
        count(known);
        size_t all = (size_t)(shape[0] * shape[1] * shape[2] * shape[3]);
        if (all > ROOM) all = ROOM;
        /* A length that is right is right for memory of ours too; any other is refused before anything is read. */
        count(vgg_gradient_run(g, below(t, 20) ? t->pictures : NULL, length(t, all), below(t, 8) ? t->values : NULL, length(t, (size_t)shape[0]), below(t, 8) ? t->out : NULL, length(t, all)));
        break;
    }
    case 11: {
        int64_t shape[4] = {1, SIDE, SIDE, 3};
        uint64_t g = of_kind(t, 2);
        count(vgg_gradient_shape(g, shape));
        int64_t strides[4] = {0, 0, 0, 1};
        DLManagedTensorVersioned in = {.version = {below(t, 8) ? 1 : next(t), next(t)}, .flags = next(t), .dl_tensor = {.data = below(t, 8) ? t->pictures : NULL, .device = {below(t, 8) ? 1 : (int32_t)next(t), 0}, .ndim = below(t, 8) ? 4 : (int32_t)below(t, 4), .dtype = {below(t, 8) ? 2 : (uint8_t)next(t), below(t, 8) ? 32 : 64, 1}, .shape = below(t, 8) ? shape : NULL, .strides = below(t, 2) ? strides : NULL}};
        if (shape[0] * shape[1] * shape[2] * shape[3] > ROOM) break;
        DLManagedTensorVersioned *made = NULL;
        count(vgg_gradient_run_dlpack(g, below(t, 20) ? &in : NULL, NULL, 0, below(t, 8) ? &made : NULL));
        if (made != NULL) made->deleter(made);
        break;
    }
    case 12: case 13: {
        size_t n = length(t, VALUES);
        size_t room = below(t, 2) ? 64 : below(t, 8);
        count(vgg_predictor_run(of_kind(t, 3), below(t, 20) ? t->pictures : NULL, n > 2 * VALUES ? n : n, below(t, 4) ? (vgg_prediction *)t->bytes : NULL, below(t, 20) ? &room : NULL));
        break;
    }
    case 14: {
        int32_t classes[2] = {(int32_t)below(t, 34), below(t, 8) ? 3 : (int32_t)next(t)};
        count(vgg_attributor_run(of_kind(t, 4), below(t, 20) ? t->pictures : NULL, length(t, VALUES), below(t, 2) ? classes : NULL, below(t, 2) ? below(t, 3) : 0, below(t, 20) ? t->out : NULL, length(t, SIDE * SIDE), below(t, 2) ? (vgg_attribution *)t->values : NULL, below(t, 2) ? below(t, 3) : 0));
        break;
    }
    case 15: if (below(t, 4) == 0) count(vgg_close(handle(t))); break;
    case 16: count(vgg_network_name(handle(t), buffer, sizep)); break;
    case 17: count(vgg_layer_name(of_kind(t, 0), index, buffer, sizep)); break;
    case 18: count(vgg_class_name(of_kind(t, 0), index, buffer, sizep)); break;
    case 19: { int32_t found; count(vgg_class_find(of_kind(t, 0), text(t), below(t, 20) ? &found : NULL)); break; }
    case 20: { vgg_layer_info i = {0}; i.struct_size = struct_size(t, sizeof i) % (sizeof i + 1); count(vgg_layer_describe(of_kind(t, 0), index, below(t, 20) ? &i : NULL)); break; }
    case 21: { vgg_network_info i = {0}; i.struct_size = struct_size(t, sizeof i) % (sizeof i + 1); count(vgg_network_describe(of_kind(t, 0), below(t, 20) ? &i : NULL)); break; }
    case 22: count(vgg_device_details(of_kind(t, 1), buffer, sizep)); break;
    case 23: count(vgg_device_cancel(of_kind(t, 1))); break;
    case 24: { vgg_pictures_info i = {0}; i.struct_size = struct_size(t, sizeof i) % (sizeof i + 1); count(vgg_pictures_describe(of_kind(t, 5), below(t, 20) ? &i : NULL)); break; }
    case 25: { vgg_picture_info i = {0}; i.struct_size = struct_size(t, sizeof i) % (sizeof i + 1); count(vgg_picture_describe(of_kind(t, 5), index, below(t, 20) ? &i : NULL)); break; }
    case 26: count(vgg_picture_display(of_kind(t, 5), below(t, 2) ? 0 : index, (uint8_t *)buffer, sizep)); break;
    case 27: {
        size_t room = ROOM;
        if (below(t, 2)) count(vgg_picture_values(of_kind(t, 5), below(t, 2) ? 0 : index, below(t, 2) ? t->out : NULL, below(t, 20) ? &room : NULL));
        else {
            DLManagedTensorVersioned *made = NULL;
            count(vgg_picture_to_dlpack(of_kind(t, 5), below(t, 2) ? 0 : index, below(t, 20) ? &made : NULL));
            if (made != NULL) made->deleter(made);
        }
        break;
    }
    case 28: count(vgg_pictures_plan(of_kind(t, 5), buffer, sizep)); break;
    default: {
        size_t n;
        count(vgg_attribution_methods_count(below(t, 20) ? &n : NULL));
        count(vgg_attribution_methods_name(index, buffer, sizep));
        count(vgg_handle_count(&n));
        count(vgg_version(buffer, sizep));
        count(vgg_last_error(buffer, sizep));
        CHECK(vgg_status_name((vgg_status)next(t)) != NULL);
        break;
    }
    }
}

static void *run(void *data)
{
    Thread *t = data;
    for (int i = 0; i < rounds; i++) {
        one(t);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    uint64_t seed = strtoull(argv[1], NULL, 10);
    rounds = atoi(argv[2]);
    int threads = atoi(argv[3]);
    CHECK(threads > 0 && threads <= 64);
    for (uint32_t i = 0; i < 4; i++) {
        vgg_handle h;
        EXPECT(VGG_OK, vgg_network_open(NULL, NULL, &h));
        handles[i] = h;
        EXPECT(VGG_OK, vgg_device_open("cpu", 1 + i % 2, &h));
        handles[4 + i] = h;
    }
    Thread *all = calloc((size_t)threads, sizeof *all);
    for (int i = 0; i < threads; i++) {
        all[i].state = (seed * 0x9E3779B97F4A7C15ull) ^ ((uint64_t)(i + 1) * 0xBF58476D1CE4E5B9ull);
        all[i].pictures = malloc(ROOM * sizeof(float));
        all[i].out = malloc(ROOM * sizeof(float));
        all[i].bytes = malloc(ROOM);
        paint(all[i].pictures, ROOM);
        CHECK(pthread_create(&all[i].id, NULL, run, &all[i]) == 0);
    }
    for (int i = 0; i < threads; i++) {
        CHECK(pthread_join(all[i].id, NULL) == 0);
        free(all[i].pictures);
        free(all[i].out);
        free(all[i].bytes);
    }
    free(all);
    for (int i = 0; i < HANDLES; i++) {
        vgg_status status = vgg_close(handles[i]);
        CHECK(status == VGG_OK || status == VGG_ERROR_HANDLE);
    }
    printf("fuzz: seed %llu:", (unsigned long long)seed);
    for (int i = 0; i < 16; i++) {
        if (statuses[i] > 0) printf(" %s %ld", vgg_status_name(i), (long)statuses[i]);
    }
    /* What a call on the one thread replaced on the other was closed by neither: nothing may be left. */
    size_t open;
    EXPECT(VGG_OK, vgg_handle_count(&open));
    printf("; %zu handles left\n", open);
    return open != 0;
}
