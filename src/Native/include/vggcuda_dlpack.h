/*
 * vggcuda_dlpack.h: the structures of DLPack 1.0 that vggcuda.h exchanges tensors by, for programs without dlpack.h.
 *
 * The layout is DLPack's public binary interface. Where dlpack.h has been included before, its definitions are taken.
 */
#ifndef VGGCUDA_DLPACK_H
#define VGGCUDA_DLPACK_H

#include <stdint.h>

#include "vggcuda.h"

#if !defined(DLPACK_DLPACK_H_) && !defined(DLPACK_MAJOR_VERSION)

#ifdef __cplusplus
extern "C" {
#endif

/* Device types. */
enum { kDLCPU = 1, kDLCUDA = 2 };

/* Type codes. */
enum { kDLInt = 0, kDLUInt = 1, kDLFloat = 2 };

/* Bits of flags. */
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)

typedef struct DLPackVersion {
    uint32_t major;
    uint32_t minor;
} DLPackVersion;

typedef struct DLDevice {
    int32_t device_type;
    int32_t device_id;
} DLDevice;

typedef struct DLDataType {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} DLDataType;

typedef struct DLTensor {
    void *data;
    DLDevice device;
    int32_t ndim;
    DLDataType dtype;
    int64_t *shape;
    int64_t *strides;     /* In elements; null for C order. */
    uint64_t byte_offset;
} DLTensor;

typedef struct DLManagedTensorVersioned {
    DLPackVersion version;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *self);
    uint64_t flags;
    DLTensor dl_tensor;
} DLManagedTensorVersioned;

#ifdef __cplusplus
}
#endif

#endif
#endif
