using System.Runtime.InteropServices;
using System.Text.Json;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Native.Abi;

/// <summary>The border: what a function of the library does, its failure as a status, the message kept for the thread.</summary>
internal static partial class Call
{
    private static readonly int Process = GetProcessId();

    [ThreadStatic]
    private static string? _lastError;

    /// <summary>The message of this thread's last failure.</summary>
    public static string LastError => _lastError ?? "";

    /// <summary>Does it; nothing is thrown beyond here.</summary>
    public static Status Run(Action body)
    {
        try
        {
            if (GetProcessId() != Process)
            {
                throw new StatusException(Status.Forked, "This process was forked from one that uses the library, and has none of its threads. Use the library in the parent, or call exec() after fork().");
            }

            body();
            return Status.Ok;
        }
        catch (Exception exception)
        {
            (Status status, _lastError) = Describe(exception);
            return status;
        }
    }

    /// <summary>A failure in a call that reports without a thread's message being replaced.</summary>
    public static Status RunQuietly(Action body)
    {
        string? before = _lastError;
        Status status = Run(body);
        _lastError = before;
        return status;
    }

    private static (Status Status, string Message) Describe(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions.Count: 1 } one => Describe(one.InnerExceptions[0]),
        StatusException own => (own.Status, own.Message),
        WeightsException => (Status.Weights, exception.Message),
        PlanException or ClassNameException => (Status.Plan, exception.Message),
        JsonException => (Status.Plan, $"The plan cannot be read: {exception.Message}"),
        DeviceMemoryException => (Status.Memory, exception.Message),
        DeviceException => (Status.Device, exception.Message),
        NumbersFailedException => (Status.Numbers, exception.Message),
        OperationCanceledException => (Status.Cancelled, "Cancelled."),
        OutOfMemoryException => (Status.Memory, "There is not enough memory."),
        IOException or UnauthorizedAccessException => (Status.Weights, exception.Message),
        _ => (Status.Internal, $"This is a fault in the library: {exception.GetType().Name}: {exception.Message}"),
    };

    [LibraryImport("libc", EntryPoint = "getpid")]
    [SuppressGCTransition]
    private static partial int GetProcessId();
}
