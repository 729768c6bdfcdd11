using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VggCuda.Imaging.Tests;

public class ReadTests
{
    private static readonly (byte R, byte G, byte B) Left = (200, 40, 90);
    private static readonly (byte R, byte G, byte B) Right = (20, 160, 240);

    [Theory]
    [InlineData("progressive.jpg", 3)]
    [InlineData("lossy.webp", 6)]
    [InlineData("palette.png", 0)]
    [InlineData("interlaced-source.gif", 0)]
    [InlineData("two-frames.gif", 0)]
    [InlineData("cmyk.jpg", 6)]
    public void All_kinds_give_the_same_picture(string name, int tolerance)
    {
        Picture picture = PictureFile.Decode(Fixtures.Bytes(name), name);
        Assert.Equal((32, 16), (picture.Width, picture.Height));
        Near(Left, picture.At(7, 8), tolerance);
        Near(Right, picture.At(25, 8), tolerance);
    }

    [Theory]
    [InlineData("grey.png", 0)]
    [InlineData("grey.jpg", 2)]
    public void Grey_is_repeated_in_all_channels(string name, int tolerance)
    {
        // ITU-R BT.601, as Pillow turned it grey: 0.299 * 200 + 0.587 * 40 + 0.114 * 90 = 93.5; 0.299 * 20 + 0.587 * 160 + 0.114 * 240 = 127.3.
        Picture picture = PictureFile.Decode(Fixtures.Bytes(name), name);
        Near((94, 94, 94), picture.At(7, 8), tolerance + 1);
        Near((127, 127, 127), picture.At(25, 8), tolerance);
    }

    [Fact]
    public void Bilevel_is_black_and_white() =>
        Assert.All(PictureFile.Decode(Fixtures.Bytes("bilevel.png"), "bilevel").Rgb, v => Assert.True(v is 0 or 255));

    [Fact]
    public void Sixteen_bits_keep_the_upper_byte()
    {
        Picture picture = PictureFile.Decode(Fixtures.Bytes("grey16.png"), "grey16");
        for (int i = 0; i < 16 * 32; i++)
        {
            Assert.InRange(picture.Rgb[i * 3] - (i * 128 / 257.0), -1, 1);
        }
    }

    [Theory]
    [InlineData("alpha.png")]
    [InlineData("alpha.webp")]
    public void Transparent_parts_lie_over_white(string name)
    {
        Picture picture = PictureFile.Decode(Fixtures.Bytes(name), name);
        Assert.Equal((255, 255, 255), picture.At(3, 3));
        Assert.Equal(Right, picture.At(25, 12));

        // A fifth of (200, 40, 90) and four fifths of white.
        Assert.Equal((244, 212, 222), picture.At(3, 12));
    }

    // Exif 2.3, tag 0x0112: where the stored picture's first row and first column belong.
    [Theory]
    [InlineData(1, "RG/BW")]
    [InlineData(2, "GR/WB")]
    [InlineData(3, "WB/GR")]
    [InlineData(4, "BW/RG")]
    [InlineData(5, "RB/GW")]
    [InlineData(6, "BR/WG")]
    [InlineData(7, "WG/BR")]
    [InlineData(8, "GW/RB")]
    public void The_eight_orientations_are_applied(int orientation, string expected)
    {
        Picture stored = Quarters(24, 16);
        foreach (byte[] file in new[]
        {
            Chunks.JpegWithExif(Sample.Jpeg(stored), orientation),
            Chunks.PngWithExif(PictureFile.EncodePng(stored), orientation),
            Chunks.WebPWithExif(Sample.WebP(stored), 24, 16, orientation),
        })
        {
            Picture upright = PictureFile.Decode(file, "oriented");
            Assert.Equal(orientation > 4 ? (16, 24) : (24, 16), (upright.Width, upright.Height));
            int w = upright.Width, h = upright.Height;
            Assert.Equal(expected, $"{Name(upright.At(w / 4, h / 4))}{Name(upright.At(w * 3 / 4, h / 4))}/{Name(upright.At(w / 4, h * 3 / 4))}{Name(upright.At(w * 3 / 4, h * 3 / 4))}");
        }
    }

