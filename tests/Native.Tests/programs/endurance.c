/* Opens, renders, evaluates and closes over and over: the resident memory stays where it was.
 * usage: endurance [CYCLES [BYTES]]; a line of figures, and 1 where it grew by more than BYTES, or what malloc gave by more than 256 KiB. */
#include "check.h"

#include <malloc.h>
#include <unistd.h>

static long resident(void)
{
    long pages = 0, all = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &all, &pages) == 2 && fclose(file) == 0);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Bytes that malloc has given out and not got back, in all its arenas. */
static long allocated(void)
{
    struct mallinfo2 now = mallinfo2();
    return (long)(now.uordblks + now.hblkhd);
}

int main(int argc, char **argv)
{
    int cycles = argc > 1 ? atoi(argv[1]) : 1000;
    long allowed = argc > 2 ? atol(argv[2]) : 8L << 20;
    static float picture[VALUES], slopes[VALUES], map[SIDE * SIDE];
    paint(picture, VALUES);
    long before = 0, native = 0;
    int warm = cycles / 4;
    for (int i = 0; i < cycles + warm; i++) {
        vgg_network network;
        vgg_device device;
        vgg_pictures pictures;
        vgg_gradient gradient;
        vgg_predictor predictor;
        vgg_attributor attributor;
        double value;
        vgg_prediction found[5];
        size_t count = 5;
        if (i == warm) {
            before = resident();
            native = allocated();
        }

        EXPECT(VGG_OK, vgg_network_open(NULL, NULL, &network));
        EXPECT(VGG_OK, vgg_device_open("cpu", 2, &device));
        vgg_render_options options = {.struct_size = sizeof options, .objective = "predictions:20", .iterations = 2, .seed = (uint32_t)i};
        EXPECT(VGG_OK, vgg_render(network, device, &options, &pictures));
        EXPECT(VGG_OK, vgg_gradient_open(network, device, "block4_conv2:3", NULL, &gradient));
        EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &value, 1, slopes, VALUES));
        EXPECT(VGG_OK, vgg_predictor_open(network, device, NULL, &predictor));
        EXPECT(VGG_OK, vgg_predictor_run(predictor, picture, VALUES, found, &count));
        EXPECT(VGG_OK, vgg_attributor_open(network, device, "grad-cam", NULL, &attributor));
        EXPECT(VGG_OK, vgg_attributor_run(attributor, picture, VALUES, NULL, 0, map, SIDE * SIDE, NULL, 0));
        EXPECT(VGG_ERROR_PLAN, vgg_class_find(network, "nobody", &found[0].class_index));
        vgg_handle all[] = {attributor, predictor, network, gradient, device, pictures};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            EXPECT(VGG_OK, vgg_close(all[(k + (size_t)i) % (sizeof all / sizeof *all)]));
        }

        EXPECT(VGG_OK, vgg_handle_count(&count));
        CHECK(count == 0);
    }

    long grown = resident() - before;
    long kept = allocated() - native;
    printf("endurance: %d cycles, %ld KiB resident after %d, grown by %ld KiB; %ld KiB allocated natively, grown by %ld bytes\n", cycles, before >> 10, warm, grown >> 10, native >> 10, kept);
    return grown > allowed || kept > 256 << 10;
}
