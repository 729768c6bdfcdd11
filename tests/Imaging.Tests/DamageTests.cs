using System.Globalization;

namespace VggCuda.Imaging.Tests;

/// <summary>Damaged files of all four formats, seeded. VGGCUDA_DAMAGED_PICTURES says how many of each, VGGCUDA_DAMAGE_REPORT where to write what became of them and, beside it, the file that took longest.</summary>
public class DamageTests
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("VGGCUDA_DAMAGED_PICTURES") ?? "150", CultureInfo.InvariantCulture);

    public static TheoryData<string, string[]> Kinds => new()
    {
        { "png", ["grey.png", "grey16.png", "palette.png", "alpha.png", "noise.png", "bilevel.png", "compressed-text.png", ":png"] },
        { "jpeg", ["progressive.jpg", "cmyk.jpg", "grey.jpg", ":jpeg", ":jpeg420", ":progressive"] },
        { "webp", ["lossy.webp", "alpha.webp", ":webp", ":lossy", ":animation"] },
        { "gif", ["interlaced-source.gif", "two-frames.gif", ":gif"] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damage_is_refused_or_gives_a_picture_and_soon(string kind, string[] names)
    {
        byte[][] files = [.. names.Select(name => name[0] != ':' ? Fixtures.Bytes(name) : Made(name[1..]))];
        Random random = new(2026);
        int refused = 0;
        TimeSpan slowest = TimeSpan.Zero;
        byte[] slow = [];
        for (int i = 0; i < Count; i++)
        {
            byte[] file = Damage(files[i % files.Length], files[random.Next(files.Length)], random);
            TimeSpan start = Environment.CpuUsage.TotalTime;
            try
            {
                Picture picture = PictureFile.Decode(file, "damaged");
                Assert.Equal(picture.Width * picture.Height * 3, picture.Rgb.Length);
            }
            catch (PictureException e)
            {
                Assert.StartsWith("damaged: ", e.Message, StringComparison.Ordinal);
                refused++;
            }
            catch (Exception e)
            {
                string kept = Path.Combine(Path.GetTempPath(), $"vggcuda-damaged-{i}.{kind}");
                File.WriteAllBytes(kept, file);
                throw new InvalidOperationException($"{kind} {i}, kept as {kept}: {e.GetType().Name}", e);
            }

            TimeSpan taken = Environment.CpuUsage.TotalTime - start;
            (slowest, slow) = taken > slowest ? (taken, file) : (slowest, slow);
        }

        Assert.InRange(refused, Count / 4, Count);
        if (Environment.GetEnvironmentVariable("VGGCUDA_DAMAGE_REPORT") is { } report)
        {
            File.AppendAllText(report, string.Create(CultureInfo.InvariantCulture, $"{kind}: {Count} damaged, {refused} refused, the slowest took the processor {slowest.TotalSeconds:F2} s\n"));
            File.WriteAllBytes($"{report}.slowest.{kind}", slow);
        }
    }

    private static byte[] Made(string what) => what switch
    {
        "jpeg420" => Sample.Jpeg(Sample.Gradient(97, 61), 60, ratio444: false),
        "progressive" => Fixtures.Zipped("whole-jpegs.zip").Where(f => f.Name.Contains("progressive", StringComparison.Ordinal)).MaxBy(f => f.Bytes.Length).Bytes,
        "lossy" => Sample.LossyWebP(Sample.Gradient(97, 61)),
        "animation" => AnimatedWebP.Encode([Sample.Gradient(40, 30), Sample.Gradient(40, 30, 9)], TimeSpan.FromSeconds(1)),
        _ => Sample.Encoded(what),
    };

    // Bits flipped, bytes set, runs doubled, dropped, blanked or brought in from another file, headers overwritten, ends cut.
    private static byte[] Damage(byte[] whole, byte[] other, Random random)
    {
        List<byte> file = [.. whole];
        for (int wounds = random.Next(1, 5); wounds > 0 && file.Count > 4; wounds--)
        {
            int at = random.Next(3) == 0 ? random.Next(Math.Min(64, file.Count)) : random.Next(file.Count);
            int length = Math.Min(1 + random.Next(random.Next(2) == 0 ? 4 : 64), file.Count - at);
            switch (random.Next(9))
            {
                case 0 or 1:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    file[at] = (byte)random.Next(256);
                    break;
                case 3:
                    file.RemoveRange(at, length);
                    break;
                case 4:
                    file.InsertRange(at, file.GetRange(at, length));
                    break;
                case 5:
                    int from = random.Next(other.Length), count = Math.Min(length, other.Length - from);
                    file.InsertRange(at, other.AsSpan(from, count));
                    break;
                case 6:
                    byte value = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    for (int i = 0; i < length; i++)
                    {
                        file[at + i] = value;
                    }

                    break;
                case 7:
                    file.RemoveRange(at, file.Count - at);
                    break;
                default:
                    // A number where the format has numbers: very large, or one off.
                    file[at] = (byte)(random.Next(3) switch { 0 => 255, 1 => file[at] + 1, _ => file[at] - 1 });
                    break;
            }
        }

        return [.. file];
    }
}
