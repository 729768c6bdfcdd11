using System.Buffers.Binary;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Seeded random damages: one to four of a dozen kinds, four fifths of them in the structure.</summary>
internal static class RandomDamage
{
    /// <summary>Old and new structures, strings in place and in heaps, chunks with checksums, archives; models within models, other layers beside the network, other names.</summary>
    public static readonly string[] Bases =
    [
        "k1_notop.h5", "k1_vlen.h5", "s_all_filters.h5", "s_dense.h5", "s_latest_tree2_gzip.h5", "k3_top.keras",
        "p_state_variables.h5", "p_two_deep.h5", "p_two_deep.weights.h5", "p_normalization.weights.h5", "p_by_hand.h5", "p_configured_nested.keras",
    ];

    /// <summary>Makes the damaged file of a seed, and says where it differs.</summary>
    public static byte[] Make(Anatomy anatomy, int seed)
    {
        Random random = new(seed);
        byte[] bytes = (byte[])anatomy.Bytes.Clone();
        int count = random.Next(1, 5);
        for (int i = 0; i < count; i++)
        {
            int at = Place(anatomy, random, bytes.Length);
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 3:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 4:
                    bytes[at] = (byte)(random.Next(2) == 0 ? 0 : 255);
                    break;
                case 5:
                    Put(bytes, at, (ulong)random.Next(bytes.Length));
                    break;
                case 6:
                    Put(bytes, at, (ulong)random.NextInt64());
                    break;
                case 7:
                    Put(bytes, at, ulong.MaxValue);
                    break;
                case 8:
                    Put(bytes, at, 1UL << random.Next(64));
                    break;
                case 9:
                    bytes.AsSpan(at, Math.Min(random.Next(1, 64), bytes.Length - at)).Fill((byte)random.Next(2));
                    break;
                case 10:
                    int from = Place(anatomy, random, bytes.Length);
                    int length = Math.Min(random.Next(1, 40), bytes.Length - Math.Max(at, from));
                    bytes.AsSpan(from, length).ToArray().CopyTo(bytes, at);
                    break;
                default:
                    bytes = random.Next(4) == 0 ? bytes[..Math.Max(1, at)] : bytes;
                    bytes[Math.Min(at, bytes.Length - 1)] ^= 0x10;
                    break;
            }
        }

        if (random.Next(2) == 0)
        {
            Seal(anatomy, bytes);
        }

        return bytes;
    }

    /// <summary>The sound file with the damaged one's raw data: what no checksum or bound could tell, where the base has no checksum over its data.</summary>
    public static byte[] DamageOfDataAlone(Anatomy anatomy, byte[] damaged)
    {
        byte[] bytes = (byte[])anatomy.Bytes.Clone();
        foreach (Extent extent in anatomy.Data.Where(e => e.End <= damaged.Length))
        {
            damaged.AsSpan((int)extent.Start, (int)extent.Length).CopyTo(bytes.AsSpan((int)extent.Start));
        }

        return bytes;
    }

    // Makes checksums at the ends of damaged blocks right again: half of the damages get past them.
    private static void Seal(Anatomy anatomy, byte[] bytes)
    {
        foreach (Extent block in anatomy.Structure.Where(b => b.Length > 8 && b.End <= bytes.Length))
        {
            ReadOnlySpan<byte> sound = anatomy.Bytes.AsSpan((int)block.Start, (int)block.Length);
            Span<byte> damaged = bytes.AsSpan((int)block.Start, (int)block.Length);
            if (Lookup3.Hash(sound[..^4]) == BinaryPrimitives.ReadUInt32LittleEndian(sound[^4..]) && !sound.SequenceEqual(damaged))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(damaged[^4..], Lookup3.Hash(damaged[..^4]));
            }
        }
    }

    private static int Place(Anatomy anatomy, Random random, int length)
    {
        if (random.Next(5) > 0)
        {
            Extent block = anatomy.Structure[random.Next(anatomy.Structure.Length)];
            int at = (int)block.Start + random.Next((int)block.Length);
            if (at < length)
            {
                return at;
            }
        }

        return random.Next(length);
    }

    private static void Put(byte[] bytes, int at, ulong value)
    {
        for (int i = 0; i < 8 && at + i < bytes.Length; i++)
        {
            bytes[at + i] = (byte)(value >> (8 * i));
        }
    }
}
