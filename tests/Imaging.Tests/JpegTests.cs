using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;

namespace VggCuda.Imaging.Tests;

/// <summary>No whole JPEG is refused, and none that lacks data is taken. VGGCUDA_WHOLE_JPEGS names a larger zip of <c>tools/pictures/make_jpegs.py</c>.</summary>
public class JpegTests
{
    private static readonly (string Name, byte[] Bytes)[] Zip = Fixtures.Zipped("whole-jpegs.zip");

    [Fact]
    public void Whole_ones_of_many_encoders_are_read()
    {
        using Stream zip = Environment.GetEnvironmentVariable("VGGCUDA_WHOLE_JPEGS") is { } more ? File.OpenRead(more) : Fixtures.Open("whole-jpegs.zip");
        using ZipArchive archive = new(zip);
        int read = 0, refused = 0;
        List<string> faults = [];
        foreach (ZipArchiveEntry entry in archive.Entries.Where(e => e.Name.EndsWith(".jpg", StringComparison.Ordinal)))
        {
            byte[] file = Fixtures.Bytes(entry);
            if (entry.Name.StartsWith("refused-", StringComparison.Ordinal))
            {
                Assert.Contains("arithmetic", Assert.Throws<PictureException>(() => PictureFile.Decode(file, entry.Name)).Message, StringComparison.Ordinal);
                refused++;
                continue;
            }

            try
            {
                Picture picture = PictureFile.Decode(file, entry.Name);
                int difference = Fixtures.LargestDifference(picture, Fixtures.Bytes(archive.GetEntry(Path.ChangeExtension(entry.Name, ".ppm"))!));

                // Pillow rounds the product of ink and black the other way round.
                if (difference > (entry.Name.Contains("CMYK", StringComparison.Ordinal) ? 1 : 0))
                {
                    faults.Add($"{entry.Name} is {difference} levels off");
                }

                read++;
            }
            catch (PictureException e)
            {
                faults.Add(e.Message);
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of {read + faults.Count}:\n{string.Join('\n', faults.Take(50))}");
        Assert.InRange(read, 60, int.MaxValue);
        if (Environment.GetEnvironmentVariable("VGGCUDA_DAMAGE_REPORT") is { } report)
        {
            File.AppendAllText(report, string.Create(CultureInfo.InvariantCulture, $"whole jpeg: {read} read, all as Pillow reads them, {refused} refused by name\n"));
        }
    }

    [Fact]
    public void Cut_anywhere_they_are_refused_with_and_without_an_end_marker()
    {
        // All coded data is there where at most the last scan's filling bits are gone, so a few bytes before the end are left out.
        foreach ((string name, byte[] file) in Plain().Take(24))
        {
            int data = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
            for (int length = 2; length < file.Length - 8; length += 1 + ((file.Length - data) / 60))
            {
                Assert.Throws<PictureException>(() => PictureFile.Decode(file.AsMemory(0, length), $"{name} cut at {length}"));
                Assert.Throws<PictureException>(() => PictureFile.Decode((byte[])[.. file[..length], 0xFF, 0xD9], $"{name} cut at {length} and ended"));
            }
        }
    }

    [Fact]
    public void Without_one_of_its_scans_a_picture_is_refused()
    {
        int tried = 0;
        foreach ((string name, byte[] file) in Plain())
        {
            (int Start, int End)[] scans = Scans(file);
            for (int i = 0; i < scans.Length; i++, tried++)
            {
                byte[] without = [.. file[..scans[i].Start], .. file[scans[i].End..]];
                Assert.Throws<PictureException>(() => PictureFile.Decode(without, $"{name} without scan {i} of {scans.Length}"));
            }
        }

        Assert.InRange(tried, 100, int.MaxValue);
    }

    [Fact]
    public void A_wild_marker_amid_the_data_is_seen()
    {
        foreach ((string name, byte[] file) in Plain())
        {
            (int start, int end) = Scans(file)[0];
            int middle = start + ((end - start) * 2 / 3);
            if (end - start < 60)
            {
                continue;
            }

            foreach (byte[] wild in new byte[][] { [0xFF, 0xC4, 0xEE, 0xEE], [0xFF, 0xD9], [0xFF, 0xE5, 0, 2], [0xFF, 0xD5] })
            {
                Assert.Throws<PictureException>(() => PictureFile.Decode((byte[])[.. file[..middle], .. wild, .. file[(middle + wild.Length)..]], $"{name}, wild {wild[1]:X2}"));
            }
        }
    }

    [Fact]
    public void A_lost_interval_between_restarts_is_seen()
    {
        int tried = 0;
        foreach ((string name, byte[] file) in Plain().Where(f => f.Name.Contains("restart", StringComparison.Ordinal)))
        {
            int[] restarts = [.. Enumerable.Range(0, file.Length - 1).Where(i => file[i] == 0xFF && file[i + 1] is >= 0xD0 and <= 0xD7)];
            if (restarts.Length >= 2)
            {
                tried++;
                Assert.Throws<PictureException>(() => PictureFile.Decode((byte[])[.. file[..restarts[0]], .. file[restarts[1]..]], name));
            }
        }

        Assert.InRange(tried, 3, int.MaxValue);
    }

    [Theory]
    [InlineData(0xC3, "lossless")]
    [InlineData(0xC9, "arithmetic")]
    [InlineData(0xCA, "arithmetic")]
    [InlineData(0xC5, "hierarchical")]
    public void Kinds_that_are_not_read_are_named(byte marker, string expected)
    {
        byte[] file = Sample.Encoded("jpeg");
        file[file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 1] = marker;
        Assert.Contains(expected, Assert.Throws<PictureException>(() => PictureFile.Decode(file, "other")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Twelve_bits_are_named()
    {
        byte[] file = Sample.Encoded("jpeg");
        file[file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 4] = 12;
        Assert.Contains("12 bits", Assert.Throws<PictureException>(() => PictureFile.Decode(file, "deep")).Message, StringComparison.Ordinal);
    }

    // A frame of the largest size, then scans that say "nothing in the next 32767 blocks" over and over.
    [Fact]
    public void A_file_made_to_waste_time_is_given_up()
    {
        List<byte> file = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64), 0xFF, 0xC2, 0, 11, 8, 0x20, 0, 0x20, 0, 1, 1, 0x11, 0];

        // One code of one bit for each: no difference; an end of band over 2^14 and more blocks.
        file.AddRange([0xFF, 0xC4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.AddRange([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xE0]);
        file.AddRange([0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 0, 0x00, .. new byte[1024 * 1024 / 8]]);
        for (int bit = 13; bit >= 0; bit--)
        {
            for (int k = 1; k <= 63; k++)
            {
                file.AddRange([0xFF, 0xDA, 0, 8, 1, 1, 0x00, (byte)k, (byte)k, (byte)(bit == 13 ? 13 : ((bit + 1) << 4) | bit), .. new byte[130]]);
            }
        }

        file.AddRange([0xFF, 0xD9]);
        Assert.Contains("more often", Assert.Throws<PictureException>(() => PictureFile.Decode(file.ToArray(), "slow")).Message, StringComparison.Ordinal);
    }

    // Those with nothing around the picture that could be taken for its data.
    private static IEnumerable<(string Name, byte[] Bytes)> Plain() =>
        Zip.Where(f => f.Name.EndsWith(".jpg", StringComparison.Ordinal) && !f.Name.StartsWith("refused-", StringComparison.Ordinal)
            && !new[] { "trailing", "two", "noend", "filled", "comment", "mpo" }.Any(f.Name.Contains));

    // Where each scan starts and ends: by the markers alone, since data holds none but restarts.
    private static (int Start, int End)[] Scans(byte[] file)
    {
        List<(int, int)> scans = [];
        int at = 2;
        while (file[at + 1] != 0xD9)
        {
            int start = at;
            bool scan = file[at + 1] == 0xDA;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at + 2));
            if (scan)
            {
                while (file[at] != 0xFF || file[at + 1] is 0 or (>= 0xD0 and <= 0xD7))
                {
                    at++;
                }

                scans.Add((start, at));
            }
        }

        return [.. scans];
    }
}
