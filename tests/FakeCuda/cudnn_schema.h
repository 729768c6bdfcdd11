// What each descriptor of cuDNN's backend API takes: attribute, type, how many values, whether it must be set.
#pragma once

#include <map>
#include <vector>

namespace cudnn
{
enum Type
{
    POINTWISE = 0,
    CONVOLUTION = 1,
    ENGINE = 2,
    ENGINE_CONFIG = 3,
    ENGINE_HEURISTICS = 4,
    EXECUTION_PLAN = 5,
    OPERATION_CONVOLUTION_FORWARD = 10,
    OPERATION_CONVOLUTION_BACKWARD_DATA = 12,
    OPERATION_POINTWISE = 13,
    OPERATION_GRAPH = 15,
    VARIANT_PACK = 16,
    TENSOR = 17,
};

enum ValueType
{
    T_HANDLE = 0,
    T_DATA_TYPE = 1,
    T_BOOLEAN = 2,
    T_INT64 = 3,
    T_FLOAT = 4,
    T_DOUBLE = 5,
    T_VOID_POINTER = 6,
    T_CONVOLUTION_MODE = 7,
    T_HEURISTIC_MODE = 8,
    T_NAN = 10,
    T_NUMERICAL_NOTE = 11,
    T_POINTWISE_MODE = 14,
    T_DESCRIPTOR = 15,
    T_BEHAVIOR_NOTE = 19,
    T_CHAR = 24,
};

struct Rule
{
    int type;
    long least, most;
    bool required;
    // For descriptors: the kind they must be, or -1.
    int descriptor = -1;
};

inline const std::map<int, std::map<int, Rule>>& schema()
{
    static const std::map<int, std::map<int, Rule>> rules = {
        {TENSOR,
         {{900, {T_INT64, 1, 1, true}}, {901, {T_DATA_TYPE, 1, 1, true}}, {902, {T_INT64, 1, 8, true}}, {903, {T_INT64, 1, 8, true}},
          {906, {T_INT64, 1, 1, true}}, {907, {T_BOOLEAN, 1, 1, false}}}},
        {CONVOLUTION,
         {{100, {T_DATA_TYPE, 1, 1, true}}, {101, {T_CONVOLUTION_MODE, 1, 1, true}}, {102, {T_INT64, 2, 3, true}}, {103, {T_INT64, 2, 3, true}},
          {104, {T_INT64, 2, 3, true}}, {105, {T_INT64, 2, 3, true}}, {106, {T_INT64, 1, 1, true}}}},
        {POINTWISE,
         {{0, {T_POINTWISE_MODE, 1, 1, true}}, {1, {T_DATA_TYPE, 1, 1, true}}, {2, {T_NAN, 1, 1, false}}, {3, {T_DOUBLE, 1, 1, false}}}},
        {OPERATION_CONVOLUTION_FORWARD,
         {{700, {T_FLOAT, 1, 1, true}}, {701, {T_FLOAT, 1, 1, true}}, {702, {T_DESCRIPTOR, 1, 1, true, CONVOLUTION}}, {703, {T_DESCRIPTOR, 1, 1, true, TENSOR}},
          {704, {T_DESCRIPTOR, 1, 1, true, TENSOR}}, {705, {T_DESCRIPTOR, 1, 1, true, TENSOR}}}},
        {OPERATION_CONVOLUTION_BACKWARD_DATA,
         {{706, {T_FLOAT, 1, 1, true}}, {707, {T_FLOAT, 1, 1, true}}, {708, {T_DESCRIPTOR, 1, 1, true, CONVOLUTION}}, {709, {T_DESCRIPTOR, 1, 1, true, TENSOR}},
          {710, {T_DESCRIPTOR, 1, 1, true, TENSOR}}, {711, {T_DESCRIPTOR, 1, 1, true, TENSOR}}}},
        {OPERATION_POINTWISE,
         {{750, {T_DESCRIPTOR, 1, 1, true, POINTWISE}}, {751, {T_DESCRIPTOR, 1, 1, true, TENSOR}}, {752, {T_DESCRIPTOR, 1, 1, false, TENSOR}},
          {753, {T_DESCRIPTOR, 1, 1, false, TENSOR}}, {756, {T_DESCRIPTOR, 1, 1, false, TENSOR}}, {757, {T_DESCRIPTOR, 1, 1, false, TENSOR}}}},
        {OPERATION_GRAPH, {{800, {T_HANDLE, 1, 1, true}}, {801, {T_DESCRIPTOR, 1, 50, true}}}},
        {ENGINE_HEURISTICS, {{200, {T_HEURISTIC_MODE, 1, 1, true}}, {201, {T_DESCRIPTOR, 1, 1, true, OPERATION_GRAPH}}}},
        {ENGINE, {}},
        {ENGINE_CONFIG, {}},
        {EXECUTION_PLAN, {{400, {T_HANDLE, 1, 1, true}}, {401, {T_DESCRIPTOR, 1, 1, false, ENGINE_CONFIG}}, {405, {T_CHAR, 1, 1 << 24, false}}}},
        {VARIANT_PACK, {{1000, {T_INT64, 1, 64, true}}, {1001, {T_VOID_POINTER, 1, 64, true}}, {1003, {T_VOID_POINTER, 1, 1, true}}}},
    };
    return rules;
}

inline std::size_t size_of(int type)
{
    switch (type)
    {
    case T_HANDLE:
    case T_INT64:
    case T_DOUBLE:
    case T_VOID_POINTER:
    case T_DESCRIPTOR:
        return 8;
    case T_BOOLEAN:
    case T_CHAR:
        return 1;
    default:
        return 4;
    }
}
}
