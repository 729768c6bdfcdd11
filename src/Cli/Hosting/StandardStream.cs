using System.ComponentModel;
using System.Runtime.InteropServices;

namespace VggCuda.Cli.Hosting;

/// <summary>Standard output or standard error as the bytes that go there. Unlike .NET's own stream it says when nobody reads them any more, and never writes to a descriptor that the shell had closed.</summary>
/// <remarks>
/// Where the shell closed a descriptor (<c>2&gt;&amp;-</c>), the runtime opens something of its own under the number. All that it opens is closed on exec,
/// which nothing is that a program was started with: that tells them apart.
/// </remarks>
internal sealed partial class StandardStream : Stream
{
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;
    private const int Interrupted = 4;
    private const int BadDescriptor = 9;
    private const int NoSpace = 28;
    private const int BrokenPipe = 32;
    private const short PollOut = 4;
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = descriptor;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private static int TryAgain => OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>Opens standard output.</summary>
    public static Stream OpenOutput() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new StandardStream(1);

    /// <summary>Opens standard error.</summary>
    public static Stream OpenError() => OperatingSystem.IsWindows() ? Console.OpenStandardError() : new StandardStream(2);

    /// <summary>Whether the process was started without this descriptor (1 output, 2 error).</summary>
    public static bool IsClosed(int descriptor)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        int flags = Control(descriptor, GetDescriptorFlags);
        return flags < 0 || (flags & CloseOnExec) != 0;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="StandardStreamException">It cannot be written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (IsClosed(_descriptor))
        {
            throw new StandardStreamException("it is closed.", isBrokenPipe: false);
        }

        while (buffer.Length > 0)
        {
            nint written = Put(_descriptor, buffer, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == TryAgain)
            {
                // Another program has set the terminal or the pipe not to wait.
                PollEntry entry = new() { Descriptor = _descriptor, Wanted = PollOut };
                _ = Poll(ref entry, 1, 1000);
            }
            else if (error != Interrupted)
            {
                throw new StandardStreamException(Cause(error), error == BrokenPipe);
            }
        }
    }

    private static string Cause(int error) => error switch
    {
        BadDescriptor => "it is closed.",
        BrokenPipe => "nobody reads it any more.",
        NoSpace => "the disk is full.",
        _ => new Win32Exception(error).Message.TrimEnd('.') + ".",
    };

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Put(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);
}

/// <summary>A standard stream that cannot be written. The message is the cause.</summary>
/// <param name="message">A sentence.</param>
/// <param name="isBrokenPipe">Whether its reader has gone, as <c>head</c> does when it has enough.</param>
internal sealed class StandardStreamException(string message, bool isBrokenPipe) : IOException(message)
{
    public bool IsBrokenPipe { get; } = isBrokenPipe;
}
