/* Every way of using the library wrongly that the header speaks of: a status each, never a crash. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

static vgg_network network;
static vgg_device device;
static float picture[VALUES];

static void sizes_before_buffers(void)
{
    size_t size = 0;
    EXPECT(VGG_OK, vgg_network_name(network, NULL, &size));
    CHECK(size == strlen("VGG16") + 1);
    char text[16] = "untouched";
    size = 3;
    EXPECT(VGG_ERROR_BUFFER, vgg_network_name(network, text, &size));
    CHECK(size == strlen("VGG16") + 1 && strcmp(text, "untouched") == 0);
    SAYS("3");
    size = 0;
    EXPECT(VGG_ERROR_BUFFER, vgg_network_name(network, text, &size));
    EXPECT(VGG_OK, vgg_network_name(network, text, &size));
    CHECK(strcmp(text, "VGG16") == 0);
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_name(network, text, NULL));

    /* The message stays while it is read, and belongs to the failure before. */
    EXPECT(VGG_ERROR_PLAN, vgg_layer_name(network, 1000, NULL, &size));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_last_error(text, NULL));
    SAYS("no layer 1000");
    size = 2;
    EXPECT(VGG_ERROR_BUFFER, vgg_last_error(text, &size));
    CHECK(size > 2);
    SAYS("no layer 1000");
}

static void structures_have_sizes(void)
{
    vgg_network_info info;
    memset(&info, 0xff, sizeof info);
    info.struct_size = 0;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_describe(network, &info));
    SAYS("struct_size");
    info.struct_size = 7;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_describe(network, &info));
    info.struct_size = 1u << 30;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_describe(network, &info));

    /* An older program's structure ends earlier: nothing behind its end is written. */
    info.struct_size = 12;
    EXPECT(VGG_OK, vgg_network_describe(network, &info));
    CHECK(info.struct_size == 12 && info.layers == 23 && info.classes == 32 && info.input_size == UINT32_MAX);

    /* A newer program's structure is longer: taken while what is not known is zero. */
    struct { vgg_gradient_options known; uint32_t later[4]; } longer;
    memset(&longer, 0, sizeof longer);
    longer.known.struct_size = sizeof longer;
    vgg_gradient gradient = 0;
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "predictions:20", &longer.known, &gradient));
    EXPECT(VGG_OK, vgg_close(gradient));
    longer.later[3] = 1;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_open(network, device, "predictions:20", &longer.known, &gradient));
    SAYS("later version");

    vgg_predictor_options options = {.struct_size = sizeof options, .preprocessing = 7};
    vgg_predictor predictor = 99;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_predictor_open(network, device, &options, &predictor));
    SAYS("preprocessing");
    CHECK(predictor == 99);
    options.preprocessing = 0;
    options.batch = 1u << 20;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_predictor_open(network, device, &options, &predictor));
    vgg_attributor attributor;
    vgg_attributor_options reserved = {.struct_size = sizeof reserved, .reserved = 1};
    EXPECT(VGG_ERROR_ARGUMENT, vgg_attributor_open(network, device, "saliency", &reserved, &attributor));
    vgg_gradient_options half = {.struct_size = sizeof half, .precision = VGG_PRECISION_FP16};
    EXPECT(VGG_ERROR_PLAN, vgg_gradient_open(network, device, "predictions:20", &half, &gradient));
    SAYS("CUDA");
    half.precision = 77;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_open(network, device, "predictions:20", &half, &gradient));
}

static void null_pointers(void)
{
    vgg_handle handle;
    size_t size = 0;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_open(NULL, NULL, NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_device_open(NULL, 0, NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_describe(network, NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_open(network, device, NULL, NULL, &handle));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_open(network, device, "predictions:20", NULL, NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_attributor_open(network, device, NULL, NULL, &handle));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_render(network, device, NULL, &handle));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_handle_count(NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_devices_count(NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_devices_usable(0, NULL));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_devices_name(1000, NULL, &size));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_class_find(network, NULL, NULL));
    vgg_render_options options = {.struct_size = sizeof options};
    EXPECT(VGG_ERROR_ARGUMENT, vgg_render(network, device, &options, &handle));
    SAYS("objective");
}

