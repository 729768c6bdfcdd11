using CsCheck;

namespace VggCuda.Imaging.Tests;

public class AnimationTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(120);

    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 3, 5, 1 }, { 5, 3, 2 }, { 2, 2, 3 }, { 16, 16, 4 }, { 17, 13, 5 }, { 40, 30, 16 }, { 40, 30, 17 }, { 64, 64, 128 },
        { 64, 64, 129 }, { 64, 64, 255 }, { 64, 64, 256 }, { 64, 64, 257 }, { 201, 99, 300 }, { 71, 61, int.MaxValue },
    };

    // Noise fills the 4096 codes about every 4,500 pixels at 256 colours, so the larger ones start over many times.
    [Theory]
    [MemberData(nameof(Sizes))]
    public void Another_reader_gives_exactly_what_was_quantised(int width, int height, int colours) =>
        ReadsBack([Sample.Noise(width, height, 1, colours), Sample.Noise(width, height, 2, colours), Sample.Noise(width, height, 1, colours)]);

    [Fact]
    public void Any_frames_read_back() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 300], Gen.Int[1, 3], Gen.Int, Gen.Bool).Sample(
            (w, h, colours, frames, seed, shared) =>
                ReadsBack([.. Enumerable.Range(0, frames).Select(i => Sample.Noise(w, h, seed + i, colours))], shared ? GifPalette.Shared : GifPalette.PerFrame),
            iter: 40);

    [Fact]
    public void Smooth_frames_read_back_with_either_palette()
    {
        Picture[] frames = [.. Enumerable.Range(0, 2).Select(i => Sample.Gradient(80, 50, i * 40))];
        ReadsBack(frames);
        ReadsBack(frames, GifPalette.PerFrame);
    }

    // One colour makes the longest strings: after n codes n^2 / 2 pixels, so two million fill half the table; stripes fill it sooner.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Long_runs_read_back(int period)
    {
        Picture picture = Picture.Black(2000, 1100);
        for (int i = 0; i < picture.Rgb.Length; i += 3)
        {
            picture.Rgb[i] = (byte)(i / 3 % period * 9);
        }

        ReadsBack([picture]);
    }

    // A code's length grows at the very end: every length of a run is tried, so that the end meets every state of the reader.
    [Fact]
    public void Every_length_up_to_many_code_sizes_reads_back()
    {
        for (int bits = 2; bits <= 8; bits++)
        {
            for (int length = 1; length <= 700; length += bits == 2 ? 1 : 7)
            {
                byte[] indices = new byte[length];
                new Random(length).NextBytes(indices);
                for (int i = 0; i < length; i++)
                {
                    indices[i] &= (byte)((1 << bits) - 1);
                }

                using MemoryStream stream = new();
                GifLzw.Write(stream, indices, bits);
                Assert.Equal(indices, LzwReader.Read(stream.ToArray()));
            }
        }
    }

    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(20_000)]
    public void The_full_code_table_starts_over(int length)
    {
        byte[] indices = new byte[length];
        new Random(5).NextBytes(indices);
        using MemoryStream stream = new();
        GifLzw.Write(stream, indices, 8);
        Assert.Equal(indices, LzwReader.Read(stream.ToArray()));
    }

    [Fact]
    public void It_plays_for_ever_at_the_given_speed()
    {
        byte[] gif = AnimatedGif.Encode([Picture.Black(4, 4), Sample.Plain(4, 4, 1, 2, 3)], Delay);
        Assert.Equal(0, Animations.Read(gif).Repetitions);
        Assert.Equal([120, 120], Animations.Read(gif).Delays);
        gif = AnimatedGif.Encode([Picture.Black(4, 4), Sample.Plain(4, 4, 1, 2, 3)], TimeSpan.FromMilliseconds(1));
        Assert.Equal([20, 20], Animations.Read(gif).Delays);
    }

    [Fact]
    public void Dithering_stays_close_and_keeps_the_mean()
    {
        Picture picture = Sample.Gradient(160, 120);
        Picture shown = Frames(AnimatedGif.Encode([picture], Delay)).Single();
        double squares = 0;
        double[] means = new double[3];
        for (int i = 0; i < picture.Rgb.Length; i++)
        {
            double difference = shown.Rgb[i] - picture.Rgb[i];
            squares += difference * difference;
            means[i % 3] += difference / (160 * 120);
        }

        // 256 colours for a surface in a cube of 200 levels; seen from a distance (four pixels as one) the error must shrink to half.
        Picture far = Resizing.Fit(picture, 80, 60), farShown = Resizing.Fit(shown, 80, 60);
        double farSquares = far.Rgb.Zip(farShown.Rgb, (a, b) => (double)((a - b) * (a - b))).Sum();
        Assert.InRange(Math.Sqrt(squares / picture.Rgb.Length), 0.1, 12);
        Assert.InRange(Math.Sqrt(farSquares / far.Rgb.Length), 0.1, 6);
        Assert.All(means, m => Assert.InRange(m, -0.7, 0.7));
    }

    [Fact]
    public void What_does_not_change_does_not_flicker()
    {
        // The left half stays, the right half is new noise in every frame.
        Picture[] frames = [.. Enumerable.Range(0, 5).Select(i =>
        {
            Picture frame = Sample.Noise(80, 40, i);
            Picture calm = Sample.Gradient(40, 40);
            for (int y = 0; y < 40; y++)
            {
                calm.Rgb.AsSpan(y * 120, 120).CopyTo(frame.Rgb.AsSpan(y * 240));
            }

            return frame;
        })];
        Picture[] shown = Frames(AnimatedGif.Encode(frames, Delay));
        for (int y = 0; y < 40; y++)
        {
            for (int x = 0; x < 40; x++)
            {
                Assert.All(shown, s => Assert.Equal(shown[0].At(x, y), s.At(x, y)));
            }
        }
    }

    [Fact]
    public void Lossless_WebP_reads_back_exactly_and_lossy_nearly()
    {
        Picture[] frames = [.. Enumerable.Range(0, 3).Select(i => Sample.Gradient(50, 33, i * 30))];
        byte[] lossless = AnimatedWebP.Encode(frames, Delay, quality: null);
        Picture[] shown = Frames(lossless);
        Assert.Equal(3, shown.Length);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(frames[i].Rgb, shown[i].Rgb);
        }

        Assert.Equal(0, Animations.Read(lossless).Repetitions);
        Assert.Equal([120, 120, 120], Animations.Read(lossless).Delays);
        shown = Frames(AnimatedWebP.Encode(frames, Delay, quality: 90));
        Assert.Equal(3, shown.Length);
        Assert.InRange(frames[2].Rgb.Zip(shown[2].Rgb, (a, b) => (double)Math.Abs(a - b)).Average(), 0, 6);
        using TestFolder folder = new();
        AnimatedWebP.Write(folder["a.webp"], frames, Delay, quality: null);
        Assert.Equal(frames[0].Rgb, PictureFile.Read(folder["a.webp"]).Rgb);
    }

    [Fact]
    public void Files_are_written_and_their_first_frame_is_read()
    {
        using TestFolder folder = new();
        Picture[] frames = [Sample.Noise(9, 9, 1, 50), Sample.Noise(9, 9, 2, 50)];
        AnimatedGif.Write(folder["a.gif"], frames, Delay);
        Assert.Equal(frames[0].Rgb, PictureFile.Read(folder["a.gif"]).Rgb);
        Assert.Equal(AnimatedGif.Encode(frames, Delay), File.ReadAllBytes(folder["a.gif"]));
        Assert.Equal(["a.gif"], folder.Names);
    }

    [Fact]
    public void Wrong_frames_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AnimatedGif.Encode([], Delay));
        Assert.Throws<ArgumentException>(() => AnimatedWebP.Encode([], Delay));
        Assert.Contains("Frame 1 is 2 x 3", Assert.Throws<ArgumentException>(() => AnimatedGif.Encode([Picture.Black(2, 2), Picture.Black(2, 3)], Delay)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AnimatedGif.Encode([Picture.Black(2, 2)], TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => AnimatedGif.Encode([Picture.Black(2, 2)], TimeSpan.FromMinutes(2)));
        Assert.Throws<ArgumentException>(() => AnimatedWebP.Encode([Picture.Black(2, 2)], Delay, quality: 101));
        Assert.Throws<ArgumentException>(() => AnimatedWebP.Encode([Picture.Black(16384, 1)], Delay));
    }

    private static void ReadsBack(Picture[] frames, GifPalette palette = GifPalette.Shared)
    {
        Palette? shared = palette == GifPalette.Shared ? Palette.Of(frames) : null;
        Picture[] shown = Frames(AnimatedGif.Encode(frames, Delay, palette));
        Assert.Equal(frames.Length, shown.Length);
        for (int f = 0; f < frames.Length; f++)
        {
            Palette colours = shared ?? Palette.Of([frames[f]]);
            byte[] indices = colours.Quantise(frames[f]);
            for (int i = 0; i < indices.Length; i++)
            {
                if (colours.Colours[indices[i]] != Palette.ColourAt(shown[f].Rgb, i))
                {
                    Assert.Fail($"frame {f}, pixel {i}: {colours.Colours[indices[i]]:X6} was written, {Palette.ColourAt(shown[f].Rgb, i):X6} read");
                }
            }

            if (colours.IsExact)
            {
                Assert.True(frames[f].Rgb.AsSpan().SequenceEqual(shown[f].Rgb));
            }
        }
    }

    private static Picture[] Frames(byte[] animation) => Animations.Read(animation).Frames;
}
