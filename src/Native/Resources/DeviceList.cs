using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels;

namespace VggCuda.Native.Resources;

/// <summary>A device of this machine.</summary>
/// <param name="Name">For vgg_device_open.</param>
/// <param name="Usable">Whether it can be opened.</param>
/// <param name="Details">What it is, else why it cannot be used.</param>
internal sealed record ListedDevice(string Name, bool Usable, string Details);

/// <summary>What there is on this machine.</summary>
internal static class DeviceList
{
    /// <summary>Looks.</summary>
    public static ImmutableArray<ListedDevice> Find()
    {
        CudaProbe probe = CudaDevices.Probe();
        string problems = string.Join(" ", probe.Problems);
        ImmutableArray<ListedDevice> own = [Describe("reference", () => new ReferenceBackend()), Describe("cpu", () => new CpuBackend())];
        return probe.Devices.Count == 0
            ? [.. own, new ListedDevice("cuda", false, problems.Length > 0 ? problems : "The driver knows no GPU.")]
            : [.. own, .. probe.Devices.Select(d => Describe(d, problems))];
    }

    private static ListedDevice Describe(CudaDevice device, string problems)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"cuda:{device.Ordinal}");
        string reason = device.IsSupported ? problems : $"{problems} Its compute capability is below 7.5, the least that the kernels run on.".Trim();
        return reason.Length > 0
            ? new ListedDevice(name, false, reason)
            : new ListedDevice(name, true, string.Create(CultureInfo.InvariantCulture, $"{name}: {device.Name}\ncompute capability: {device.ComputeCapability}\nmemory: {device.MemoryBytes >> 20} MiB"));
    }

    private static ListedDevice Describe(string name, Func<IBackend> open)
    {
        try
        {
            using IBackend backend = open();
            return new ListedDevice(name, true, DeviceResource.Details(backend.Description));
        }
        catch (DeviceException exception)
        {
            return new ListedDevice(name, false, exception.Message);
        }
    }
}