static void texts(void)
{
    vgg_handle handle;
    int32_t index = -1;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_open(network, device, "\xff\xfe", NULL, &handle));
    SAYS("UTF-8");
    EXPECT(VGG_ERROR_PLAN, vgg_gradient_open(network, device, "nothing:3", NULL, &handle));
    SAYS("nothing");
    EXPECT(VGG_ERROR_PLAN, vgg_class_find(network, "brid", &index));
    SAYS("bird");
    CHECK(index == -1);
    EXPECT(VGG_OK, vgg_class_find(network, "bird", &index));
    CHECK(index == 20);
    EXPECT(VGG_ERROR_PLAN, vgg_device_open("gpu", 0, &handle));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_device_open("reference", 3, &handle));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_device_open("cpu", 5000, &handle));
    EXPECT(VGG_ERROR_WEIGHTS, vgg_network_open("/no/such/file.h5", NULL, &handle));
    SAYS("/no/such/file.h5");
    EXPECT(VGG_ERROR_ARGUMENT, vgg_network_open("", NULL, &handle));
    EXPECT(VGG_ERROR_PLAN, vgg_attributor_open(network, device, "tea-leaves", NULL, &handle));
    SAYS("grad-cam");
    EXPECT(VGG_ERROR_PLAN, vgg_attributor_open(network, device, "{\"method\": 3}", NULL, &handle));
    vgg_render_options options = {.struct_size = sizeof options, .plan = "{"};
    EXPECT(VGG_ERROR_PLAN, vgg_render(network, device, &options, &handle));
    options.plan = "{\"objective\": {\"kind\": \"layer\"}, \"seeds\": \"no\"}";
    EXPECT(VGG_ERROR_PLAN, vgg_render(network, device, &options, &handle));
    options.seed = 4;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_render(network, device, &options, &handle));
    vgg_render_options preset = {.struct_size = sizeof preset, .objective = "predictions:20", .preset = "watercolour"};
    EXPECT(VGG_ERROR_PLAN, vgg_render(network, device, &preset, &handle));
    SAYS("modern");
    preset.preset = NULL;
    preset.count = 2;
    preset.seed = UINT32_MAX;
    EXPECT(VGG_ERROR_PLAN, vgg_render(network, device, &preset, &handle));
    SAYS("seed");
    CHECK(handle == 0);
}

static void lengths(void)
{
    vgg_gradient gradient;
    double value;
    static float slopes[VALUES];
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "block3_conv1:20", NULL, &gradient));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &value, 1, slopes, VALUES));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, NULL, 0, slopes, VALUES));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &value, 1, NULL, 0));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, NULL, 0, NULL, 0));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run(gradient, picture, VALUES - 1, &value, 1, slopes, VALUES));
    SAYS("27648");
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run(gradient, picture, VALUES, &value, 2, slopes, VALUES));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run(gradient, picture, VALUES, &value, 1, slopes, SIZE_MAX));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run(gradient, NULL, VALUES, &value, 1, slopes, VALUES));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run(gradient, picture, VALUES, NULL, 1, slopes, VALUES));
    EXPECT(VGG_OK, vgg_close(gradient));

    vgg_predictor predictor;
    size_t count = 0;
    vgg_prediction found[5];
    EXPECT(VGG_OK, vgg_predictor_open(network, device, NULL, &predictor));
    EXPECT(VGG_OK, vgg_predictor_run(predictor, picture, VALUES, NULL, &count));
    CHECK(count == 5);
    EXPECT(VGG_OK, vgg_predictor_run(predictor, picture, VALUES, found, &count));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_predictor_run(predictor, picture, VALUES + 1, found, &count));
    count = 1000;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_predictor_run(predictor, picture, 2 * VALUES, found, &count));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_predictor_run(predictor, NULL, VALUES, found, &count));
    EXPECT(VGG_OK, vgg_close(predictor));

    vgg_attributor attributor;
    static float map[SIDE * SIDE];
    vgg_attribution fact;
    int32_t class_index = 32;
    EXPECT(VGG_OK, vgg_attributor_open(network, device, "grad-cam", NULL, &attributor));
    EXPECT(VGG_OK, vgg_attributor_run(attributor, picture, VALUES, NULL, 0, map, SIDE * SIDE, &fact, 1));
    EXPECT(VGG_OK, vgg_attributor_run(attributor, picture, VALUES, NULL, 0, map, SIDE * SIDE, NULL, 0));
    EXPECT(VGG_ERROR_PLAN, vgg_attributor_run(attributor, picture, VALUES, &class_index, 1, map, SIDE * SIDE, &fact, 1));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_attributor_run(attributor, picture, VALUES, &class_index, 2, map, SIDE * SIDE, &fact, 1));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_attributor_run(attributor, picture, VALUES, NULL, 0, map, 5, &fact, 1));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_attributor_run(attributor, picture, 0, NULL, 0, map, 0, NULL, 0));
    EXPECT(VGG_OK, vgg_close(attributor));
}

