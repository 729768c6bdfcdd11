/* DLPack tensors in and out: the same bits as arrays, any strides, everything else refused, and owned by whoever got them. */
#include "check.h"

#include <pthread.h>

#include "vggcuda_dlpack.h"

static float picture[2 * VALUES], slopes[2 * VALUES];

static void *delete_it(void *tensor)
{
    DLManagedTensorVersioned *managed = tensor;
    managed->deleter(managed);
    return NULL;
}

static void must_not_be_called(DLManagedTensorVersioned *self)
{
    (void)self;
    CHECK(!"the deleter of a borrowed tensor");
}

int main(void)
{
    vgg_network network;
    vgg_device device;
    vgg_gradient gradient;
    double values[2], again[2];
    paint(picture, 2 * VALUES);
    EXPECT(VGG_OK, vgg_network_open(NULL, NULL, &network));
    EXPECT(VGG_OK, vgg_device_open("cpu", 0, &device));
    vgg_gradient_options options = {.struct_size = sizeof options, .batch = 2};
    EXPECT(VGG_OK, vgg_gradient_open(network, device, "block4_conv2:3 - 0.5*predictions:20", &options, &gradient));
    EXPECT(VGG_OK, vgg_gradient_run(gradient, picture, 2 * VALUES, values, 2, slopes, 2 * VALUES));

    int64_t shape[4] = {2, SIDE, SIDE, 3};
    DLManagedTensorVersioned input = {
        .version = {1, 0},
        .deleter = must_not_be_called,
        .flags = DLPACK_FLAG_BITMASK_READ_ONLY,
        .dl_tensor = {.data = picture, .device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}, .shape = shape},
    };
    DLManagedTensorVersioned *output = NULL;
    EXPECT(VGG_OK, vgg_gradient_run_dlpack(gradient, &input, again, 2, &output));
    CHECK(memcmp(values, again, sizeof values) == 0);
    CHECK(output->version.major == 1 && output->flags == 0);
    DLTensor *found = &output->dl_tensor;
    CHECK(found->device.device_type == kDLCPU && found->ndim == 4 && memcmp(found->shape, shape, sizeof shape) == 0);
    CHECK(found->dtype.code == kDLFloat && found->dtype.bits == 32 && found->dtype.lanes == 1 && found->byte_offset == 0);
    CHECK(found->strides[0] == VALUES && found->strides[1] == 3 * SIDE && found->strides[2] == 3 && found->strides[3] == 1);
    CHECK((uintptr_t)found->data % 64 == 0 && memcmp(found->data, slopes, sizeof slopes) == 0);

    /* Channels first in memory, and an offset: read by the strides, value by value. */
    static float planes[1 + (2 * VALUES)];
    int64_t strides[4] = {VALUES, SIDE, 1, SIDE * SIDE};
    for (int n = 0; n < 2; n++) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            for (int c = 0; c < 3; c++) {
                planes[1 + (n * VALUES) + (c * SIDE * SIDE) + i] = picture[(n * VALUES) + (i * 3) + c];
            }
        }
    }
    input.dl_tensor.data = planes;
    input.dl_tensor.byte_offset = sizeof(float);
    input.dl_tensor.strides = strides;
    DLManagedTensorVersioned *strided = NULL;
    EXPECT(VGG_OK, vgg_gradient_run_dlpack(gradient, &input, again, 2, &strided));
    CHECK(memcmp(values, again, sizeof values) == 0 && memcmp(strided->dl_tensor.data, slopes, sizeof slopes) == 0);
    EXPECT(VGG_OK, vgg_gradient_run_dlpack(gradient, &input, again, 2, NULL));
    EXPECT(VGG_OK, vgg_gradient_run_dlpack(gradient, &input, NULL, 0, NULL));

    /* What does not fit. */
    DLManagedTensorVersioned *untouched = &input;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, NULL, again, 2, &untouched));
    DLManagedTensorVersioned wrong = input;
    wrong.version.major = 2;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &wrong, again, 2, &untouched));
    SAYS("2.0");
    wrong = input;
    wrong.dl_tensor.device.device_type = kDLCUDA;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &wrong, again, 2, &untouched));
    wrong = input;
    wrong.dl_tensor.dtype.bits = 64;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &wrong, again, 2, &untouched));
    SAYS("64 bits");
    wrong = input;
    wrong.dl_tensor.ndim = 3;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &wrong, again, 2, &untouched));
    wrong = input;
    int64_t other[4] = {1, SIDE, SIDE, 3};
    wrong.dl_tensor.shape = other;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &wrong, again, 2, &untouched));
    SAYS("(1, 96, 96, 3)");
    wrong = input;
    wrong.dl_tensor.data = NULL;
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &wrong, again, 2, &untouched));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_gradient_run_dlpack(gradient, &input, again, 1, &untouched));
    CHECK(untouched == &input);

    /* A picture, and deleters after everything is closed, on another thread. */
    vgg_render_options few = {.struct_size = sizeof few, .objective = "predictions:20", .iterations = 2};
    vgg_pictures pictures;
    DLManagedTensorVersioned *drawn;
    EXPECT(VGG_OK, vgg_render(network, device, &few, &pictures));
    EXPECT(VGG_OK, vgg_picture_to_dlpack(pictures, 0, &drawn));
    EXPECT(VGG_ERROR_ARGUMENT, vgg_picture_to_dlpack(pictures, 1, &untouched));
    size_t count = VALUES;
    EXPECT(VGG_OK, vgg_picture_values(pictures, 0, picture, &count));
    CHECK(drawn->dl_tensor.ndim == 3 && drawn->dl_tensor.shape[0] == SIDE && drawn->dl_tensor.shape[2] == 3 && drawn->dl_tensor.strides[0] == 3 * SIDE);
    CHECK(memcmp(drawn->dl_tensor.data, picture, VALUES * sizeof(float)) == 0);
    EXPECT(VGG_OK, vgg_close(pictures));
    EXPECT(VGG_OK, vgg_close(gradient));
    EXPECT(VGG_OK, vgg_close(device));
    EXPECT(VGG_OK, vgg_close(network));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, delete_it, output) == 0 && pthread_join(thread, NULL) == 0);
    strided->deleter(strided);
    ((float *)drawn->dl_tensor.data)[VALUES - 1] = 0;
    drawn->deleter(drawn);
    puts("dlpack: the same bits");
    return 0;
}