    // Some phones and editors write a 32-bit number, either way round; some leave JPEG's preamble in other files too.
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Orientation_is_found_in_every_form(bool little, bool preamble)
    {
        byte[] exif = [.. preamble ? "Exif\0\0"u8 : [], .. Chunks.LongExif(6, little)];
        Picture stored = Quarters(24, 16);
        byte[] png = PictureFile.EncodePng(stored);
        string digits = $"\nexif\n      {exif.Length}\n{Convert.ToHexString(exif)[..20]}\n{Convert.ToHexString(exif)[20..]}\n";
        foreach (byte[] file in new[]
        {
            Chunks.JpegWithExif(Sample.Jpeg(stored), Chunks.LongExif(6, little)),
            Chunks.Insert(png, "eXIf", exif),
            Chunks.Insert(png, "tEXt", [.. "Raw profile type exif\0"u8, .. Encoding.ASCII.GetBytes(digits)]),
            Chunks.Insert(png, "zTXt", [.. "Raw profile type APP1\0\0"u8, .. Chunks.Deflate(Encoding.ASCII.GetBytes(digits))]),
            Chunks.WebPWithExif(Sample.WebP(stored), 24, 16, exif),
        })
        {
            Picture upright = PictureFile.Decode(file, "oriented");
            Assert.Equal((16, 24), (upright.Width, upright.Height));
            Assert.Equal('B', Name(upright.At(4, 6)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\nexif\n")]
    [InlineData("\nexif\n 5\nabc")]
    [InlineData("\nexif\n 5\nzz zz")]
    public void A_malformed_profile_counts_as_upright(string text)
    {
        byte[] png = Chunks.Insert(PictureFile.EncodePng(Quarters(24, 16)), "tEXt", [.. "Raw profile type exif\0"u8, .. Encoding.ASCII.GetBytes(text)]);
        Assert.Equal(24, PictureFile.Decode(png, "malformed").Width);
    }

    [Fact]
    public void A_png_of_xcode_is_called_that()
    {
        byte[] png = PictureFile.EncodePng(Sample.Noise(9, 9, 1));
        byte[] apple = [.. png[..8], .. Chunks.Chunk("CgBI", [0x50, 0, 0x20, 6]), .. png[8..]];
        Assert.Contains("Xcode", Assert.Throws<PictureException>(() => PictureFile.Decode(apple, "apple")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Orientation_loses_no_pixel()
    {
        Picture stored = Sample.Noise(7, 4, seed: 3);
        byte[] png = PictureFile.EncodePng(stored);
        Picture turned = PictureFile.Decode(Chunks.PngWithExif(png, 6), "turned");

        // Turned clockwise: the stored first row is the last column.
        for (int y = 0; y < 4; y++)
        {
            for (int x = 0; x < 7; x++)
            {
                Assert.Equal(stored.At(x, y), turned.At(3 - y, x));
            }
        }
    }

    // VGGCUDA_WHOLE_OTHERS names a larger zip of tools/pictures/make_others.py.
    [Fact]
    public void Whole_ones_of_many_encoders_are_read_as_pillow_reads_them()
    {
        using Stream zip = Environment.GetEnvironmentVariable("VGGCUDA_WHOLE_OTHERS") is { } more ? File.OpenRead(more) : Fixtures.Open("whole-others.zip");
        using ZipArchive archive = new(zip);
        int read = 0;
        foreach (ZipArchiveEntry entry in archive.Entries.Where(e => !e.Name.EndsWith(".ppm", StringComparison.Ordinal)))
        {
            Picture picture = PictureFile.Decode(Fixtures.Bytes(entry), entry.Name);
            int difference = Fixtures.LargestDifference(picture, Fixtures.Bytes(archive.GetEntry(Path.ChangeExtension(entry.Name, ".ppm"))!));
            Assert.True(difference == 0, $"{entry.Name} is {difference} levels off");
            read++;
        }

        Assert.InRange(read, 60, int.MaxValue);
        if (Environment.GetEnvironmentVariable("VGGCUDA_DAMAGE_REPORT") is { } report)
        {
            File.AppendAllText(report, $"whole png, gif, webp: {read} read, all as Pillow reads them\n");
        }
    }

    [Fact]
    public void Any_file_name_will_do()
    {
        using TestFolder folder = new();
        string path = folder.Put("a name with blanks and ü.png", PictureFile.EncodePng(Sample.Noise(5, 5, seed: 9)));
        Assert.Equal(Sample.Noise(5, 5, seed: 9).Rgb, PictureFile.Read(path).Rgb);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("<!DOCTYPE html><html><body>404</body></html>", "an HTML page")]
    [InlineData("\n  <html lang=\"en\">", "an HTML page")]
    [InlineData("<?xml version=\"1.0\"?><svg xmlns=\"x\"/>", "an SVG drawing")]
    [InlineData("hello", "a text file")]
    [InlineData("{\"a\": 1}", "a JSON text")]
    [InlineData("   \n", "blank")]
    [InlineData("%PDF-1.4", "a PDF document")]
    [InlineData("PK\u0003\u0004abc", "a zip archive")]
    [InlineData("BM6\0\0\0", "a BMP picture")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer")]
    [InlineData("\0\0\0\u0018ftypavif", "an AVIF picture")]
    [InlineData("<\0\0\0\0\0\0\0{\"a\":{}}", "a safetensors file")]
    [InlineData("\0\u0001\u0002\u0003", "no known kind of file")]
    public void What_is_no_picture_is_called_what_it_is(string content, string expected)
    {
        using TestFolder folder = new();
        string path = folder.Put("a.png", Encoding.Latin1.GetBytes(content));
        PictureException e = Assert.Throws<PictureException>(() => PictureFile.Read(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("expected a PNG, JPEG, WebP or GIF picture", e.Message, StringComparison.Ordinal);
        Assert.Equal(path, e.PictureSource);
    }

    [Fact]
    public void An_array_is_no_picture() =>
        Assert.Contains("NumPy", Assert.Throws<PictureException>(() => PictureFile.Decode(Fixtures.Bytes("c-f8.npy"), "a.npy")).Message, StringComparison.Ordinal);

    [Fact]
    public void Missing_files_and_folders_are_told()
    {
        using TestFolder folder = new();
        Assert.Contains("no such file", Assert.Throws<PictureException>(() => PictureFile.Read(folder["none.png"])).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<PictureException>(() => PictureFile.Read(folder["none/none.png"])).Message, StringComparison.Ordinal);
        Assert.Contains("folder", Assert.Throws<PictureException>(() => PictureFile.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50_000, 1)]
    [InlineData(16_384, 16_384)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void A_bomb_is_refused_by_its_header(int width, int height)
    {
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        byte[] png = [.. PictureFile.EncodePng(Picture.Black(1, 1))[..8], .. Chunks.Chunk("IHDR", header), .. Chunks.Chunk("IDAT", [1, 2, 3, 4, 5, 6, 7, 8]), .. Chunks.Chunk("IEND", [])];
        long before = GC.GetTotalAllocatedBytes();
        Assert.Throws<PictureException>(() => PictureFile.Decode(png, "bomb"));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 * 1024 * 1024);
    }

    [Theory]
    [InlineData("gif")]
    [InlineData("jpeg")]
    public void Bombs_of_other_kinds_are_refused_too(string kind)
    {
        byte[] file = Sample.Encoded(kind);

        // GIF: the canvas follows the signature; JPEG: the size follows the frame header's marker, length and precision.
        int at = kind == "gif" ? 6 : file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0, 0x00, 0x11]) + 5;
        Assert.True(at > 5);
        file.AsSpan(at, 4).Fill(0xFE);
        Assert.Contains("too large", Assert.Throws<PictureException>(() => PictureFile.Decode(file, "bomb")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_never_ends_is_given_up()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/zero");
        Assert.Contains("longer than 1 MiB", Assert.Throws<PictureException>(() => FileContent.Read("/dev/zero", 1024 * 1024)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("gif")]
    public void A_file_cut_short_is_refused(string kind)
    {
        byte[] file = Sample.Encoded(kind);
        for (int length = 1; length < file.Length * 9 / 10; length += 7)
        {
            PictureException e = Assert.Throws<PictureException>(() => PictureFile.Decode(file.AsMemory(0, length), "cut"));
            Assert.StartsWith("cut: ", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("gif")]
    public void Flipped_bits_never_do_worse_than_a_refusal(string kind)
    {
        byte[] file = Sample.Encoded(kind);
        Random random = new(11);
        int refused = 0;
        for (int i = 0; i < 600; i++)
        {
            byte[] broken = (byte[])file.Clone();
            for (int flip = random.Next(1, 6); flip > 0; flip--)
            {
                broken[random.Next(i % 2 == 0 ? Math.Min(64, broken.Length) : broken.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                Picture picture = PictureFile.Decode(broken, "broken");
                Assert.Equal(picture.Width * picture.Height * 3, picture.Rgb.Length);
            }
            catch (PictureException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 600);
    }

    private static Picture Quarters(int width, int height)
    {
        Picture picture = Sample.Plain(width, height, 255, 255, 255);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bool left = x < width / 2, top = y < height / 2;
                int at = ((y * width) + x) * 3;
                picture.Rgb[at] = (byte)(left == top ? 255 : 0);
                picture.Rgb[at + 1] = (byte)(left ? 0 : 255);
                picture.Rgb[at + 2] = (byte)(top ? 0 : 255);
            }
        }

        return picture;
    }

    private static char Name((byte R, byte G, byte B) colour) => (colour.R > 127, colour.G > 127, colour.B > 127) switch
    {
        (true, false, false) => 'R',
        (false, true, false) => 'G',
        (false, false, true) => 'B',
        (true, true, true) => 'W',
        _ => '?',
    };

    private static void Near((byte R, byte G, byte B) expected, (byte R, byte G, byte B) actual, int tolerance)
    {
        Assert.InRange(actual.R, expected.R - tolerance, expected.R + tolerance);
        Assert.InRange(actual.G, expected.G - tolerance, expected.G + tolerance);
        Assert.InRange(actual.B, expected.B - tolerance, expected.B + tolerance);
    }
}