static void closed_and_wrong_handles(void)
{
    vgg_gradient gradient;
    double value;
    size_t size = 0;
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "predictions:20", NULL, &gradient));
    EXPECT(VGG_ERROR_HANDLE, vgg_network_name(gradient, NULL, &size));
    SAYS("gradient");
    EXPECT(VGG_ERROR_HANDLE, vgg_gradient_run(network, picture, VALUES, &value, 1, NULL, 0));
    EXPECT(VGG_ERROR_HANDLE, vgg_gradient_open(device, network, "predictions:20", NULL, &gradient));
    EXPECT(VGG_OK, vgg_close(gradient));
    EXPECT(VGG_ERROR_HANDLE, vgg_close(gradient));
    SAYS("closed");
    EXPECT(VGG_ERROR_HANDLE, vgg_gradient_run(gradient, picture, VALUES, &value, 1, NULL, 0));

    /* Its place in the table is taken again; the old handle stays closed. */
    vgg_gradient next;
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "predictions:20", NULL, &next));
    CHECK(next != gradient);
    EXPECT(VGG_ERROR_HANDLE, vgg_close(gradient));
    EXPECT(VGG_OK, vgg_close(next));
    EXPECT(VGG_OK, vgg_close(0));
    EXPECT(VGG_ERROR_HANDLE, vgg_close(1));
    EXPECT(VGG_ERROR_HANDLE, vgg_close(UINT64_MAX));
    EXPECT(VGG_ERROR_HANDLE, vgg_close(0xffffffffu));
    EXPECT(VGG_ERROR_HANDLE, vgg_network_name(0, NULL, &size));
}

/* What was opened of a network and a device works on when those have been closed. */
static void parents_may_go_first(void)
{
    vgg_network own;
    vgg_device place;
    vgg_gradient gradient;
    double before, after;
    size_t size = 0;
    EXPECT(VGG_OK, vgg_network_open("demo", NULL, &own));
    EXPECT(VGG_OK, vgg_device_open("cpu", 2, &place));
    EXPECT(VGG_OK, vgg_gradient_open(own, place, "predictions:20", NULL, &gradient));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &before, 1, NULL, 0));
    EXPECT(VGG_OK, vgg_close(own));
    EXPECT(VGG_OK, vgg_close(place));
    EXPECT(VGG_ERROR_HANDLE, vgg_network_name(own, NULL, &size));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &after, 1, NULL, 0));
    CHECK(before == after);
    EXPECT(VGG_OK, vgg_close(gradient));
}

static vgg_gradient inside;
static atomic_int stage;

static int32_t within(void *data, const vgg_progress *progress)
{
    double value;
    CHECK(data == &stage);
    CHECK(progress->struct_size == sizeof *progress && progress->steps == 100000 && progress->pictures == 1);

    /* From the callback itself: the device is in use, and nothing that is in use closes. */
    EXPECT(VGG_ERROR_BUSY, vgg_gradient_run(inside, picture, VALUES, &value, 1, NULL, 0));
    EXPECT(VGG_ERROR_BUSY, vgg_close(device));
    EXPECT(VGG_ERROR_BUSY, vgg_close(network));
    EXPECT(VGG_ERROR_BUSY, vgg_close(inside));
    SAYS("stays open");
    atomic_store(&stage, 1);
    return atomic_load(&stage) == 2 || progress->steps_done > 99990;
}

