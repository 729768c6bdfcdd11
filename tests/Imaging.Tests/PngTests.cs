using CsCheck;

namespace VggCuda.Imaging.Tests;

public class PngTests
{
    private static readonly Gen<string> AnyKey = Gen.Char['!', '~'].Array[1, 79].Select(c => new string(c));
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.Char[' ', '~'].Array[0, 200].Select(c => new string(c)),
        Gen.OneOf(Gen.Char['\u0001', '\uD7FF'].Select(c => c.ToString()), Gen.Const("\U0001F426")).Array[0, 50].Select(string.Concat));

    [Fact]
    public void Any_picture_and_any_text_come_back_as_they_were() =>
        Gen.Select(Sample.Any, Gen.Dictionary(AnyKey, AnyText)[0, 4]).Sample(
            (picture, text) =>
            {
                byte[] png = PictureFile.EncodePng(picture, text);
                Picture back = PictureFile.Decode(png, "memory");
                return back.Width == picture.Width && back.Height == picture.Height && back.Rgb.AsSpan().SequenceEqual(picture.Rgb)
                    && PngText.Decode(png, "memory").OrderBy(p => p.Key).SequenceEqual(text.OrderBy(p => p.Key));
            },
            iter: 200);

    // Every size up to 9 x 9, so that every pass is empty once; the pixels numbered, so that none can change places.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 4)]
    [InlineData(0, 8)]
    [InlineData(2, 8)]
    [InlineData(6, 16)]
    public void Interlaced_ones_are_read_at_every_size(byte colourType, byte depth)
    {
        int channels = colourType switch { 0 => 1, 2 => 3, _ => 4 };
        for (int height = 1; height <= 9; height++)
        {
            for (int width = 1; width <= 9; width++)
            {
                Picture[] read = [.. new[] { false, true }.Select(interlaced => PictureFile.Decode(Chunks.Numbered(width, height, colourType, depth, channels, interlaced), $"{width} x {height}"))];
                Assert.Equal((width, height), (read[1].Width, read[1].Height));
                Assert.Equal(read[0].Rgb, read[1].Rgb);
            }
        }
    }

    [Fact]
    public void Files_too()
    {
        using TestFolder folder = new();
        Picture picture = Sample.Noise(31, 17, seed: 1);
        PictureFile.WritePng(picture, folder["a.png"], new Dictionary<string, string> { ["vggcuda:plan"] = "{\"class\": 20, \"name\": \"Wasseramsel ü\"}", ["Software"] = "VggCuda" });
        Assert.Equal(picture.Rgb, PictureFile.Read(folder["a.png"]).Rgb);
        IReadOnlyDictionary<string, string> text = PngText.Read(folder["a.png"]);
        Assert.Equal("{\"class\": 20, \"name\": \"Wasseramsel ü\"}", text["vggcuda:plan"]);
        Assert.Equal("VggCuda", text["Software"]);
        Assert.Equal(["a.png"], folder.Names);
    }

    [Fact]
    public void It_is_eight_bit_rgb_and_the_same_every_time()
    {
        byte[] png = PictureFile.EncodePng(Sample.Noise(9, 5, seed: 2));
        Assert.Equal([8, 2, 0, 0, 0], png[24..29]);
        Assert.Equal(png, PictureFile.EncodePng(Sample.Noise(9, 5, seed: 2)));
        Assert.Empty(PngText.Decode(png, "memory"));
    }

    [Theory]
    [InlineData("", "text")]
    [InlineData(" key", "text")]
    [InlineData("two  blanks", "text")]
    [InlineData("line\nfeed", "text")]
    [InlineData("\u2192", "text")]
    [InlineData("key", "nul\0")]
    public void Text_that_png_cannot_hold_is_refused(string key, string text) =>
        Assert.Throws<ArgumentException>(() => PictureFile.EncodePng(Picture.Black(1, 1), new Dictionary<string, string> { [key] = text }));

    [Fact]
    public void Half_a_character_is_refused() =>
        Assert.Throws<ArgumentException>(() => PictureFile.EncodePng(Picture.Black(1, 1), new Dictionary<string, string> { ["key"] = "half a \uD83D" }));

    [Fact]
    public void A_key_of_79_characters_is_the_longest()
    {
        string key = new('k', 79);
        Assert.Equal("v", PngText.Decode(PictureFile.EncodePng(Picture.Black(1, 1), new Dictionary<string, string> { [key] = "v" }), "memory")[key]);
        Assert.Throws<ArgumentException>(() => PictureFile.EncodePng(Picture.Black(1, 1), new Dictionary<string, string> { [key + "k"] = "v" }));
    }

    [Fact]
    public void Compressed_text_of_other_programs_is_read()
    {
        // Made by Pillow: zTXt "Comment", compressed iTXt "Titel" with language "de".
        byte[] png = Fixtures.Bytes("compressed-text.png");
        IReadOnlyDictionary<string, string> text = PngText.Decode(png, "memory");
        Assert.Equal("caf\u00E9 " + new string('x', 300), text["Comment"]);
        Assert.Equal("Wasseramsel \u6CB3\u70CF", text["Titel"]);
    }

    [Fact]
    public void A_text_chunk_with_a_wrong_checksum_is_refused()
    {
        byte[] png = PictureFile.EncodePng(Picture.Black(2, 2), new Dictionary<string, string> { ["key"] = "value" });
        png[33 + 8 + 5] ^= 1;
        Assert.Contains("checksum", Assert.Throws<PictureException>(() => PngText.Decode(png, "memory")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_text_that_grows_without_end_is_refused()
    {
        using MemoryStream compressed = new();
        using (System.IO.Compression.ZLibStream zlib = new(compressed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(new byte[17 * 1024 * 1024]);
        }

        byte[] png = Chunks.Insert(PictureFile.EncodePng(Picture.Black(1, 1)), "zTXt", [(byte)'k', 0, 0, .. compressed.ToArray()]);
        Assert.Throws<PictureException>(() => PngText.Decode(png, "memory"));
    }

    // Seventeen texts of 1 MiB each: packed to 17 KB, or as they are.
    [Theory]
    [InlineData("zTXt")]
    [InlineData("iTXt")]
    [InlineData("tEXt")]
    public void All_texts_together_have_a_limit(string type)
    {
        byte[] text = new byte[1024 * 1024];
        text.AsSpan().Fill((byte)'x');
        byte[] body = type switch
        {
            "zTXt" => [0, .. Chunks.Deflate(text)],
            "iTXt" => [1, 0, 0, 0, .. Chunks.Deflate(text)],
            _ => text,
        };
        byte[] png = PictureFile.EncodePng(Picture.Black(1, 1));
        byte[] With(int count) => [.. png[..33], .. Enumerable.Range(0, count).SelectMany(i => Chunks.Chunk(type, [(byte)('a' + i), 0, .. body])), .. png[33..]];
        Assert.Equal(15, PngText.Decode(With(15), "memory").Count);
        Assert.Contains("16 MiB", Assert.Throws<PictureException>(() => PngText.Decode(With(17), "memory")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Very_many_tiny_texts_have_a_limit_too()
    {
        byte[] png = PictureFile.EncodePng(Picture.Black(1, 1));
        byte[] tiny = Chunks.Chunk("tEXt", [(byte)'k', 0]);
        byte[] file = new byte[png.Length + (200_000 * tiny.Length)];
        png.AsSpan(0, 33).CopyTo(file);
        for (int i = 0; i < 200_000; i++)
        {
            tiny.CopyTo(file, 33 + (i * tiny.Length));
        }

        png.AsSpan(33).CopyTo(file.AsSpan(33 + (200_000 * tiny.Length)));
        Assert.Throws<PictureException>(() => PngText.Decode(file, "memory"));
    }

    [Theory]
    [InlineData("tEXt", "no end of key")]
    [InlineData("iTXt", "k\0")]
    [InlineData("iTXt", "k\0\0\0de")]
    [InlineData("iTXt", "k\0\u0005\0\0\0x")]
    [InlineData("iTXt", "k\0\0\0\0\0\u00FF\u00FF")]
    [InlineData("iTXt", "k\0\u0001\0\0\0not deflated")]
    [InlineData("zTXt", "k\0\0not deflated")]
    [InlineData("zTXt", "k\0")]
    public void Malformed_text_chunks_are_refused(string type, string data)
    {
        byte[] png = Chunks.Insert(PictureFile.EncodePng(Picture.Black(1, 1)), type, System.Text.Encoding.Latin1.GetBytes(data));
        Assert.Contains(type, Assert.Throws<PictureException>(() => PngText.Decode(png, "memory")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_of_a_png_is_refused_by_both_readers()
    {
        byte[] png = PictureFile.EncodePng(Sample.Noise(6, 6, seed: 4), new Dictionary<string, string> { ["key"] = "value" });
        for (int length = 0; length < png.Length - 12; length++)
        {
            Assert.Throws<PictureException>(() => PngText.Decode(png.AsMemory(0, length), "memory"));

            // All pixels are there before the two checksums at the end of the last data chunk.
            if (length < png.Length - 20)
            {
                Assert.Throws<PictureException>(() => PictureFile.Decode(png.AsMemory(0, length), "memory"));
            }
        }
    }
}
