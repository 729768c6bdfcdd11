/*
 * vggcuda.h: shows what a VGG network has learned, from C.
 *
 * The weights are read from Keras's HDF5 files; a network runs forwards and backwards to the picture on the processor or
 * on an NVIDIA GPU. docs/c-library.md has a complete program.
 *
 * Results. Every function that can fail returns a vgg_status; VGG_OK is 0. vgg_last_error() has the message of the last
 *   call that failed on the calling thread. A function that fails leaves what its pointers point at as it was, except
 *   where it says otherwise.
 *
 * Sizes before buffers. A pair (buffer, size) is filled as a whole or not at all. *size is the buffer's capacity on
 *   entry and the size needed on return, in elements of the buffer (for text in bytes, its terminating 0 included).
 *   With a null buffer only the size is told. A buffer that is too small is VGG_ERROR_BUFFER, and *size says how large.
 *   Where sizes follow from what was opened, the caller gives the length, and any other than the right one is
 *   VGG_ERROR_ARGUMENT.
 *
 * Structures begin with struct_size, which the caller sets to sizeof the structure. Zero in any other member stands for
 *   its default. A later library takes the structures of an earlier one, and an earlier library takes those of a later
 *   one as long as the members that it does not know are zero.
 *
 * Handles are numbers, never addresses; 0 is none. One that was closed, or never was, or is of another kind, is
 *   VGG_ERROR_HANDLE. What was opened of a network and a device keeps them alive: they may be closed in any order.
 *
 * Text is UTF-8 that ends with 0. Numbers in pictures are RGB, 0 to 255, (picture, row, column, channel) in C order.
 *
 * Threads. Every function may be called from any thread. A device does one thing at a time: a second call that needs
 *   the same device meanwhile, from another thread or from a progress callback, gets VGG_ERROR_BUSY and changes nothing.
 *   For work side by side, open a device for each thread. Networks may be used by all of them.
 *
 * What cannot be done, since a managed runtime lives in the library:
 *   - It cannot be unloaded. It is linked with -z nodelete, so dlclose() does nothing, and is no error.
 *   - After fork() the child must not use it if the parent had called it: the child has none of its threads. Calls in the
 *     child are answered with VGG_ERROR_FORKED. fork() followed by exec(), posix_spawn() and system() are fine. A child
 *     that is forked before the first call may use it.
 *   - Signals. The first call takes SIGSEGV, SIGFPE and SIGRTMIN for the runtime, and has SIGPIPE ignored, whatever was set
 *     before. Faults that are not the runtime's own go to the handlers that were there. A program that sets handlers of
 *     its own for these three later must pass on what is not its own, and leave SIGRTMIN alone; it may set SIGPIPE as it
 *     likes after the first call. No other signal is touched: SIGINT, SIGTERM and SIGCHLD are the program's own.
 *   - A progress callback must come back: no longjmp() and no C++ exception through it.
 *   - A thread that calls the library needs an ordinary stack (256 KiB or more).
 */
#ifndef VGGCUDA_H
#define VGGCUDA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number in the library's SONAME. Compare with vgg_abi_version() where the library is loaded by hand. */
#define VGG_ABI_VERSION 0u

typedef int32_t vgg_status;
enum {
    VGG_OK = 0,
    VGG_ERROR_ARGUMENT = 1, /* A null pointer, a length, a structure, a text that is not UTF-8. */
    VGG_ERROR_HANDLE = 2,   /* Closed, never opened, or of another kind. */
    VGG_ERROR_BUSY = 3,     /* In use by another call at this moment. */
    VGG_ERROR_BUFFER = 4,   /* The buffer is too small; the size needed has been told. */
    VGG_ERROR_PLAN = 5,     /* What is asked for cannot be: a layer, a class, an objective, a size. */
    VGG_ERROR_WEIGHTS = 6,  /* The weights cannot be read, or are not what they should be. */
    VGG_ERROR_DEVICE = 7,   /* The device cannot be used, or failed. */
    VGG_ERROR_MEMORY = 8,   /* There is not enough memory. */
    VGG_ERROR_NUMBERS = 9,  /* Not one step had a finite loss. */
    VGG_CANCELLED = 10,     /* A callback or vgg_device_cancel() ended it. */
    VGG_ERROR_FORKED = 11,  /* This process was forked from one that uses the library. */
    VGG_ERROR_INTERNAL = 12 /* A fault of the library; the message is worth a report. */
};

