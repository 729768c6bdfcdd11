using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;
using VggCuda.Native.Resources;

namespace VggCuda.Native.Exports;

/// <summary>vggcuda.h, "Devices".</summary>
internal static unsafe class DeviceExports
{
    [UnmanagedCallersOnly(EntryPoint = "vgg_devices_count", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ListCount(nuint* count) => Call.Run(() =>
    {
        Memory.Require(count, "count");
        *count = (nuint)DeviceList.Find().Length;
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_devices_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ListName(nuint index, byte* text, nuint* size) => Call.Run(() => Text.Write(Listed(index).Name, text, size));

    [UnmanagedCallersOnly(EntryPoint = "vgg_devices_usable", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ListUsable(nuint index, int* usable) => Call.Run(() =>
    {
        Memory.Require(usable, "answer");
        *usable = Listed(index).Usable ? 1 : 0;
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_devices_details", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ListDetails(nuint index, byte* text, nuint* size) => Call.Run(() => Text.Write(Listed(index).Details, text, size));

    [UnmanagedCallersOnly(EntryPoint = "vgg_device_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Open(byte* name, uint threads, ulong* device) => Call.Run(() =>
    {
        Memory.Require(device, "handle");
        *device = HandleTable.Add(DeviceResource.Open(Text.Read(name, "name") ?? "auto", threads));
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_device_details", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Details(ulong device, byte* text, nuint* size) => Call.Run(() =>
    {
        using Loan<DeviceResource> loan = HandleTable.Take<DeviceResource>(device);
        Text.Write(DeviceResource.Details(loan.Resource.Backend.Description), text, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_device_cancel", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Cancel(ulong device) => Call.Run(() =>
    {
        using Loan<DeviceResource> loan = HandleTable.Take<DeviceResource>(device);
        loan.Resource.Cancel();
    });

    private static ListedDevice Listed(nuint index)
    {
        ImmutableArray<ListedDevice> devices = DeviceList.Find();
        return index < (nuint)devices.Length ? devices[(int)index] : throw StatusException.Argument($"There is no device {index} in the list; it has {devices.Length}.");
    }
}
