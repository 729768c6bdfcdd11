/* What valgrind looks at: something of everything that allocates, on one thread. With an argument, a mistake of the program's that it must find: memory too short by one value. */
#include "check.h"

#include "vggcuda_dlpack.h"

static float picture[VALUES];

int main(int count_of_arguments, char **arguments)
{
    (void)arguments;
    vgg_network network;
    vgg_device device;
    vgg_gradient gradient;
    vgg_predictor predictor;
    double value;
    paint(picture, VALUES);
    EXPECT(VGG_OK, vgg_network_open(NULL, NULL, &network));
    EXPECT(VGG_OK, vgg_device_open("cpu", 1, &device));
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "block1_conv1:3", NULL, &gradient));

    float *slopes = malloc((VALUES - (count_of_arguments > 1)) * sizeof *slopes);
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, VALUES, &value, 1, slopes, VALUES));
    free(slopes);

    int64_t shape[4] = {1, SIDE, SIDE, 3};
    DLManagedTensorVersioned input = {
        .version = {1, 0},
        .dl_tensor = {.data = picture, .device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}, .shape = shape},
    };
    DLManagedTensorVersioned *output = NULL;
    EXPECT(VGG_OK, vgg_gradient_run_dlpack(gradient, &input, &value, 1, &output));
    EXPECT(VGG_ERROR_HANDLE, vgg_close(gradient + 1));
    EXPECT(VGG_OK, vgg_close(gradient));
    EXPECT(VGG_ERROR_HANDLE, vgg_close(gradient));

    EXPECT(VGG_OK, vgg_predictor_open(network, device, NULL, &predictor));
    size_t count = 0;
    EXPECT(VGG_OK, vgg_predictor_run(predictor, picture, VALUES, NULL, &count));
    CHECK(count > 0);
    EXPECT(VGG_OK, vgg_close(predictor));
    EXPECT(VGG_OK, vgg_close(device));
    EXPECT(VGG_OK, vgg_close(network));
    CHECK(((float *)output->dl_tensor.data)[0] == ((float *)output->dl_tensor.data)[0]);
    output->deleter(output);
    puts("memcheck: done");
    return 0;
}
