using System.CommandLine;
using System.Text.Json.Serialization;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;

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
        List<DeviceEntry> devices =
        [
            Describe("cpu", () => new CpuBackend(invocation.Threads)),
            Describe("reference", () => new ReferenceBackend()),
        ];
        return new DeviceList(devices, []);
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
            invocation.Result(device.Usable ? $"{device.Name}: {device.Processor}" : $"{device.Name}: cannot be used: {device.Reason}");
            foreach ((string key, string value) in device.Details ?? new Dictionary<string, string>())
            {
                invocation.Result($"  {key}: {value}");
            }
        }

        foreach (string line in invocation.Verbose ? list.CudaLibraries : [])
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
