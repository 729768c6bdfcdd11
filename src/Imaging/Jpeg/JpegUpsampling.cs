namespace VggCuda.Imaging.Jpeg;

/// <summary>The rows of a colour at the picture's resolution.</summary>
/// <remarks>
/// Where a colour has half the resolution it is enlarged by the triangle filter, 3/4 of the nearer and 1/4 of the farther pixel each way,
/// rounded up and down in turn; otherwise pixels are repeated. That is the Independent JPEG Group's default ("fancy upsampling").
/// </remarks>
internal sealed class JpegUpsampling
{
    private readonly JpegComponent _component;
    private readonly int _across;
    private readonly int _down;
    private readonly bool _smooth;
    private readonly byte[] _row;
    private readonly int[] _sums;

    /// <param name="component">The colour.</param>
    /// <param name="across">How many pixels one of its pixels stands for across.</param>
    /// <param name="down">How many down.</param>
    public JpegUpsampling(JpegComponent component, int across, int down)
    {
        (_component, _across, _down) = (component, across, down);
        _smooth = (across, down) == (1, 2) || ((across, down) is (2, 1) or (2, 2) && component.Width > 2);
        _row = new byte[component.Width * across];
        _sums = new int[component.Width];
    }

    /// <summary>One row of the picture; overwritten by the next call.</summary>
    public ReadOnlySpan<byte> Row(int y)
    {
        ReadOnlySpan<byte> near = Source(y / _down);
        if (_across == 1 && !_smooth)
        {
            return near;
        }

        if (!_smooth)
        {
            for (int x = 0; x < _row.Length; x++)
            {
                _row[x] = near[x / _across];
            }

            return _row;
        }

        // The row above for an upper half, below for a lower one; at the border the row itself.
        bool upper = y % 2 == 0;
        int other = _down == 1 ? y : (y / 2) + (upper ? -1 : 1);
        ReadOnlySpan<byte> far = Source(Math.Clamp(other, 0, _component.Height - 1));
        if (_across == 1)
        {
            for (int x = 0; x < _row.Length; x++)
            {
                _row[x] = (byte)(((3 * near[x]) + far[x] + (upper ? 1 : 2)) >> 2);
            }

            return _row;
        }

        // Of four, or of sixteen.
        for (int x = 0; x < _sums.Length; x++)
        {
            _sums[x] = _down == 1 ? near[x] : (3 * near[x]) + far[x];
        }

        (int shift, int left, int right) = _down == 1 ? (2, 1, 2) : (4, 8, 7);
        int last = _sums.Length - 1;
        for (int x = 0; x <= last; x++)
        {
            _row[2 * x] = (byte)(((3 * _sums[x]) + _sums[Math.Max(x - 1, 0)] + left) >> shift);
            _row[(2 * x) + 1] = (byte)(((3 * _sums[x]) + _sums[Math.Min(x + 1, last)] + right) >> shift);
        }

        return _row;
    }

    private ReadOnlySpan<byte> Source(int row) => _component.Plane.AsSpan(row * _component.Stride, _component.Width);
}
