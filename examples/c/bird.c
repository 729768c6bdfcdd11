/* Draws the bundled model's bird into a file, and asks for a gradient: the C library's shortest whole program. */
#include <stdio.h>
#include <stdlib.h>

#include "vggcuda.h"

static void check(vgg_status status, const char *what)
{
    if (status != VGG_OK) {
        char message[1024] = "";
        size_t size = sizeof message;
        vgg_last_error(message, &size);
        fprintf(stderr, "%s: %s: %s\n", what, vgg_status_name(status), message);
        exit(1);
    }
}

static int32_t tell(void *data, const vgg_progress *progress)
{
    (void)data;
    fprintf(stderr, "step %lld of %lld\n", (long long)progress->steps_done, (long long)progress->steps);
    return 0; /* Anything else cancels. */
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bird FILE.ppm [GRADIENT.f32]\n");
        return 2;
    }

    vgg_network network;
    vgg_device device;
    check(vgg_network_open(NULL, NULL, &network), "the bundled model");
    check(vgg_device_open("cpu", 0, &device), "the processor");

    /* A picture of class 20, as vggcuda activate draws it. */
    vgg_render_options options = {.struct_size = sizeof options, .objective = "predictions:bird", .seed = VGG_DEFAULT_SEED, .iterations = 64, .progress = tell};
    vgg_pictures pictures;
    check(vgg_render(network, device, &options, &pictures), "render");

    vgg_pictures_info info = {.struct_size = sizeof info};
    check(vgg_pictures_describe(pictures, &info), "pictures");
    size_t size = (size_t)info.height * info.width * 3;
    unsigned char *rgb = malloc(size);
    check(vgg_picture_display(pictures, 0, rgb, &size), "display");
    FILE *file = fopen(argv[1], "wb");
    if (file == NULL || fprintf(file, "P6 %u %u 255\n", info.width, info.height) < 0 || fwrite(rgb, 1, size, file) != size || fclose(file) != 0) {
        perror(argv[1]);
        return 1;
    }

    /* How much more of a bird the saved picture would be with a little more of each value. */
    vgg_gradient gradient;
    check(vgg_gradient_open(network, device, "predictions:20", NULL, &gradient), "gradient");
    float *values = malloc(size * sizeof *values);
    float *slopes = malloc(size * sizeof *slopes);
    for (size_t i = 0; i < size; i++) {
        values[i] = rgb[i];
    }

    double logit;
    check(vgg_gradient_run(gradient, values, size, &logit, 1, slopes, size), "gradient");
    printf("%u x %u, logit %.2f\n", info.height, info.width, logit);
    if (argc > 2) {
        file = fopen(argv[2], "wb");
        if (file == NULL || fwrite(slopes, sizeof *slopes, size, file) != size || fclose(file) != 0) {
            perror(argv[2]);
            return 1;
        }
    }

    free(slopes);
    free(values);
    free(rgb);
    check(vgg_close(gradient), "close");
    check(vgg_close(pictures), "close");
    check(vgg_close(device), "close");
    check(vgg_close(network), "close");
    return 0;
}