typedef uint64_t vgg_handle;
typedef vgg_handle vgg_network;    /* Weights, with the table of their layers. */
typedef vgg_handle vgg_device;     /* The processor or a GPU. */
typedef vgg_handle vgg_predictor;  /* A network compiled on a device, to name classes. */
typedef vgg_handle vgg_gradient;   /* An objective compiled on a device. */
typedef vgg_handle vgg_attributor; /* A method of attribution on a device. */
typedef vgg_handle vgg_pictures;   /* What a render has drawn. */

/* ---- The library ------------------------------------------------------------------------------------------------ */

/* VGG_ABI_VERSION of the library that is loaded. */
uint32_t vgg_abi_version(void);

/* The version of the product: "0.1.0". */
vgg_status vgg_version(char *text, size_t *size);

/* "VGG_ERROR_PLAN"; "VGG_UNKNOWN" for a number that is no status. The text is static. */
const char *vgg_status_name(vgg_status status);

/* The message of the last call that failed on this thread; "" where none has. It names what was wrong, what was expected
 * and what to do. Its own failures do not replace it. */
vgg_status vgg_last_error(char *text, size_t *size);

/* Closes a handle of any kind; 0 is none, and VGG_OK. VGG_ERROR_BUSY while another call uses it: it stays open then. */
vgg_status vgg_close(vgg_handle handle);

/* How many handles are open in this process. */
vgg_status vgg_handle_count(size_t *count);

/* ---- Devices ---------------------------------------------------------------------------------------------------- */

/* What there is on this machine, usable or not: "reference", "cpu", and "cuda:0", ... or "cuda". Looked for anew at each
 * call. */
vgg_status vgg_devices_count(size_t *count);
vgg_status vgg_devices_name(size_t index, char *text, size_t *size);
vgg_status vgg_devices_usable(size_t index, int32_t *usable);

/* Lines "key: value" about a device that can be used, else why it cannot. */
vgg_status vgg_devices_details(size_t index, char *text, size_t *size);

/* Opens a device.
 * name: auto (CUDA where it can be used, else cpu), cpu, cuda, cuda:N or reference; null for auto.
 * threads: of the cpu device, 1 to 1024; 0 for one per processor. Others take 0. */
vgg_status vgg_device_open(const char *name, uint32_t threads, vgg_device *device);

/* Its name, what it is, and lines "key: value": the instruction set, the threads. */
vgg_status vgg_device_details(vgg_device device, char *text, size_t *size);

/* Ends the render or the attribution that runs on the device, from any thread or from a callback; that call returns
 * VGG_CANCELLED. Where none runs, nothing happens. */
vgg_status vgg_device_cancel(vgg_device device);

/* ---- Networks --------------------------------------------------------------------------------------------------- */

/* Opens weights. The file stays open, and must stay as it is, until the network and all that was opened of it are closed.
 * weights: the path of a Keras HDF5 file; "imagenet" or "imagenet-notop" for the published file in one of the caches of
 *   the command line; "demo" or null for the bundled model.
 * network_name: which network of the file, where it holds several; else null. */
vgg_status vgg_network_open(const char *weights, const char *network_name, vgg_network *network);

typedef struct vgg_network_info {
    uint32_t struct_size;
    uint32_t layers;       /* Of the table, the input included. */
    uint32_t classes;      /* 0 without dense layers. */
    uint32_t input_size;   /* Side of the square picture that the dense layers take; 0 where any will do. */
    uint32_t smallest;     /* The least side of a picture. */
    uint32_t reserved;
    int64_t parameters;    /* Weights and biases. */
    double temperature;    /* What logits are divided by before a softmax so that probabilities are calibrated; 1 where unknown. */
} vgg_network_info;

