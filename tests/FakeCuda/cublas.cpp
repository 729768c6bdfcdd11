// The stand-in for cuBLAS: one matrix product.
#include "fake.h"

#include <cstring>

namespace
{
enum
{
    NOT_INITIALIZED = 1,
    INVALID_VALUE = 7,
    INTERNAL_ERROR = 14,
    NOT_SUPPORTED = 15,
};

struct Handle
{
    fake::Context* context;
    fake::Stream* stream;
    std::uint64_t workspace;
    int math = 0;
};

std::set<Handle*> handles;

int fail(int code, const std::string& why)
{
    fake::violation("cuBLAS: " + why);
    return code;
}

float load(std::uint64_t memory, std::int64_t index, int type)
{
    if (type == 0)
    {
        return reinterpret_cast<const float*>(memory)[index];
    }

    std::uint16_t bits = reinterpret_cast<const std::uint16_t*>(memory)[index];
    return type == 2 ? fake::half_to_float(bits) : fake::bfloat_to_float(bits);
}
}

#define ENTER(name)                                     \
    LOCK;                                               \
    if (int code_ = fake::enter(name, INTERNAL_ERROR))  \
    return code_
#define ALIVE(handle)                                                        \
    if (handles.count(handle) == 0 || (handle)->context != fake::current())  \
    return fail(NOT_INITIALIZED, "a dead handle, or another context's")

EXPORT int cublasCreate_v2(Handle** handle)
{
    ENTER("cublasCreate_v2");
    if (fake::current() == nullptr || fake::refuse_while_capturing("cublasCreate_v2"))
    {
        return fail(NOT_INITIALIZED, "cublasCreate without a context, or while capturing");
    }

    *handle = new Handle{fake::current(), nullptr, 0};
    handles.insert(*handle);
    fake::object_created("cuBLAS handles", *handle);
    return 0;
}

EXPORT int cublasDestroy_v2(Handle* handle)
{
    LOCK;
    if (handles.erase(handle) == 0)
    {
        return fail(NOT_INITIALIZED, "cublasDestroy of no handle");
    }

    fake::object_destroyed("cuBLAS handles", handle);
    delete handle;
    return 0;
}

EXPORT int cublasSetStream_v2(Handle* handle, void* stream)
{
    ENTER("cublasSetStream_v2");
    ALIVE(handle);
    handle->stream = fake::find_stream(stream);
    // As in the real one, setting a stream takes the workspace away.
    handle->workspace = 0;
    return handle->stream == nullptr ? fail(INVALID_VALUE, "no stream") : 0;
}

EXPORT int cublasSetWorkspace_v2(Handle* handle, std::uint64_t workspace, std::size_t bytes)
{
    ENTER("cublasSetWorkspace_v2");
    ALIVE(handle);
    if (workspace % 256 != 0 || fake::find_memory(workspace, bytes, handle->context) == nullptr)
    {
        return fail(INVALID_VALUE, "a workspace that is misaligned or no memory of this device");
    }

    handle->workspace = workspace;
    return 0;
}

EXPORT int cublasSetMathMode(Handle* handle, int mode)
{
    ENTER("cublasSetMathMode");
    ALIVE(handle);
    handle->math = mode;
    return (mode & ~(1 | 2 | 3 | 16)) == 0 ? 0 : fail(INVALID_VALUE, "an unknown math mode");
}

EXPORT int cublasGetProperty(int property, int* value)
{
    static const int version[] = {13, 0, 1};
    *value = property >= 0 && property < 3 ? version[property] : 0;
    return property >= 0 && property < 3 ? 0 : INVALID_VALUE;
}

EXPORT const char* cublasGetStatusName(int status)
{
    return status == 0 ? "CUBLAS_STATUS_SUCCESS" : status == INVALID_VALUE ? "CUBLAS_STATUS_INVALID_VALUE" : status == NOT_SUPPORTED ? "CUBLAS_STATUS_NOT_SUPPORTED" : "CUBLAS_STATUS_INTERNAL_ERROR";
}

EXPORT const char* cublasGetStatusString(int)
{
    return "as the stand-in library says";
}

// C = alpha op(A) op(B) + beta C, column-major.
EXPORT int cublasGemmEx(
    Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha, std::uint64_t a, int a_type, int lda, std::uint64_t b,
    int b_type, int ldb, const float* beta, std::uint64_t c, int c_type, int ldc, int compute, int algorithm)
{
    ENTER("cublasGemmEx");
    ALIVE(handle);
    if (handle->stream == nullptr || handle->workspace == 0)
    {
        return fail(NOT_INITIALIZED, "a product without a stream or a workspace");
    }

    bool known = (a_type == 0 || a_type == 2 || a_type == 14) && a_type == b_type && (c_type == a_type || c_type == 0) && algorithm == -1;
    known = known && (compute == 68 || ((compute == 69 || compute == 77) && a_type == 0));
    if (!known)
    {
        return fail(NOT_SUPPORTED, "a combination of types that it does not have");
    }

    if (a_type != 0 && (handle->math & 16) == 0)
    {
        return fail(NOT_SUPPORTED, "a product of half precision whose pieces may be summed in half precision");
    }

    int a_columns = transpose_a ? m : k, a_rows = transpose_a ? k : m;
    int b_columns = transpose_b ? k : n, b_rows = transpose_b ? n : k;
    if (m < 1 || n < 1 || k < 1 || lda < a_rows || ldb < b_rows || ldc < m)
    {
        return fail(INVALID_VALUE, "sizes that do not fit");
    }

    auto bytes = [](int columns, int ld, int rows, int type) { return ((std::size_t)(columns - 1) * (std::size_t)ld + (std::size_t)rows) * (type == 0 ? 4 : 2); };
    fake::Context* context = handle->context;
    if (fake::find_memory(a, bytes(a_columns, lda, a_rows, a_type), context) == nullptr || fake::find_memory(b, bytes(b_columns, ldb, b_rows, b_type), context) == nullptr
        || fake::find_memory(c, bytes(n, ldc, m, c_type), context) == nullptr)
    {
        return fail(INVALID_VALUE, "a matrix that does not lie inside one allocation of this device");
    }

    float al = *alpha, be = *beta;
    bool tf32 = compute == 77;
    return fake::submit(handle->stream, "cuBLAS product", [=] {
        for (int j = 0; j < n; j++)
        {
            for (int i = 0; i < m; i++)
            {
                float sum = 0;
                for (int p = 0; p < k; p++)
                {
                    float left = load(a, transpose_a ? (std::int64_t)i * lda + p : (std::int64_t)p * lda + i, a_type);
                    float right = load(b, transpose_b ? (std::int64_t)p * ldb + j : (std::int64_t)j * ldb + p, b_type);
                    sum += tf32 ? fake::round_to_tf32(left) * fake::round_to_tf32(right) : left * right;
                }

                std::int64_t place = (std::int64_t)j * ldc + i;
                float result = al * sum + (be == 0 ? 0 : be * load(c, place, c_type));
                if (c_type == 0)
                {
                    reinterpret_cast<float*>(c)[place] = result;
                }
                else
                {
                    reinterpret_cast<std::uint16_t*>(c)[place] = c_type == 2 ? fake::float_to_half(result) : fake::float_to_bfloat(result);
                }
            }
        }

        return 0;
    });
}
