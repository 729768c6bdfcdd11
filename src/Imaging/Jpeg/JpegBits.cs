using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging.Jpeg;

/// <summary>Reads the bits of coded data, highest first, up to the next marker.</summary>
/// <remarks>ITU-T T.81, section F.2.2.5: a byte 0xFF of the data is followed by a 0, anything else behind it is a marker.</remarks>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private ulong _bits;
    private int _count;

    /// <summary>Where the next byte is read; once data is used up, the place of the marker, or the end.</summary>
    public int At { get; private set; }

    /// <summary>The next 16 bits, zeros where there are fewer.</summary>
    public int Peek16()
    {
        if (_count < 16)
        {
            Fill();
        }

        return _count >= 16 ? (int)(_bits >> (_count - 16)) & 0xFFFF : (int)(_bits << (16 - _count)) & 0xFFFF;
    }

    /// <summary>Passes over bits, which must be there.</summary>
    public void Drop(int count)
    {
        if (_count < count)
        {
            Fill();
            if (_count < count)
            {
                throw At < _data.Length - 1 ? BrokenPictureException.Damaged() : BrokenPictureException.CutShort();
            }
        }

        _count -= count;
    }

    /// <summary>The value of the next bits, at most 16.</summary>
    public int Take(int count)
    {
        int value = Peek16() >> (16 - count);
        Drop(count);
        return value;
    }

    /// <summary>Passes over what is left before the marker, and over the marker, which must be the restart of that number.</summary>
    public void Restart(int number)
    {
        _count = 0;
        At = NextMarker();
        if (At >= _data.Length - 1)
        {
            throw BrokenPictureException.CutShort();
        }

        JpegTables.Require(_data[At + 1] == 0xD0 + number);
        At += 2;
    }

    /// <summary>The place of the next marker that does not belong to the data, or the end.</summary>
    public readonly int NextMarker()
    {
        int at = At;
        while (at < _data.Length - 1 && !(_data[at] == 0xFF && _data[at + 1] is not (0 or 0xFF)))
        {
            at++;
        }

        return at < _data.Length - 1 ? at : _data.Length;
    }

    private void Fill()
    {
        while (_count <= 48 && At < _data.Length)
        {
            byte value = _data[At];
            if (value == 0xFF)
            {
                // A byte 0xFF at the very end is half of something.
                if (At + 1 >= _data.Length || _data[At + 1] != 0)
                {
                    return;
                }

                At++;
            }

            _bits = (_bits << 8) | value;
            _count += 8;
            At++;
        }
    }
}
