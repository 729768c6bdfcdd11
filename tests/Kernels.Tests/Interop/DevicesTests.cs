using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Tests.Fake;

namespace VggCuda.Kernels.Tests.Interop;

public class DevicesTests
{
    public DevicesTests() => FakeCuda.Require();

    [Fact]
    public void Probing_finds_devices_versions_and_tells_what_was_loaded()
    {
        CudaProbe probe = CudaDevices.Probe();
        Assert.Empty(probe.Problems);
        Assert.True(probe.IsUsable);
        Assert.Equal(["Stand-in GPU 0", "Stand-in GPU 1"], probe.Devices.Select(d => d.Name));
        Assert.Equal(new Version(9, 0), probe.Devices[0].ComputeCapability);
        Assert.Equal(new Version(13, 0), probe.DriverVersion);
        Assert.Equal(new Version(9, 19, 0), probe.CudnnVersion);
        Assert.Equal(new Version(13, 0, 1), probe.CublasVersion);
        Assert.Contains(probe.Log, line => line.StartsWith("driver: loaded ", StringComparison.Ordinal));
        Assert.Contains(probe.Log, line => line.StartsWith("cuDNN: loaded ", StringComparison.Ordinal));
        FakeCuda.AssertClean();
    }

    [Theory]
    [InlineData("devices", 0, "sees no GPU")]
    [InlineData("driver", 11080, "too old")]
    [InlineData("capability", 70, "7.5 (Turing) or newer")]
    public void What_stands_in_the_way_is_said_with_the_way_out(string setting, int value, string words)
    {
        FakeCuda.Set(setting, value);
        CudaProbe probe = CudaDevices.Probe();
        Assert.False(probe.IsUsable);
        Assert.Contains(probe.Problems, p => p.Contains(words, StringComparison.Ordinal));
        DeviceException failure = Assert.ThrowsAny<DeviceException>(() => CudaBackend.Open());
        Assert.True(failure.Message.Contains(words, StringComparison.Ordinal) || setting == "devices", failure.Message);
        FakeCuda.AssertClean();
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused_by_name()
    {
        DeviceException failure = Assert.Throws<DeviceException>(() => CudaBackend.Open(2));
        Assert.Equal("There is no device cuda:2; this machine has cuda:0 to cuda:1.", failure.Message);
    }

    [Fact]
    public void Opening_and_disposing_leaves_nothing()
    {
        using (CudaBackend backend = CudaBackend.Open(1))
        {
            Assert.Equal("cuda:1", backend.Description.Name);
            Assert.Equal("Stand-in GPU 1", backend.Description.Device);
        }

        FakeCuda.AssertClean();
        Assert.Equal(0, CudaHandle.Leaked);
    }
}
