using System.Globalization;
using System.Text.RegularExpressions;
using VggCuda.Kernels.Tests.Operations;

namespace VggCuda.Kernels.Tests.Ptx;

/// <summary>The translator's instructions against values worked out from the ISA, which stand behind them in Fixtures/Arithmetic.ptx.</summary>
public partial class PtxArithmeticTests
{
    [Fact]
    public void Each_instruction_gives_what_the_ISA_says()
    {
        using Device device = new();
        ulong memory = device.Bytes(4096);
        PtxFaultTests.Launch(device.Context, device.Stream, "Arithmetic", "arithmetic_f32", 1, 1, memory);
        byte[] found = device.GetBytes(memory, 4096);
        int checks = 0;
        foreach (string line in File.ReadLines(PtxFaultTests.Fixture("Arithmetic")))
        {
            if (Expected().Match(line) is { Success: true } m)
            {
                int offset = int.Parse(m.Groups["offset"].Value, CultureInfo.InvariantCulture);
                byte[] value = found[offset..(offset + (m.Groups["value"].Length / 2))];
                Array.Reverse(value);
                Assert.True(m.Groups["value"].Value == Convert.ToHexStringLower(value), $"{line.Trim()}, found {Convert.ToHexStringLower(value)}");
                checks++;
            }
        }

        Assert.InRange(checks, 150, 512);
    }

    [Fact]
    public void Exchanges_in_a_warp_give_each_lane_its_own()
    {
        using Device device = new();
        ulong memory = device.Bytes(8 * 128);
        PtxFaultTests.Launch(device.Context, device.Stream, "Arithmetic", "exchanges_f32", 1, 32, memory);
        int[] found = device.GetIntegers(memory, 256);
        int[] lanes = [.. Enumerable.Range(0, 32)];
        int[] expected =
        [
            .. lanes.Select(i => i >= 3 ? i - 3 : i), .. lanes.Select(i => i >= 3 ? 1 : 0),
            .. lanes.Select(i => i + 5 < 32 ? i + 5 : i), .. lanes.Select(i => i + 5 < 32 ? 1 : 0),
            .. lanes.Select(i => i ^ 4), .. lanes.Select(i => (i / 8 * 8) + 2),
            .. lanes.Select(_ => 0x7f), .. lanes.Select(_ => 1),
        ];
        Assert.Equal(expected, found);
    }

    [GeneratedRegex(@"\[%rd10\+(?<offset>\d+)\], .*// = (?<value>[0-9a-f]+)$")]
    private static partial Regex Expected();
}
