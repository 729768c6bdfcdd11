using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels;

namespace VggCuda.Cli.Commands;

/// <summary><c>devices</c>: what can be used here and, for what cannot, why.</summary>
internal static class DevicesCommand
{
    public static Command Create(CommandHost host)
    {
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command command = new("devices", "List what can be used here and, for what cannot, why. With --verbose, how the CUDA libraries were looked for.") { json };
        host.Run(command, invocation =>
        {
            DeviceList list = Find(invocation);
            if (invocation.Value(json))
            {
                invocation.Result(list, DeviceListJson.Default.DeviceList);
            }
            else
            {
                Print(invocation, list);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static DeviceList Find(Invocation invocation)
    {
        CudaProbe probe = CudaDevices.Probe();
        List<DeviceEntry> devices =
        [
            Describe("reference", () => new ReferenceBackend()),
            Describe("cpu", () => new CpuBackend(invocation.Threads)),
        ];
        devices.AddRange(probe.Devices.Select(d => Describe(d, probe)));
        if (probe.Devices.Count == 0)
        {
            devices.Add(new DeviceEntry("cuda", false, null, null, probe.Problems.Count > 0 ? string.Join(" ", probe.Problems) : "The driver knows no GPU."));
        }

        return new DeviceList(devices, probe.Log);
    }

    private static DeviceEntry Describe(CudaDevice device, CudaProbe probe)
    {
        Dictionary<string, string> details = new()
        {
            ["compute capability"] = device.ComputeCapability.ToString(2),
            ["memory"] = string.Create(CultureInfo.InvariantCulture, $"{device.MemoryBytes >> 20} MiB"),
            ["multiprocessors"] = device.Multiprocessors.ToString(CultureInfo.InvariantCulture),
            ["bus"] = device.BusId,
            ["driver (CUDA)"] = probe.DriverVersion?.ToString() ?? "none",
            ["cuDNN"] = probe.CudnnVersion?.ToString() ?? "none",
            ["cuBLAS"] = probe.CublasVersion?.ToString() ?? "none",
        };
        List<string> reasons = [.. probe.Problems];
        if (!device.IsSupported)
        {
            reasons.Add("Its compute capability is below 7.5, the least that the kernels run on.");
        }

        string? reason = reasons.Count > 0 ? string.Join(" ", reasons) : null;
        return new DeviceEntry(string.Create(CultureInfo.InvariantCulture, $"cuda:{device.Ordinal}"), reason is null, device.Name, details, reason);
    }

    private static DeviceEntry Describe(string name, Func<IBackend> open)
    {
        try
        {
            using IBackend backend = open();
            return new DeviceEntry(backend.Description.Name, true, backend.Description.Device, backend.Description.Details, null);
        }
        catch (DeviceException exception)
        {
            return new DeviceEntry(name, false, null, null, exception.Message);
        }
    }

    private static void Print(Invocation invocation, DeviceList list)
    {
        foreach (DeviceEntry device in list.Devices)
        {
            string what = device.Processor is null ? "" : $"{device.Processor}; ";
            invocation.Result(device.Usable ? $"{device.Name}: {device.Processor}" : $"{device.Name}: {what}cannot be used. {device.Reason}");
            foreach ((string key, string value) in device.Details ?? new Dictionary<string, string>())
            {
                invocation.Result($"  {key}: {value}");
            }
        }

        if (!invocation.Verbose)
        {
            return;
        }

        invocation.Result("Search for the CUDA libraries:");
        foreach (string line in list.CudaLibraries)
        {
            invocation.Result($"  {line}");
        }
    }
}

/// <param name="Devices">Each device that --device knows.</param>
/// <param name="CudaLibraries">What was tried and chosen while looking for the CUDA libraries, in order.</param>
internal sealed record DeviceList(IReadOnlyList<DeviceEntry> Devices, IReadOnlyList<string> CudaLibraries);

/// <summary>A device, and why it cannot be used where it cannot.</summary>
internal sealed record DeviceEntry(string Name, bool Usable, string? Processor, IReadOnlyDictionary<string, string>? Details, string? Reason);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeviceList))]
internal sealed partial class DeviceListJson : JsonSerializerContext;
