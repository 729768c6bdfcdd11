using System.Text;

namespace VggCuda.Cli.Hosting;

/// <summary>Text to a standard stream that never fails: what cannot be written is dropped, and the first failure kept for the end.</summary>
/// <remarks>A run must not lose its pictures because the terminal that it reports to is gone, or the disk behind a log is full.</remarks>
internal sealed class StandardText(Stream stream, Encoding encoding) : TextWriter(System.Globalization.CultureInfo.InvariantCulture)
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public override Encoding Encoding { get; } = encoding;

    /// <summary>Why text was lost, or null where none was. A reader that has gone is no failure: it has what it wanted.</summary>
    public IOException? Failure { get; private set; }

    private bool IsGone { get; set; }

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    // In one piece, so that lines of two threads do not mix.
    public override void WriteLine(string? value) => Write(value + NewLine);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        byte[] bytes = new byte[Encoding.GetByteCount(buffer)];
        Encoding.GetBytes(buffer, bytes);
        lock (_gate)
        {
            if (IsGone)
            {
                return;
            }

            try
            {
                stream.Write(bytes);
            }
            catch (IOException exception)
            {
                IsGone = true;
                Failure = exception is StandardStreamException { IsBrokenPipe: true } ? null : exception;
            }
        }
    }
}