static void *elsewhere(void *unused)
{
    double value;
    vgg_handle handle;
    while (atomic_load(&stage) == 0) {
    }
    vgg_render_options options = {.struct_size = sizeof options, .objective = "predictions:20"};
    EXPECT(VGG_ERROR_BUSY, vgg_gradient_run(inside, picture, VALUES, &value, 1, NULL, 0));
    EXPECT(VGG_ERROR_BUSY, vgg_gradient_open(network, device, "predictions:20", NULL, &handle));
    EXPECT(VGG_ERROR_BUSY, vgg_render(network, device, &options, &handle));
    EXPECT(VGG_ERROR_BUSY, vgg_close(device));
    EXPECT(VGG_ERROR_BUSY, vgg_close(inside));

    /* The network is free to be used, on another device. */
    vgg_device own;
    vgg_gradient gradient;
    EXPECT(VGG_OK, vgg_device_open("cpu", 1, &own));
    EXPECT(VGG_OK, vgg_gradient_open(network, own, "predictions:20", NULL, &gradient));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &value, 1, NULL, 0));
    EXPECT(VGG_OK, vgg_close(gradient));
    EXPECT(VGG_OK, vgg_close(own));
    EXPECT(VGG_OK, vgg_device_cancel(device));
    return unused;
}

static void two_at_a_time(void)
{
    pthread_t thread;
    vgg_pictures pictures;
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "predictions:20", NULL, &inside));
    pthread_attr_t small;
    CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 256 << 10) == 0);
    CHECK(pthread_create(&thread, &small, elsewhere, NULL) == 0);
    vgg_render_options options = {.struct_size = sizeof options, .objective = "predictions:20", .iterations = 100000, .progress = within, .progress_data = &stage};
    EXPECT(VGG_CANCELLED, vgg_render(network, device, &options, &pictures));
    CHECK(pthread_join(thread, NULL) == 0);

    /* The best so far is there. */
    vgg_picture_info info = {.struct_size = sizeof info};
    EXPECT(VGG_OK, vgg_picture_describe(pictures, 0, &info));
    CHECK(info.steps > 0 && info.steps < 100000);
    EXPECT(VGG_ERROR_ARGUMENT, vgg_picture_describe(pictures, 1, &info));
    EXPECT(VGG_OK, vgg_close(pictures));
    EXPECT(VGG_OK, vgg_close(inside));

    /* Where nothing runs, there is nothing to cancel, and what comes later is not cancelled. */
    EXPECT(VGG_OK, vgg_device_cancel(device));
    vgg_render_options few = {.struct_size = sizeof few, .objective = "block1_conv1:3", .iterations = 2, .height = 40, .width = 48};
    EXPECT(VGG_OK, vgg_render(network, device, &few, &pictures));
    EXPECT(VGG_OK, vgg_close(pictures));
}

int main(void)
{
    size_t count;
    paint(picture, VALUES);
    CHECK(vgg_abi_version() == VGG_ABI_VERSION);
    CHECK(strcmp(vgg_status_name(VGG_ERROR_PLAN), "VGG_ERROR_PLAN") == 0 && strcmp(vgg_status_name(-5), "VGG_UNKNOWN") == 0);
    char none[8] = "x";
    count = sizeof none;
    EXPECT(VGG_OK, vgg_last_error(none, &count));
    CHECK(none[0] == 0 && count == 1);
    EXPECT(VGG_OK, vgg_network_open(NULL, NULL, &network));
    EXPECT(VGG_OK, vgg_device_open("cpu", 0, &device));
    sizes_before_buffers();
    structures_have_sizes();
    null_pointers();
    texts();
    lengths();
    closed_and_wrong_handles();
    parents_may_go_first();
    two_at_a_time();
    EXPECT(VGG_OK, vgg_handle_count(&count));
    CHECK(count == 2);
    EXPECT(VGG_OK, vgg_close(network));
    EXPECT(VGG_OK, vgg_close(device));
    EXPECT(VGG_OK, vgg_handle_count(&count));
    CHECK(count == 0);
    puts("misuse: all refused");
    return 0;
}
