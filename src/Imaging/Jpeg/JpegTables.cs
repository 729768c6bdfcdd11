using System.Buffers.Binary;
using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging.Jpeg;

/// <summary>What stands between a JPEG's markers and holds until it is said anew.</summary>
/// <remarks>ITU-T T.81, sections B.2.4.1 (quantisation), B.2.4.2 (Huffman), B.2.4.4 (restart interval).</remarks>
internal sealed class JpegTables
{
    private readonly JpegHuffman?[] _huffman = new JpegHuffman?[8];
    private readonly ushort[]?[] _quantisation = new ushort[]?[4];

    /// <summary>Units between two restart markers; 0 for none.</summary>
    public int RestartInterval { get; set; }

    public static void Require(bool sound)
    {
        if (!sound)
        {
            throw BrokenPictureException.Damaged();
        }
    }

    public void AddHuffman(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Require(data.Length >= 17 && data[0] >> 4 <= 1 && (data[0] & 15) <= 3);
            int count = 0;
            foreach (byte codes in data.Slice(1, 16))
            {
                count += codes;
            }

            Require(count <= 256 && data.Length >= 17 + count);
            _huffman[((data[0] >> 4) * 4) + (data[0] & 15)] = new JpegHuffman(data.Slice(1, 16), data.Slice(17, count));
            data = data[(17 + count)..];
        }
    }

    public void AddQuantisation(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            bool wide = data[0] >> 4 == 1;
            int bytes = wide ? 128 : 64;
            Require(data[0] >> 4 <= 1 && (data[0] & 15) <= 3 && data.Length > bytes);
            ushort[] steps = new ushort[64];
            for (int k = 0; k < 64; k++)
            {
                steps[JpegBlock.Zigzag[k]] = wide ? BinaryPrimitives.ReadUInt16BigEndian(data[(1 + (2 * k))..]) : data[1 + k];
            }

            _quantisation[data[0] & 15] = steps;
            data = data[(1 + bytes)..];
        }
    }

    public JpegHuffman Dc(int index) => _huffman[index] ?? throw BrokenPictureException.Damaged();

    public JpegHuffman Ac(int index) => _huffman[4 + index] ?? throw BrokenPictureException.Damaged();

    /// <summary>The steps of coefficients, row by row.</summary>
    public ushort[] Quantisation(int index) => _quantisation[index] ?? throw BrokenPictureException.Damaged();
}
