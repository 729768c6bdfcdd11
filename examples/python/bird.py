"""Draws the bundled model's bird into a file and asks for a gradient, by ctypes and NumPy.

usage: bird.py FILE.ppm [GRADIENT.npy]

The library is looked for by the loader (LD_LIBRARY_PATH), or in VGGCUDA_LIBRARY.
"""
import ctypes
import os
import sys

import numpy

VGG_DEFAULT_SEED = 1337
vgg = ctypes.CDLL(os.environ.get("VGGCUDA_LIBRARY", "libvggcuda.so.0"))

PROGRESS = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)


class RenderOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32), ("count", ctypes.c_uint32),
        ("objective", ctypes.c_char_p), ("preset", ctypes.c_char_p), ("plan", ctypes.c_char_p),
        ("seed", ctypes.c_uint32), ("height", ctypes.c_uint32), ("width", ctypes.c_uint32), ("iterations", ctypes.c_uint32),
        ("precision", ctypes.c_int32), ("max_batch", ctypes.c_uint32),
        ("progress", PROGRESS), ("progress_data", ctypes.c_void_p),
    ]


class PicturesInfo(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("count", ctypes.c_uint32), ("height", ctypes.c_uint32), ("width", ctypes.c_uint32)]


Handle = ctypes.c_uint64
vgg.vgg_status_name.restype = ctypes.c_char_p


def check(status):
    if status != 0:
        size = ctypes.c_size_t(0)
        vgg.vgg_last_error(None, ctypes.byref(size))
        message = ctypes.create_string_buffer(size.value)
        vgg.vgg_last_error(message, ctypes.byref(size))
        raise RuntimeError(f"{vgg.vgg_status_name(status).decode()}: {message.value.decode()}")


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def main(path, gradient_path=None):
    network, device, pictures, gradient = Handle(), Handle(), Handle(), Handle()
    check(vgg.vgg_network_open(None, None, ctypes.byref(network)))
    check(vgg.vgg_device_open(b"cpu", ctypes.c_uint32(0), ctypes.byref(device)))

    options = RenderOptions(struct_size=ctypes.sizeof(RenderOptions), objective=b"predictions:bird", seed=VGG_DEFAULT_SEED, iterations=64)
    check(vgg.vgg_render(network, device, ctypes.byref(options), ctypes.byref(pictures)))
    info = PicturesInfo(struct_size=ctypes.sizeof(PicturesInfo))
    check(vgg.vgg_pictures_describe(pictures, ctypes.byref(info)))

    rgb = numpy.empty((info.height, info.width, 3), numpy.uint8)
    size = ctypes.c_size_t(rgb.size)
    check(vgg.vgg_picture_display(pictures, ctypes.c_size_t(0), pointer(rgb), ctypes.byref(size)))
    with open(path, "wb") as file:
        file.write(b"P6 %d %d 255\n" % (info.width, info.height) + rgb.tobytes())

    values = rgb.astype(numpy.float32)
    check(vgg.vgg_gradient_open(network, device, b"predictions:20", None, ctypes.byref(gradient)))
    logit = numpy.empty(1, numpy.float64)
    slopes = numpy.empty_like(values)
    check(vgg.vgg_gradient_run(
        gradient, pointer(values), ctypes.c_size_t(values.size), pointer(logit), ctypes.c_size_t(1), pointer(slopes), ctypes.c_size_t(slopes.size)))
    print(f"{info.height} x {info.width}, logit {logit[0]:.2f}")
    if gradient_path is not None:
        numpy.save(gradient_path, slopes)

    for handle in (gradient, pictures, device, network):
        check(vgg.vgg_close(handle))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:3])