vgg_status vgg_network_describe(vgg_network network, vgg_network_info *info);

/* "VGG16". */
vgg_status vgg_network_name(vgg_network network, char *text, size_t *size);

enum { VGG_LAYER_INPUT = 0, VGG_LAYER_CONVOLUTION = 1, VGG_LAYER_POOLING = 2, VGG_LAYER_FLATTEN = 3, VGG_LAYER_DENSE = 4 };

typedef struct vgg_layer_info {
    uint32_t struct_size;
    int32_t kind;          /* VGG_LAYER_... */
    uint32_t inputs;       /* Channels or values going in. */
    uint32_t outputs;      /* Channels or values coming out. */
    uint32_t halvings;     /* Poolings between the picture and its output: a side of s pixels leaves s >> halvings. */
    int32_t has_units;     /* 1 where an objective may look at it. */
    int64_t parameters;
} vgg_layer_info;

/* index: 0 to layers - 1, as Keras numbers them. */
vgg_status vgg_layer_describe(vgg_network network, size_t index, vgg_layer_info *info);
vgg_status vgg_layer_name(vgg_network network, size_t index, char *text, size_t *size);

/* What a class is called; VGG_ERROR_PLAN where nobody has said. */
vgg_status vgg_class_name(vgg_network network, size_t index, char *text, size_t *size);

/* The class of a name, or of a number as text; the message of VGG_ERROR_PLAN has the nearest names. */
vgg_status vgg_class_find(vgg_network network, const char *name, int32_t *index);

/* ---- What the network takes pictures for ------------------------------------------------------------------------ */

enum { VGG_PREPROCESSING_VGG = 0, VGG_PREPROCESSING_RAW = 1 };

typedef struct vgg_predictor_options {
    uint32_t struct_size;
    uint32_t batch;          /* The most pictures in one call, 1 to 4096; 0: 1. */
    uint32_t top;            /* Classes named per picture; 0: 5. All where there are fewer. */
    int32_t preprocessing;   /* VGG_PREPROCESSING_VGG, or _RAW: the network is fed with the values as they are. */
} vgg_predictor_options;

typedef struct vgg_prediction {
    int32_t class_index;
    int32_t reserved;
    double probability;      /* 0 to 1, calibrated as vggcuda predict shows it. */
    double logit;
} vgg_prediction;

/* options: null for all defaults. */
vgg_status vgg_predictor_open(vgg_network network, vgg_device device, const vgg_predictor_options *options, vgg_predictor *predictor);

/* Names the likeliest classes of some pictures.
 * pictures: picture_values = n * side * side * 3 values, n from 1 to the batch, side the network's input_size.
 * predictions, count: n * top of them, for each picture by falling probability. */
vgg_status vgg_predictor_run(vgg_predictor predictor, const float *pictures, size_t picture_values, vgg_prediction *predictions, size_t *count);

/* ---- An objective and its gradient with respect to the picture -------------------------------------------------- */

enum { VGG_PRECISION_AUTO = 0, VGG_PRECISION_FP32 = 1, VGG_PRECISION_TF32 = 2, VGG_PRECISION_FP16 = 3, VGG_PRECISION_BF16 = 4 };

typedef struct vgg_gradient_options {
    uint32_t struct_size;
    uint32_t batch;          /* Pictures of each call, 1 to 4096; 0: 1. */
    uint32_t height;         /* 0: the network's input_size, or 224 where any will do. */
    uint32_t width;          /* The same. */
    int32_t preprocessing;   /* VGG_PREPROCESSING_... */
    int32_t precision;       /* VGG_PRECISION_...; all but AUTO and FP32 need a GPU. */
} vgg_gradient_options;

/* objective: as --objective of the command line has it: "predictions:20 - 0.5*predictions:22", "block4_conv2:133@7,7",
 *   "block5_conv3". docs/command-line.md describes the language.
 * options: null for all defaults. */
