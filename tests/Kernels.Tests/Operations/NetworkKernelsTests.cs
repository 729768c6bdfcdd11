using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>The kernels around the convolutions against plain loops in double precision, in all three number types.</summary>
public class NetworkKernelsTests
{
    public static TheoryData<int> Types => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Types))]
    public void The_input_changes_order_means_type_and_width_and_its_gradient_goes_back(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Images = 2, Height = 5, Width = 7, Pixels = Images * Height * Width;
        double[] image = Numbers.Random(Pixels * 3, 1, 0, 255);
        double[] back = Numbers.Random(Pixels * 8, 2);
        DevicePointer x = device.Put(image, ElementType.Float32);
        DevicePointer dy = device.Put(back, type);
        foreach (Preprocessing preprocessing in (Preprocessing[])[Preprocessing.Raw, Preprocessing.Vgg16])
        {
            bool vgg = preprocessing == Preprocessing.Vgg16;
            DevicePointer y = device.Bytes(Pixels * 8 * Elements.Size(type));
            DevicePointer gradient = device.Bytes(Pixels * 3 * sizeof(float));
            kernels.Input.Forward(x, y, Pixels, preprocessing, type);
            kernels.Input.Backward(dy, gradient, Pixels, preprocessing, type, 0.125f, DevicePointer.None, 0);
            double[] expected = new double[Pixels * 8];
            double[] expectedBack = new double[Pixels * 3];
            double[] rounded = Numbers.Round(back, type);
            for (int p = 0; p < Pixels; p++)
            {
                for (int c = 0; c < 3; c++)
                {
                    int from = vgg ? 2 - c : c;
                    expected[(p * 8) + c] = (float)((float)image[(p * 3) + from] - (vgg ? (float)Vgg16Means.Bgr[c] : 0f));
                    expectedBack[(p * 3) + from] = 0.125 * rounded[(p * 8) + c];
                }
            }

            Assert.Equal(Numbers.Round(expected, type), device.Get(y, expected.Length, type));
            Assert.Equal(expectedBack, device.Get(gradient, expectedBack.Length, ElementType.Float32));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_shift_fused_into_the_input_gives_the_bits_of_the_two_kernels_in_any_order_of_threads(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        Shift shift = new(device.Library);
        TensorShape shape = new(3, 19, 17, 3);
        int pixels = 3 * 19 * 17;
        DevicePointer image = device.Put(Numbers.Random(pixels * 3, 8, -40, 255), ElementType.Float32);
        DevicePointer shifts = device.Put([0, 0, 18, -16, -18, 16, 3, -5, 1e9, -1e9, 0, 16], ElementType.Float32);
        foreach (ShiftMode mode in Enum.GetValues<ShiftMode>())
        {
            foreach (Preprocessing preprocessing in Enum.GetValues<Preprocessing>())
            {
                foreach ((int row, bool reversed) in ((int, bool)[])[(0, false), (1, true), (7, false)])
                {
                    DevicePointer step = device.Put([row], ElementType.Float32);
                    (DevicePointer shifted, DevicePointer y) = Buffers();
                    (DevicePointer expectedShifted, DevicePointer expectedY) = Buffers();
                    using (ThreadOrder order = new(reversed))
                    {
                        kernels.ShiftedInput.Launch(image, shifted, y, shifts, step, 2, shape, mode, preprocessing, type);
                        device.Stream.Synchronize();
                    }

                    shift.Launch(image, expectedShifted, shifts, step, 2, shape, mode);
                    kernels.Input.Forward(expectedShifted, expectedY, pixels, preprocessing, type);
                    Assert.Equal(device.GetBytes(expectedShifted, pixels * 12), device.GetBytes(shifted, pixels * 12));
                    Assert.Equal(device.GetBytes(expectedY, pixels * 8 * Elements.Size(type)), device.GetBytes(y, pixels * 8 * Elements.Size(type)));
                }
            }
        }

        (DevicePointer Shifted, DevicePointer Y) Buffers() => (device.Bytes(pixels * 12), device.Bytes(pixels * 8 * Elements.Size(type)));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_view_taken_into_the_network_in_one_launch_has_the_bits_of_two(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        Warp warp = new(device.Library);
        foreach ((TensorShape from, TensorShape to) in ((TensorShape, TensorShape)[])[(new(3, 9, 11, 3), new(3, 9, 11, 3)), (new(2, 20, 31, 3), new(2, 17, 24, 3)), (new(1, 5, 4, 3), new(1, 33, 30, 3)), (new(1, 1, 1, 3), new(1, 2, 3, 3))])
        {
            DevicePointer source = device.Put(Numbers.Random((int)from.Count, 51, 0, 255), ElementType.Float32), step = device.Put([1.0], ElementType.Float32);
            DevicePointer maps = device.Put(Samples.Maps(3, from, to, 52), ElementType.Float32);
            int pixels = to.N * to.H * to.W;
            foreach ((double outside, Preprocessing preprocessing) in ((double, Preprocessing)[])[(0, Preprocessing.Raw), (127.5, Preprocessing.Vgg16)])
            {
                (DevicePointer apart, DevicePointer apartInput, DevicePointer view, DevicePointer input) = (device.Bytes(pixels * 12), device.Bytes(pixels * 8 * Elements.Size(type)), device.Bytes(pixels * 12), device.Bytes(pixels * 8 * Elements.Size(type)));
                warp.Forward(source, from, apart, to, maps, step, 3, outside);
                kernels.Input.Forward(apart, apartInput, pixels, preprocessing, type);
                kernels.WarpedInput.Launch(source, from, view, to, input, maps, step, 3, outside, preprocessing, type);
                Assert.Equal(device.GetBytes(apart, pixels * 12), device.GetBytes(view, pixels * 12));
                Assert.Equal(device.GetBytes(apartInput, pixels * 8 * Elements.Size(type)), device.GetBytes(input, pixels * 8 * Elements.Size(type)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void What_is_not_finite_is_marked_where_it_first_can_be(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        double[] fine = Numbers.Random(64, 3);
        DevicePointer y = device.Bytes(64 * sizeof(float));
        DevicePointer index = device.Put([0, 1, 2, 3, 4, 5, 6, 7]);
        DevicePointer status = device.Put([0]), value = device.Bytes(sizeof(float)), picture = device.Put(Numbers.Random(24, 4), ElementType.Float32);
        using ReductionScratch scratch = new(device.Stream, 1);
        foreach (double bad in (double[])[1, double.NaN, double.PositiveInfinity])
        {
            double[] values = [.. fine];
            values[41] = bad;
            DevicePointer x = device.Put(values, type);
            kernels.Pool.Forward(x, y, DevicePointer.None, 1, 2, 4, 8, type, status, 11);
            Expect(bad == 1 ? 0 : 11);
            kernels.Tap.Gather(x, index, y, 1, 8, 8, 8, type, status, 12);
            Expect(bad == 1 ? 0 : 12);
            kernels.Tap.Mean(new TapReading(x, index, y, 1, 8, 8, 8, type, status, 14), 1, value, scratch, null);
            Expect(bad == 1 ? 0 : 14);
            DevicePointer gradient = device.Bytes(8 * 3 * sizeof(float));
            kernels.Input.Backward(x, gradient, 8, Preprocessing.Raw, type, 1, status, 13);
            Expect(bad == 1 ? 0 : 13);
            kernels.Input.BackwardAndSum(x, gradient, 8, Preprocessing.Raw, type, 1, status, 15, DevicePointer.None, 1, picture, new TensorShape(1, 2, 4, 3), scratch);
            Expect(bad == 1 ? 0 : 15);
        }

        void Expect(int mark)
        {
            Assert.Equal([mark], device.GetIntegers(status, 1));
            device.Stream.Fill(status, 0, 1);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Pooling_takes_the_first_maximum_and_its_gradient_goes_there_alone(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        foreach ((int images, int height, int width, int channels) in ((int, int, int, int)[])[(2, 6, 8, 16), (3, 7, 5, 8), (1, 2, 2, 24), (2, 3, 3, 8)])
        {
            // Few distinct values, so that windows with equal maxima are many.
            int count = images * height * width * channels;
            double[] x = [.. Numbers.Random(count, 5, -3, 4).Select(Math.Floor)];
            int h = height / 2, w = width / 2, outputs = images * h * w * channels;
            double[] dy = Numbers.Random(outputs, 6);
            DevicePointer y = device.Bytes(outputs * Elements.Size(type));
            DevicePointer argmax = device.Bytes(outputs / 4);
            DevicePointer dx = device.Bytes(count * Elements.Size(type));
            kernels.Pool.Forward(device.Put(x, type), y, argmax, images, height, width, channels, type, DevicePointer.None, 0);
            kernels.Pool.Backward(device.Put(dy, type), argmax, dx, images, height, width, channels, type);
            double[] expected = new double[outputs];
            double[] expectedBack = new double[count];
            int[] places = new int[outputs];
            double[] rounded = Numbers.Round(dy, type);
            for (int i = 0; i < outputs; i++)
            {
                int c = i % channels, column = i / channels % w, row = i / channels / w % h, n = i / channels / w / h;
                int best = -1;
                for (int k = 0; k < 4; k++)
                {
                    int at = Place(k);
                    best = best < 0 || x[at] > x[Place(best)] ? k : best;
                }

                places[i] = best;
                expected[i] = x[Place(best)];
                expectedBack[Place(best)] = rounded[i];

                int Place(int k) => ((((((n * height) + (row * 2) + (k / 2)) * width) + (column * 2) + (k % 2)) * channels) + c);
            }

            Assert.Equal(expected, device.Get(y, outputs, type));
            Assert.Equal(expectedBack, device.Get(dx, count, type));
            byte[] packed = device.GetBytes(argmax, outputs / 4);
            Assert.Equal(places, Enumerable.Range(0, outputs).Select(i => (packed[i / 4] >> (2 * (i % 4))) & 3).ToArray());
        }
    }

    [Fact]
    public void Pooling_keeps_what_is_not_a_number()
    {
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        for (int place = 0; place < 4; place++)
        {
            double[] x = [.. Enumerable.Repeat(5.0, 32)];
            x[(place * 8) + 3] = double.NaN;
            DevicePointer y = device.Bytes(32);
            kernels.Pool.Forward(device.Put(x, ElementType.Float32), y, DevicePointer.None, 1, 2, 2, 8, ElementType.Float32, DevicePointer.None, 0);
            Assert.Equal([5, 5, 5, double.NaN, 5, 5, 5, 5], device.Get(y, 8, ElementType.Float32));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Bias_ReLU_and_mask(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Positions = 37, Channels = 24, Count = Positions * Channels;
        double[] x = Numbers.Round(Numbers.Random(Count, 7), type);
        double[] bias = Numbers.Random(Channels, 8);
        DevicePointer b = device.Put(bias, ElementType.Float32);
        foreach (bool relu in (bool[])[false, true])
        {
            DevicePointer y = device.Put(x, type);
            kernels.Bias.Forward(y, b, y, Positions, Channels, relu, type);
            double[] expected = [.. x.Select((v, i) => v + (float)bias[i % Channels]).Select(v => relu ? Math.Max(v, 0) : v)];
            double[] actual = device.Get(y, Count, type);
            Numbers.Close(expected, actual, Numbers.Tolerance(type));
            DevicePointer dx = device.Bytes((Count - 3) * Elements.Size(type));
            double[] dy = Numbers.Round(Numbers.Random(Count, 9), type);
            kernels.Bias.Backward(device.Put(dy, type), y, dx, Count - 3, type);
            Assert.Equal([.. dy.Take(Count - 3).Select((g, i) => actual[i] > 0 ? g : 0)], device.Get(dx, Count - 3, type));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_tap_is_gathered_by_lists_and_its_gradient_goes_back_by_them(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Images = 2, Positions = 15, Channels = 16, Wanted = 4;
        int[] index = [3, -1, 3, 12, 0, 15, 0, 0];
        (int[] first, int[] next) = Chains(index, Images, Channels, Wanted);
        double[] y = Numbers.Round(Numbers.Random(Images * Positions * Channels, 10), type);
        double[] gradient = [.. Numbers.Random(Images * Positions * Wanted, 11).Select(g => (double)(float)g)];
        DevicePointer source = device.Put(y, type);
        DevicePointer tap = device.Bytes(gradient.Length * sizeof(float));
        kernels.Tap.Gather(source, device.Put(index), tap, Images, Positions, Channels, Wanted, type, DevicePointer.None, 0);
        double[] expectedTap = new double[gradient.Length];
        double[] expected = new double[y.Length];
        double[] masked = new double[y.Length];
        for (int i = 0; i < gradient.Length; i++)
        {
            int n = i / Wanted / Positions;
            int channel = index[(n * Wanted) + (i % Wanted)];
            if (channel >= 0)
            {
                int at = (i / Wanted * Channels) + channel;
                expectedTap[i] = y[at];
                expected[at] += 16 * gradient[i];
                masked[at] = y[at] > 0 ? expected[at] : 0;
            }
        }

        Assert.Equal(expectedTap, device.Get(tap, expectedTap.Length, ElementType.Float32));
        DevicePointer dy = device.Bytes(y.Length * Elements.Size(type));
        DevicePointer g = device.Put(gradient, ElementType.Float32);
        DevicePointer firsts = device.Put(first);
        DevicePointer nexts = device.Put(next);
        kernels.Tap.Scatter(g, firsts, nexts, DevicePointer.None, dy, Images, Positions, Channels, Wanted, type, 16);
        Numbers.Close(expected, device.Get(dy, y.Length, type), Numbers.Tolerance(type));
        kernels.Tap.Scatter(g, firsts, nexts, source, dy, Images, Positions, Channels, Wanted, type, 16);
        Numbers.Close(masked, device.Get(dy, y.Length, type), Numbers.Tolerance(type));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_tap_with_its_mean_and_the_scattering_in_one_launch_give_the_bits_of_three(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        ChannelMean mean = new(device.Library);
        foreach ((int images, int positions, int channels, int wanted) in ((int, int, int, int)[])[(3, 1, 8, 1), (2, 15, 16, 3), (2, 350, 8, 3), (1, 1025, 16, 1), (3, 1100, 24, 2), (1, 4096, 72, 1)])
        {
            TensorShape shape = new(images, positions, 1, wanted);
            using ReductionScratch scratch = new(device.Stream, images);
            int[] index = [.. Enumerable.Range(0, images * wanted).Select(i => i % 5 == 3 ? -1 : i * 7 % channels)];
            (int[] first, int[] next) = Chains(index, images, channels, wanted);
            int count = images * positions * channels, values = images * positions * wanted;
            DevicePointer y = device.Put(Numbers.Random(count, 31), type), gradient = device.Put(Numbers.Random(values, 32), ElementType.Float32);
            (DevicePointer indices, DevicePointer firsts, DevicePointer nexts) = (device.Put(index), device.Put(first), device.Put(next));
            foreach (bool masked in (bool[])[false, true])
            {
                DevicePointer mask = masked ? y : DevicePointer.None;
                byte[][] apart = Results((tap, value, dy) =>
                {
                    kernels.Tap.Gather(y, indices, tap, images, positions, channels, wanted, type, DevicePointer.None, 0);
                    mean.Launch(tap, -1.5, value, shape, scratch);
                    kernels.Tap.Scatter(gradient, firsts, nexts, mask, dy, images, positions, channels, wanted, type, 16);
                });
                TapReading reading = new(y, indices, default, images, positions, channels, wanted, type, DevicePointer.None, 0);
                foreach (bool reversed in (bool[])[false, true])
                {
                    using ThreadOrder order = new(reversed);
                    Assert.Equal(apart, Results((tap, value, dy) => kernels.Tap.Mean(reading with { Tap = tap }, -1.5, value, scratch, new TapScattering(gradient, firsts, nexts, mask, dy, 16))));
                }

                Assert.Equal(apart[..2], Results((tap, value, _) => kernels.Tap.Mean(reading with { Tap = tap }, -1.5, value, scratch, null))[..2]);
            }

            byte[][] Results(Action<DevicePointer, DevicePointer, DevicePointer> launch)
            {
                (DevicePointer tap, DevicePointer value, DevicePointer dy) = (device.Bytes(values * sizeof(float)), device.Bytes(images * sizeof(float)), device.Bytes(count * Elements.Size(type)));
                launch(tap, value, dy);
                return [device.GetBytes(tap, values * sizeof(float)), device.GetBytes(value, images * sizeof(float)), device.GetBytes(dy, count * Elements.Size(type))];
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_images_gradient_with_the_norms_sums_is_both_of_them(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        LpNorm norm = new(device.Library);
        foreach (TensorShape shape in (TensorShape[])[new(1, 1, 1, 3), new(3, 5, 7, 3), new(2, 30, 24, 3), new(2, 37, 41, 3)])
        {
            using ReductionScratch scratch = new(device.Stream, shape.N);
            int pixels = shape.N * shape.H * shape.W, parts = shape.N * ImageParts.Most * sizeof(double);
            DevicePointer dy = device.Put(Numbers.Random(pixels * 8, 41), type), image = device.Put(Numbers.Random((int)shape.Count, 42, -200, 200), ElementType.Float32);
            DevicePointer scales = device.Put([.. Enumerable.Range(1, shape.N).Select(n => 1.0 / n)], ElementType.Float32);
            DevicePointer apart = device.Bytes(pixels * 12), together = device.Bytes(pixels * 12);
            kernels.Input.Backward(dy, apart, pixels, Preprocessing.Vgg16, type, 0.25f, DevicePointer.None, 0, scales, shape.H * shape.W);
            norm.SumSixth(image, shape, scratch);
            byte[] sums = device.GetBytes(scratch.Parts, parts);
            device.Stream.Clear(scratch.Parts, parts);
            kernels.Input.BackwardAndSum(dy, together, pixels, Preprocessing.Vgg16, type, 0.25f, DevicePointer.None, 0, scales, shape.H * shape.W, image, shape, scratch);
            Assert.Equal(device.GetBytes(apart, pixels * 12), device.GetBytes(together, pixels * 12));
            Assert.Equal(sums, device.GetBytes(scratch.Parts, parts));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_gradient_given_inside_joins_what_is_there_and_is_read_by_lists(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Images = 2, Positions = 15, Channels = 16, Wanted = 4;
        int[] index = [3, -1, 3, 12, 0, 15, 0, 0];
        (int[] first, int[] next) = Chains(index, Images, Channels, Wanted);
        double[] dy = Numbers.Round(Numbers.Random(Images * Positions * Channels, 16), type);
        double[] gradient = [.. Numbers.Random(Images * Positions * Wanted, 17).Select(g => (double)(float)g)];
        DevicePointer target = device.Put(dy, type), read = device.Bytes(gradient.Length * sizeof(float)), status = device.Put([0]);
        kernels.TapGradient.Add(device.Put(gradient, ElementType.Float32), device.Put(first), device.Put(next), target, Images, Positions, Channels, Wanted, type, 16);
        double[] expected = [.. dy];
        for (int i = 0; i < gradient.Length; i++)
        {
            int channel = index[(i / Wanted / Positions * Wanted) + (i % Wanted)];
            expected[(i / Wanted * Channels) + Math.Max(channel, 0)] += channel < 0 ? 0 : 16 * gradient[i];
        }

        double[] actual = device.Get(target, dy.Length, type);
        Numbers.Close(expected, actual, Numbers.Tolerance(type));
        kernels.TapGradient.Read(target, device.Put(index), read, Images, Positions, Channels, Wanted, type, 0.125f, status, 14);
        double[] wanted = [.. Enumerable.Range(0, gradient.Length).Select(i => (Channel: index[(i / Wanted / Positions * Wanted) + (i % Wanted)], Place: i / Wanted * Channels)).Select(p => p.Channel < 0 ? 0 : actual[p.Place + p.Channel] / 8)];
        Assert.Equal(wanted, device.Get(read, wanted.Length, ElementType.Float32));
        Assert.Equal([0], device.GetIntegers(status, 1));
        kernels.TapGradient.Read(device.Put([.. Enumerable.Repeat(double.NaN, dy.Length)], type), device.Put(index), read, Images, Positions, Channels, Wanted, type, 1, status, 14);
        Assert.Equal([14], device.GetIntegers(status, 1));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_ReLU_by_itself_and_its_way_back_by_each_rule(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Count = 8 * 37;
        double[] x = [.. Numbers.Round(Numbers.Random(Count, 18, zeros: 0.2), type)];
        double[] dy = [.. Numbers.Round(Numbers.Random(Count, 19, zeros: 0.2), type)];
        DevicePointer y = device.Bytes(Count * Elements.Size(type));
        kernels.Relu.Forward(device.Put(x, type), y, Count, type);
        Assert.Equal([.. x.Select(v => Math.Max(v, 0))], device.Get(y, Count, type));
        foreach (ReluRule rule in Enum.GetValues<ReluRule>())
        {
            DevicePointer dx = device.Put(dy, type);
            kernels.Relu.Backward(dx, y, dx, Count, rule, type);
            double[] expected = [.. dy.Zip(x, (g, v) => (rule == ReluRule.Deconvnet || v > 0) && (rule == ReluRule.Plain || g > 0) ? g : 0)];
            Assert.Equal(expected, device.Get(dx, Count, type));
        }

        Assert.Throws<ArgumentException>(() => kernels.Relu.Forward(y, y, 9, type));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_rescue_lets_pass_what_raises_a_dead_image(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Count = 8 * 700;
        double[] x = [.. Numbers.Round(Numbers.Random(3 * Count, 28, zeros: 0.2), type)];
        double[] dy = [.. Numbers.Round(Numbers.Random(3 * Count, 29, zeros: 0.2), type)];

        // The second image is off everywhere; of the third only the last value passes.
        for (int i = Count; i < 3 * Count; i++)
        {
            x[i] = 0;
        }

        (x[^1], dy[^1]) = (1, -0.5);
        foreach (int step in (int[])[0, 16, 17])
        {
            DevicePointer dx = device.Put(dy, type);
            kernels.Relu.Rescue(dx, device.Put([.. x.Select(v => Math.Max(v, 0))], type), device.Put(new int[3]), device.Put([(double)step], ElementType.Float32), 17, 3, Count, type);
            double[] expected = [.. dy.Select((g, i) => step < 17 && i / Count == 1 ? Math.Min(g, 0) : x[i] > 0 ? g : 0)];
            Assert.Equal(expected, device.Get(dx, 3 * Count, type));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Softmax_and_its_gradient(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        const int Images = 3, Classes = 301, Stride = 304, Wanted = 3;
        double[] z = Numbers.Round(Numbers.Random(Images * Stride, 12, -20, 20), type);
        Array.Fill(z, -1000.0, 0, Classes);
        z[5] = 1000;
        int[] index = [5, 7, -1, 300, 0, 300, 1, 2, 3];
        (int[] first, int[] next) = Chains(index, Images, Classes, Wanted);
        double[] gradient = [.. Numbers.Random(Images * Wanted, 13).Select(g => (double)(float)g)];
        DevicePointer p = device.Bytes(Images * Classes * sizeof(float));
        DevicePointer dz = device.Bytes(Images * Stride * Elements.Size(type));
        kernels.Softmax.Forward(device.Put(z, type), p, Images, Classes, Stride, type);
        kernels.Softmax.Backward(device.Put(gradient, ElementType.Float32), p, device.Put(first), device.Put(next), dz, Images, Classes, Stride, Wanted, type, 4);
        double[] expected = new double[Images * Classes];
        double[] expectedBack = new double[Images * Stride];
        for (int n = 0; n < Images; n++)
        {
            double[] own = Probabilities.Of(z.AsSpan(n * Stride, Classes));
            own.CopyTo(expected, n * Classes);
            double[] g = new double[Classes];
            for (int k = 0; k < Wanted; k++)
            {
                int c = index[(n * Wanted) + k];
                if (c >= 0)
                {
                    g[c] += gradient[(n * Wanted) + k];
                }
            }

            double mean = g.Zip(own, (a, b) => a * b).Sum();
            for (int c = 0; c < Classes; c++)
            {
                expectedBack[(n * Stride) + c] = 4 * own[c] * (g[c] - mean);
            }
        }

        double[] actual = device.Get(p, expected.Length, ElementType.Float32);
        Numbers.Close(expected, actual, 2e-7);
        Assert.Equal(1, actual[5]);
        Numbers.Close(expectedBack, device.Get(dz, expectedBack.Length, type), Numbers.Tolerance(type));
    }

    [Fact]
    public void The_largest_come_first_and_the_lower_place_first_among_equals()
    {
        using Device device = new();
        TopK top = new(device.Library);
        double[] first = [.. Numbers.Random(1000, 14, -5, 5).Select(v => Math.Round(v, 1)).Select(v => (double)(float)v)];
        double[] second = [.. Enumerable.Repeat(double.NaN, 990), 0.0, -0.0, double.PositiveInfinity, double.NegativeInfinity, 1e-40, -1e-40, 3, 3, -3, double.NaN];
        const int K = 9;
        DevicePointer indices = device.Bytes(2 * K * sizeof(int));
        DevicePointer largest = device.Bytes(2 * K * sizeof(float));
        top.Launch(device.Put([.. first, .. second], ElementType.Float32), indices, largest, 2, 1000, K);
        int[] expected = [.. first.Select((v, i) => (v, i)).OrderByDescending(e => e.v).ThenBy(e => e.i).Take(K).Select(e => e.i)];
        int[] actual = device.GetIntegers(indices, 2 * K);
        Assert.Equal([.. expected, 992, 996, 997, 994, 990, 991, 995, 998, 993], actual);
        Assert.Equal(expected.Select(i => first[i]), device.Get(largest, 2 * K, ElementType.Float32).Take(K));
        Assert.Throws<ArgumentOutOfRangeException>(() => top.Launch(DevicePointer.None, DevicePointer.None, DevicePointer.None, 1, 5, 6));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Numbers_are_rounded_to_nearest_and_come_back_whole(int t)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        NetworkKernels kernels = new(device.Library);
        double[] values = [0, -0.0, 1, 65504, 65519, 65520, 1e-8, 6e-8, 1.00048828125, 1.00146484375, 1.00390625, 1.01171875, -3e38, double.NaN, double.NegativeInfinity, .. Numbers.Random(102, 15, -10, 10)];

        // Three values to a pixel go into the network as they are, and are gathered from there.
        int pixels = values.Length / 3;
        DevicePointer target = device.Bytes(pixels * 8 * Elements.Size(type));
        DevicePointer again = device.Bytes(values.Length * sizeof(float));
        kernels.Input.Forward(device.Put(values, ElementType.Float32), target, pixels, Preprocessing.Raw, type);
        kernels.Tap.Gather(target, device.Put([0, 1, 2]), again, 1, pixels, 8, 3, type, DevicePointer.None, 0);
        double[] expected = Numbers.Round(values, type);
        Assert.Equal(expected, device.Get(target, pixels * 8, type).Where((_, i) => i % 8 < 3));
        Assert.Equal(expected, device.Get(again, values.Length, ElementType.Float32));
    }

    // first[n, c]: the first k of image n whose index is c; next[n, k]: the next with the same index.
    private static (int[] First, int[] Next) Chains(int[] index, int images, int channels, int wanted)
    {
        int[] first = new int[images * channels];
        int[] next = new int[images * wanted];
        Array.Fill(first, -1);
        Array.Fill(next, -1);
        for (int n = 0; n < images; n++)
        {
            for (int k = wanted - 1; k >= 0; k--)
            {
                int c = index[(n * wanted) + k];
                if (c >= 0)
                {
                    next[(n * wanted) + k] = first[(n * channels) + c];
                    first[(n * channels) + c] = k;
                }
            }
        }

        return (first, next);
    }
}
