// The stand-in for cuDNN: tensors, operations and graphs, checked and boiled down.
#include "cudnn_objects.h"

namespace cudnn
{
namespace
{
Tensor tensor_of(const Descriptor& owner, int attribute)
{
    const Descriptor& source = *owner.values.at(attribute).at<Descriptor*>();
    Tensor tensor;
    tensor.alignment = source.values.at(900).at<std::int64_t>();
    tensor.type = source.values.at(901).at<int>();
    tensor.uid = source.values.at(906).at<std::int64_t>();
    tensor.is_virtual = source.values.count(907) != 0 && source.values.at(907).at<char>() != 0;
    for (int i = 0; i < 4; i++)
    {
        tensor.dimensions[i] = source.values.at(902).at<std::int64_t>((std::size_t)i);
        tensor.strides[i] = source.values.at(903).at<std::int64_t>((std::size_t)i);
    }

    return tensor;
}

bool same_shape(const Tensor& a, const Tensor& b)
{
    return std::memcmp(a.dimensions, b.dimensions, sizeof(a.dimensions)) == 0;
}
}

int finalize_tensor(const Descriptor& d)
{
    if (d.values.at(902).count() != 4 || d.values.at(903).count() != 4)
    {
        return fail(BAD_PARAM, "a tensor without 4 dimensions and 4 strides");
    }

    std::int64_t alignment = d.values.at(900).at<std::int64_t>();
    int type = d.values.at(901).at<int>();
    if (alignment < 1 || alignment % (type == FLOAT ? 4 : 2) != 0 || (type != FLOAT && type != HALF && type != BFLOAT16))
    {
        return fail(BAD_PARAM, "a tensor of an unknown type, or aligned to less than an element");
    }

    for (std::size_t i = 0; i < 4; i++)
    {
        if (d.values.at(902).at<std::int64_t>(i) < 1 || d.values.at(903).at<std::int64_t>(i) < 1)
        {
            return fail(BAD_PARAM, "a tensor with a dimension or stride below 1");
        }
    }

    return 0;
}

int finalize_convolution(const Descriptor& d)
{
    std::int64_t spatial = d.values.at(106).at<std::int64_t>();
    for (int attribute : {102, 103, 104, 105})
    {
        if (d.values.at(attribute).count() != spatial)
        {
            return fail(BAD_PARAM, "a convolution whose lists do not have as many values as spatial dimensions");
        }
    }

    return d.values.at(100).at<int>() == FLOAT ? 0 : decline(NOT_SUPPORTED, "accumulation in another type than float");
}

int finalize_operation(const Descriptor& d)
{
    if (d.type == OPERATION_POINTWISE)
    {
        int mode = d.values.at(750).at<Descriptor*>()->values.at(0).at<int>();
        bool has_b = d.values.count(752), has_y = d.values.count(753), has_dx = d.values.count(756), has_dy = d.values.count(757);
        bool fits = mode == 0 ? has_b && has_y && !has_dx && !has_dy
            : mode == 100     ? !has_b && has_y && !has_dx && !has_dy
            : mode == 200     ? !has_b && !has_y && has_dx && has_dy
                              : false;
        return fits ? 0 : fail(BAD_PARAM, "a pointwise operation with tensors that its mode does not take, or without one that it takes");
    }

    bool forward = d.type == OPERATION_CONVOLUTION_FORWARD;
    Tensor x = tensor_of(d, forward ? 704 : 710), w = tensor_of(d, forward ? 703 : 709), y = tensor_of(d, forward ? 705 : 711);
    if (d.values.at(forward ? 700 : 706).at<float>() != 1 || d.values.at(forward ? 701 : 707).at<float>() != 0)
    {
        return decline(NOT_SUPPORTED, "alpha and beta other than 1 and 0");
    }

    bool fits = x.dimensions[0] == y.dimensions[0] && x.dimensions[1] == w.dimensions[1] && y.dimensions[1] == w.dimensions[0] && x.dimensions[2] == y.dimensions[2]
        && x.dimensions[3] == y.dimensions[3] && w.dimensions[2] == 3 && w.dimensions[3] == 3;
    return fits ? 0 : fail(BAD_PARAM_SHAPE, "a convolution whose shapes do not fit");
}

int finalize_graph(Descriptor& d)
{
    auto program = std::make_shared<Program>();
    const Value& list = d.values.at(801);
    std::int64_t running = -1;
    std::set<std::int64_t> uids;
    for (long i = 0; i < list.count(); i++)
    {
        const Descriptor& operation = *list.at<Descriptor*>((std::size_t)i);
        Tensor result;
        if (operation.type == OPERATION_CONVOLUTION_FORWARD || operation.type == OPERATION_CONVOLUTION_BACKWARD_DATA)
        {
            if (i != 0)
            {
                return decline(PATTERN_NOT_SUPPORTED, "a convolution that is not the first operation");
            }

            program->backward = operation.type == OPERATION_CONVOLUTION_BACKWARD_DATA;
            const Descriptor& convolution = *operation.values.at(program->backward ? 708 : 702).at<Descriptor*>();
            program->pad = convolution.values.at(105).at<std::int64_t>();
            if (convolution.values.at(101).at<int>() != 1 || convolution.values.at(102).at<std::int64_t>() != 1 || convolution.values.at(103).at<std::int64_t>() != 1 || program->pad != 1)
            {
                return decline(NOT_SUPPORTED, "another convolution than 3x3 cross-correlation, stride 1, padding 1");
            }

            program->x = tensor_of(operation, program->backward ? 711 : 704);
            program->w = tensor_of(operation, program->backward ? 709 : 703);
            result = tensor_of(operation, program->backward ? 710 : 705);
            program->convolution_result = result;
        }
        else if (operation.type == OPERATION_POINTWISE)
        {
            int mode = operation.values.at(750).at<Descriptor*>()->values.at(0).at<int>();
            Tensor source = tensor_of(operation, mode == 200 ? 757 : 751);
            result = tensor_of(operation, mode == 200 ? 756 : 753);
            if (i == 0 || source.uid != running)
            {
                return decline(PATTERN_NOT_SUPPORTED, "a pointwise operation that does not continue the operation before it");
            }

            if (mode == 0)
            {
                program->bias = tensor_of(operation, 752);
                program->has_bias = true;
                if (program->bias.count() != source.dimensions[1] || program->bias.dimensions[1] != source.dimensions[1])
                {
                    return fail(BAD_PARAM_SHAPE, "a bias that is not (1, K, 1, 1)");
                }

                if (program->bias.type == FLOAT && program->w.type != FLOAT && fake::setting("cudnn.float_bias", 1) == 0)
                {
                    return decline(NOT_SUPPORTED, "a float bias behind a convolution in half precision");
                }
            }
            else if (mode == 200)
            {
                program->mask = tensor_of(operation, 751);
                program->has_mask = true;
                if (!same_shape(program->mask, result))
                {
                    return fail(BAD_PARAM_SHAPE, "a ReLU mask of another shape");
                }
            }
            else
            {
                program->has_relu = true;
            }

            if (!same_shape(source, result))
            {
                return fail(BAD_PARAM_SHAPE, "a pointwise operation that changes the shape");
            }
        }
        else
        {
            return fail(BAD_PARAM, "something in a graph that is no operation");
        }

        bool last = i == list.count() - 1;
        if (result.is_virtual == last)
        {
            return fail(BAD_PARAM, last ? "a graph whose result is virtual" : "an intermediate tensor that is not virtual");
        }

        running = result.uid;
        program->y = result;
    }

    if (program->convolution_result.is_virtual && program->convolution_result.type != FLOAT)
    {
        return decline(NOT_SUPPORTED, "an intermediate tensor that is not float");
    }

    for (const Tensor* tensor : program->arguments())
    {
        if (!uids.insert(tensor->uid).second)
        {
            return fail(BAD_PARAM, "two tensors of a graph with one identifier");
        }

        if (tensor->strides[1] != 1)
        {
            return decline(LAYOUT_NOT_SUPPORTED, "a layout other than channels last");
        }
    }

    if (program->x.type != program->w.type || program->y.type != program->x.type)
    {
        return decline(NOT_SUPPORTED, "mixed types");
    }

    if (program->x.type != FLOAT && (program->x.dimensions[1] % 8 != 0 || program->w.dimensions[0] % 8 != 0))
    {
        return decline(NOT_SUPPORTED, "half precision with channels that are not a multiple of 8");
    }

    d.program = program;
    return 0;
}
}