vgg_status vgg_gradient_open(vgg_network network, vgg_device device, const char *objective, const vgg_gradient_options *options, vgg_gradient *gradient);

/* (batch, height, width, 3). */
vgg_status vgg_gradient_shape(vgg_gradient gradient, int64_t shape[4]);

/* The objective's value for each picture, and the gradient of each picture's value with respect to that picture.
 * pictures: a whole batch; picture_values = batch * height * width * 3.
 * values: batch of them, or null with value_count 0.
 * gradients: as many as pictures, or null with gradient_values 0: then no backward pass is made. */
vgg_status vgg_gradient_run(vgg_gradient gradient, const float *pictures, size_t picture_values,
                            double *values, size_t value_count, float *gradients, size_t gradient_values);

/* The same with DLPack's tensors (version 1; vggcuda_dlpack.h or dlpack.h defines the structure).
 * pictures: float32, (batch, height, width, 3); read during the call only, stays the caller's, and its deleter is not
 *   called. On the processor, of any strides; or, where the gradient was opened on a GPU, on that GPU (device type 2, the
 *   same ordinal), contiguous and aligned to 16 bytes. There it is read in place: what writes it must be done before the call.
 * gradients: receives a tensor that the caller owns, contiguous, where the pictures are, and whole when the call returns;
 *   its deleter may be called at any time and from any thread, after the handles are closed too. Null where nobody asks. */
struct DLManagedTensorVersioned;
vgg_status vgg_gradient_run_dlpack(vgg_gradient gradient, const struct DLManagedTensorVersioned *pictures,
                                   double *values, size_t value_count, struct DLManagedTensorVersioned **gradients);

/* ---- Drawing ---------------------------------------------------------------------------------------------------- */

#define VGG_DEFAULT_SEED 1337u

typedef struct vgg_progress {
    uint32_t struct_size;    /* Set by the library. */
    uint32_t pictures;       /* Of the current batch. */
    int64_t steps_done;
    int64_t steps;           /* In all. */
    double mean_total;       /* Of the batch's last known losses. */
    double steps_per_second;
} vgg_progress;

/* Called about ten times a second on the thread that renders. Anything but 0 cancels. */
typedef int32_t (*vgg_progress_callback)(void *data, const vgg_progress *progress);

typedef struct vgg_render_options {
    uint32_t struct_size;
    uint32_t count;          /* Pictures of the objective; 0: 1. */
    const char *objective;   /* What to draw; needed unless there is a plan. */
    const char *preset;      /* modern, maco, deepdream or keras-vis; null: modern. */
    const char *plan;        /* A plan as JSON, which says all of this itself: objective, preset, count, seed and sizes must be left out. */
    uint32_t seed;           /* Of the first picture; the others have the following ones. The command line takes VGG_DEFAULT_SEED. */
    uint32_t height;         /* 0: the network's input_size, or 224 where any will do. */
    uint32_t width;          /* The same. */
    uint32_t iterations;     /* 0: the preset's or the plan's. */
    int32_t precision;       /* VGG_PRECISION_...; AUTO: the preset's or the plan's. */
    uint32_t max_batch;      /* Pictures drawn at once, at most; 0: 32. Fewer where memory demands it; the pictures stay the same. */
    vgg_progress_callback progress; /* Null for none. */
    void *progress_data;
} vgg_render_options;

/* Draws pictures.
 * pictures: with VGG_OK all of them. With VGG_CANCELLED the best so far, or 0 where there was none yet. Else 0. */
vgg_status vgg_render(vgg_network network, vgg_device device, const vgg_render_options *options, vgg_pictures *pictures);

