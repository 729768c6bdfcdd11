using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging.Jpeg;

/// <summary>Reads the coded data of one scan.</summary>
/// <remarks>ITU-T T.81, sections F.2 (sequential) and G.1, G.2 (progressive) with Huffman coding, E.2 (restarts).</remarks>
internal ref struct JpegScan
{
    // An encoder sends some ten scans. A file that goes through its blocks again and again for a byte or two is made to waste time.
    private const long MaxWork = 1L << 29;
    private const int MaxScans = 1024;

    private readonly JpegFrame _frame;
    private readonly JpegComponent[] _components;
    private readonly JpegHuffman?[] _dc;
    private readonly JpegHuffman?[] _ac;
    private readonly int _first;
    private readonly int _last;
    private readonly int _before;
    private readonly int _lowest;
    private readonly int _restartInterval;
    private readonly int[] _predictions = new int[4];
    private JpegBits _bits;
    private int _emptyBlocks;

    private JpegScan(JpegFrame frame, JpegTables tables, ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        _frame = frame;
        _bits = new JpegBits(data);
        _restartInterval = tables.RestartInterval;
        JpegTables.Require(header.Length >= 1 && header[0] is >= 1 and <= 4 && header.Length == 4 + (2 * header[0]));
        _components = new JpegComponent[header[0]];
        _dc = new JpegHuffman?[header[0]];
        _ac = new JpegHuffman?[header[0]];
        ReadOnlySpan<byte> last = header[^3..];
        (_first, _last, _before, _lowest) = frame.IsProgressive ? (last[0], last[1], last[2] >> 4, last[2] & 15) : (0, 63, 0, 0);
        JpegTables.Require(_last <= 63 && _first <= _last && (_first == 0) == (_last == 0 || !frame.IsProgressive) && _lowest <= 13);
        JpegTables.Require(_first == 0 || _components.Length == 1);
        for (int i = 0; i < _components.Length; i++)
        {
            byte id = header[1 + (2 * i)], choice = header[2 + (2 * i)];
            JpegComponent component = Array.Find(frame.Components, c => c.Id == id) ?? throw BrokenPictureException.Damaged();
            JpegTables.Require(Array.IndexOf(_components, component) < 0 && choice >> 4 <= 3 && (choice & 15) <= 3);
            component.Steps ??= tables.Quantisation(component.Quantisation);
            component.Note(_first, _last, _before, _lowest);
            _components[i] = component;
            _dc[i] = _first == 0 && _before == 0 ? tables.Dc(choice >> 4) : null;
            _ac[i] = _last > 0 ? tables.Ac(choice & 15) : null;
        }

        JpegFrame.RequireUnit(_components);
    }

    /// <summary>Reads a scan to its end.</summary>
    /// <param name="frame">What the picture is made of; learns what has come.</param>
    /// <param name="tables">The tables that hold now.</param>
    /// <param name="header">The scan's header.</param>
    /// <param name="data">The file from behind it.</param>
    /// <returns>How long the coded data is, up to the next marker.</returns>
    /// <exception cref="BrokenPictureException">Data is missing, or no data of this kind.</exception>
    public static int Read(JpegFrame frame, JpegTables tables, ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        JpegScan scan = new(frame, tables, header, data);
        frame.HasScan = true;
        scan.ReadUnits();
        return scan._bits.NextMarker();
    }

    private void ReadUnits()
    {
        bool interleaved = _components.Length > 1;
        JpegComponent only = _components[0];
        int columns = interleaved ? _frame.UnitColumns : only.Columns, rows = interleaved ? _frame.UnitRows : only.Rows;
        long units = (long)columns * rows;
        _frame.Work += (units * (interleaved ? _components.Sum(c => c.Across * c.Down) : 1)) + (MaxWork / MaxScans);
        if (_frame.Work > MaxWork)
        {
            throw new BrokenPictureException("but one that goes over its pixels more often than any program writes it; save it anew.");
        }

        int toRestart = _restartInterval, restarts = 0;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                if (_restartInterval > 0 && toRestart == 0)
                {
                    _bits.Restart(restarts++ & 7);
                    toRestart = _restartInterval;
                    _emptyBlocks = 0;
                    Array.Clear(_predictions);
                }

                toRestart--;
                if (!interleaved)
                {
                    Block(0, (row * only.PaddedColumns) + column);
                    continue;
                }

                for (int i = 0; i < _components.Length; i++)
                {
                    JpegComponent component = _components[i];
                    for (int block = 0; block < component.Across * component.Down; block++)
                    {
                        int y = (row * component.Down) + (block / component.Across), x = (column * component.Across) + (block % component.Across);
                        Block(i, (y * component.PaddedColumns) + x);
                    }
                }
            }
        }
    }

    private void Block(int index, int place)
    {
        JpegComponent component = _components[index];
        if (!_frame.IsProgressive)
        {
            Span<short> block = stackalloc short[64];
            block.Clear();
            block[0] = (short)Difference(index);
            Sequential(_ac[index]!, block);
            JpegBlock.Invert(block, component.Steps!, component.PixelsOf(place), component.Stride);
            return;
        }

        Span<short> coefficients = component.Coefficients.AsSpan(place * 64, 64);
        if (_first > 0)
        {
            if (_before == 0)
            {
                FirstBits(_ac[index]!, coefficients);
            }
            else
            {
                FurtherBit(_ac[index]!, coefficients);
            }
        }
        else if (_before == 0)
        {
            coefficients[0] = (short)(Difference(index) << _lowest);
        }
        else
        {
            coefficients[0] |= (short)(_bits.Take(1) << _lowest);
        }
    }

    private int Difference(int index)
    {
        int size = _dc[index]!.Decode(ref _bits);
        JpegTables.Require(size <= 15);
        return _predictions[index] += Signed(size);
    }

    // F.2.2.1: values with a leading 0 are negative.
    private int Signed(int size)
    {
        int value = _bits.Take(size);
        return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    private void Sequential(JpegHuffman table, scoped Span<short> block)
    {
        for (int k = 1; k <= 63; k++)
        {
            int symbol = table.Decode(ref _bits);
            int zeros = symbol >> 4, size = symbol & 15;
            if (size == 0)
            {
                if (zeros != 15)
                {
                    return;
                }

                k += 15;
                continue;
            }

            k += zeros;
            JpegTables.Require(k <= 63);
            block[JpegBlock.Zigzag[k]] = (short)Signed(size);
        }
    }

    private void FirstBits(JpegHuffman table, scoped Span<short> block)
    {
        if (_emptyBlocks > 0)
        {
            _emptyBlocks--;
            return;
        }

        for (int k = _first; k <= _last; k++)
        {
            int symbol = table.Decode(ref _bits);
            int zeros = symbol >> 4, size = symbol & 15;
            if (size == 0)
            {
                if (zeros != 15)
                {
                    _emptyBlocks = (1 << zeros) + _bits.Take(zeros) - 1;
                    return;
                }

                k += 15;
                continue;
            }

            k += zeros;
            JpegTables.Require(k <= _last);
            block[JpegBlock.Zigzag[k]] = (short)(Signed(size) << _lowest);
        }
    }

    private void FurtherBit(JpegHuffman table, scoped Span<short> block)
    {
        int k = _first;
        for (; _emptyBlocks == 0 && k <= _last; k++)
        {
            int symbol = table.Decode(ref _bits);
            int zeros = symbol >> 4, size = symbol & 15;
            JpegTables.Require(size <= 1);
            if (size == 0 && zeros != 15)
            {
                _emptyBlocks = (1 << zeros) + _bits.Take(zeros);
                break;
            }

            int sign = size == 0 ? 0 : _bits.Take(1) != 0 ? 1 : -1;

            // Over so many zeros; what is not zero on the way has a bit of its own.
            for (; k <= _last; k++)
            {
                ref short passed = ref block[JpegBlock.Zigzag[k]];
                if (passed != 0)
                {
                    Correct(ref passed);
                }
                else if (--zeros < 0)
                {
                    passed = (short)(sign << _lowest);
                    break;
                }
            }

            JpegTables.Require(k <= _last || size == 0);
        }

        if (_emptyBlocks > 0)
        {
            _emptyBlocks--;
            for (; k <= _last; k++)
            {
                ref short passed = ref block[JpegBlock.Zigzag[k]];
                if (passed != 0)
                {
                    Correct(ref passed);
                }
            }
        }
    }

    private void Correct(ref short coefficient)
    {
        if (_bits.Take(1) != 0)
        {
            coefficient += (short)((coefficient > 0 ? 1 : -1) << _lowest);
        }
    }
}
