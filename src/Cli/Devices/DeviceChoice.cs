using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels;

namespace VggCuda.Cli.Devices;

/// <summary>From --device and --threads to a backend.</summary>
internal static class DeviceChoice
{
    /// <summary>Opens the device asked for, for a network in a given arithmetic.</summary>
    /// <inheritdoc cref="Open(Invocation)"/>
    public static IBackend Open(Invocation invocation, Precision precision)
    {
        IBackend backend = Open(invocation);
        string name = backend.Description.Name;
        if (precision is Precision.Auto or Precision.Fp32 || name.StartsWith("cuda", StringComparison.Ordinal))
        {
            return backend;
        }

        backend.Dispose();
        throw CommandException.Usage($"--precision {precision.ToString().ToLowerInvariant()} needs a CUDA device; {name} computes in {(name == "reference" ? "double precision" : "fp32")}.");
    }

    /// <summary>Opens the device asked for.</summary>
    /// <exception cref="CommandException">No such device, or --threads with a device that has none.</exception>
    /// <exception cref="DeviceException">It cannot be used here; the message says why.</exception>
    public static IBackend Open(Invocation invocation) => Open(invocation, invocation.Device);

    /// <summary>Opens a device by its name.</summary>
    /// <inheritdoc cref="Open(Invocation)"/>
    public static IBackend Open(Invocation invocation, string device)
    {
        string name = device.Trim().ToLowerInvariant();
        IBackend backend = name switch
        {
            "auto" => OpenBest(invocation),
            "cpu" => new CpuBackend(invocation.Threads),
            "reference" => WithoutThreads(invocation, name, () => new ReferenceBackend()),
            "cuda" => WithoutThreads(invocation, name, () => OpenCuda(invocation, 0)),
            _ when name.StartsWith("cuda:", StringComparison.Ordinal) => WithoutThreads(invocation, name, () => OpenCuda(invocation, IndexOf(name))),
            _ => throw CommandException.Usage($"There is no device '{device}'; choose auto, cpu, cuda, cuda:N or reference.{Nearest.Question(name, ["auto", "cpu", "cuda", "reference"], 1)}\nThe command devices lists what can be used here."),
        };
        if (invocation.DenseWeights != DenseWeights.Full && backend is not CudaBackend)
        {
            backend.Dispose();
            throw CommandException.Usage($"--dense-weights int8 needs a CUDA device; {backend.Description.Name} keeps weights as they are.");
        }

        invocation.Detail($"Device: {backend.Description.Name}, {backend.Description.Device}");
        foreach ((string key, string value) in backend.Description.Details)
        {
            invocation.Detail($"  {key}: {value}");
        }

        return backend;
    }

    /// <summary>The devices that --device means where a process each may draw: every GPU that can be used for <c>auto</c> and <c>cuda</c>, else the one that is named; by the names that <see cref="Open(Invocation, string)"/> takes.</summary>
    public static IReadOnlyList<string> Names(Invocation invocation)
    {
        string name = invocation.Device.Trim().ToLowerInvariant();
        if (name is not ("auto" or "cuda") || (name == "auto" && invocation.Threads is not null))
        {
            return [name == "auto" ? "cpu" : name];
        }

        CudaProbe probe = CudaDevices.Probe();
        string[] gpus = [.. probe.Devices.Where(d => d.IsSupported && probe.IsUsable).Select(d => string.Create(CultureInfo.InvariantCulture, $"cuda:{d.Ordinal}"))];
        return gpus.Length > 0 ? gpus : [name == "auto" ? "cpu" : name];
    }

    // With --threads the user means the processor. A GPU that turns out unusable only when opened is passed over, with a line.
    private static IBackend OpenBest(Invocation invocation)
    {
        if (invocation.Threads is null && CudaDevices.Probe().IsUsable)
        {
            try
            {
                return OpenCuda(invocation, 0);
            }
            catch (DeviceException exception)
            {
                invocation.Note($"CUDA cannot be used, so the processor computes: {exception.Message}");
            }
        }

        return new CpuBackend(invocation.Threads);
    }

    private static CudaBackend OpenCuda(Invocation invocation, int index)
    {
        CudaOptions options = new() { DenseWeights = invocation.DenseWeights };
        return CudaBackend.Open(index, invocation.NoAutotune ? options with { Proposals = 0 } : options);
    }

    private static IBackend WithoutThreads(Invocation invocation, string device, Func<IBackend> open) =>
        invocation.Threads is null
            ? open()
            : throw CommandException.Usage($"--threads goes with the cpu device; '--device {device}' does not use it.");

    private static int IndexOf(string name) =>
        int.TryParse(name.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? index
            : throw CommandException.Usage($"'{name}' is no device: after 'cuda:' comes a number from 0, such as cuda:0.");
}