typedef struct vgg_memory_forecast {
    uint32_t struct_size;
    uint32_t batch;          /* Pictures that would be drawn at once. */
    int64_t weights;         /* Bytes, this and all below. */
    int64_t activations;
    int64_t workspace;
    int64_t images;          /* Pictures, optimiser, random numbers on the device. */
    int64_t scoring;         /* At the end, what is not shared with the run. */
    int64_t host;            /* On the host while it runs. */
    int64_t results;         /* On the host until the pictures are closed. */
    int64_t device_total;    /* weights to scoring. */
    int64_t total;           /* All; where the device computes on the host this is what the process grows by at most. */
} vgg_memory_forecast;

/* What vgg_render() with these options would take, without taking it. */
vgg_status vgg_render_forecast(vgg_network network, vgg_device device, const vgg_render_options *options, vgg_memory_forecast *forecast);

typedef struct vgg_pictures_info {
    uint32_t struct_size;
    uint32_t count;
    uint32_t height;
    uint32_t width;
} vgg_pictures_info;

vgg_status vgg_pictures_describe(vgg_pictures pictures, vgg_pictures_info *info);

/* The plan that was drawn, as JSON; with the same weights it gives the same pictures again. */
vgg_status vgg_pictures_plan(vgg_pictures pictures, char *text, size_t *size);

typedef struct vgg_picture_info {
    uint32_t struct_size;
    uint32_t seed;
    uint32_t steps;          /* Done. */
    uint32_t best_step;      /* The step, from 0, that the picture is of. */
    double best_total;       /* Its loss. */
    double activation;       /* What the objective looks at, in the finished picture. */
} vgg_picture_info;

vgg_status vgg_picture_describe(vgg_pictures pictures, size_t index, vgg_picture_info *info);

/* For the eye: RGB bytes, (height, width, 3). */
vgg_status vgg_picture_display(vgg_pictures pictures, size_t index, uint8_t *rgb, size_t *size);

/* As the network was fed with it: (height, width, 3). */
vgg_status vgg_picture_values(vgg_pictures pictures, size_t index, float *values, size_t *count);

/* The same as a DLPack tensor of its own, (height, width, 3), float32, on the processor; the caller calls its deleter. */
vgg_status vgg_picture_to_dlpack(vgg_pictures pictures, size_t index, struct DLManagedTensorVersioned **tensor);

/* ---- Which parts of a picture the answer rests on --------------------------------------------------------------- */

/* The methods: saliency, grad-cam, ... */
vgg_status vgg_attribution_methods_count(size_t *count);
vgg_status vgg_attribution_methods_name(size_t index, char *text, size_t *size);

typedef struct vgg_attributor_options {
    uint32_t struct_size;
    uint32_t batch;          /* The most images in one pass, 1 to 4096; 0: 8. Decides memory and speed alone. */
    int32_t preprocessing;   /* VGG_PREPROCESSING_... */
    int32_t reserved;
} vgg_attributor_options;

/* method: a name as --method of the command line has it, with its ordinary settings; or, beginning with '{', a plan of an
 *   attribution as JSON, as pictures of vggcuda attribute carry it, which says the preprocessing itself.
 * options: null for all defaults. */
vgg_status vgg_attributor_open(vgg_network network, vgg_device device, const char *method, const vgg_attributor_options *options, vgg_attributor *attributor);

typedef struct vgg_attribution {
    int32_t class_index;     /* The one asked about, or the likeliest. */
    int32_t reserved;
    double logit;
    double probability;      /* Softmax of the logits, not calibrated. */
} vgg_attribution;

/* Explains pictures.
 * pictures: picture_values = n * side * side * 3 values, n from 1 on, side the network's input_size.
 * classes, class_count: n of them, or one for all; null and 0 for the likeliest of each.
 * maps: map_values = n * side * side; the method's own values, not made fit to be shown.
 * facts, fact_count: n of them, or null and 0.
 * VGG_CANCELLED after vgg_device_cancel(): the maps are void then. */
vgg_status vgg_attributor_run(vgg_attributor attributor, const float *pictures, size_t picture_values,
                              const int32_t *classes, size_t class_count, float *maps, size_t map_values,
                              vgg_attribution *facts, size_t fact_count);

#ifdef __cplusplus
}
#endif

#endif
