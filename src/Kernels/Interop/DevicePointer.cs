using System.Globalization;

namespace VggCuda.Kernels.Interop;

/// <summary>An address in device memory, or none: a CUdeviceptr that no number can be mistaken for.</summary>
/// <param name="Address">CUdeviceptr; 0 for none.</param>
/// <remarks>What lies there is said where the pointer is taken: the network's number type is known at run time alone.</remarks>
internal readonly record struct DevicePointer(ulong Address)
{
    /// <summary>No address: what a launcher leaves out.</summary>
    public static DevicePointer None => default;

    /// <summary>The address so many bytes behind another.</summary>
    public static DevicePointer operator +(DevicePointer start, long bytes) => new(start.Address + checked((ulong)bytes));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Address:x}");

    /// <summary>Whether so many bytes from here on and so many from the other on have one in common.</summary>
    public bool Overlaps(long bytes, DevicePointer other, long otherBytes) => Address < other.Address + (ulong)otherBytes && other.Address < Address + (ulong)bytes;
}
