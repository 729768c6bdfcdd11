using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Rendering;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;
using VggCuda.Native.Resources;

namespace VggCuda.Native.Exports;

/// <summary>vggcuda.h, "Drawing".</summary>
internal static unsafe class RenderExports
{
    [UnmanagedCallersOnly(EntryPoint = "vgg_render", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Render(ulong network, ulong device, RenderRequest* options, ulong* pictures) => Call.Run(() =>
    {
        Memory.Require(pictures, "handle");
        Memory.Require(options, "options");
        *pictures = 0;
        RenderRequest read = Memory.Read(options);
        using Loan<NetworkResource> weights = HandleTable.Take<NetworkResource>(network);
        using Loan<DeviceResource> place = HandleTable.Take<DeviceResource>(device);
        using Turn turn = new(place.Resource);
        CancellationTokenSource cancellation = place.Resource.Begin();
        try
        {
            RenderJob job = new(weights.Resource, place.Resource, read);
            job.RequireMemory();
            RenderResult result = new Renderer(place.Resource.Backend).Render(
                weights.Resource.Network,
                job.Plan,
                new RenderOptions
                {
                    MaxBatch = job.Batch,
                    Progress = read.Progress is null ? null : new CallbackProgress(read.Progress, read.ProgressData, cancellation),
                },
                cancellation.Token);
            *pictures = HandleTable.Add(new PicturesResource(result));
            if (result.Cancelled)
            {
                throw new StatusException(Status.Cancelled, $"Cancelled; {result.Images.Length} of {job.Plan.Count} pictures are there, the best so far.");
            }
        }
        finally
        {
            place.Resource.Finish();
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_render_forecast", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Forecast(ulong network, ulong device, RenderRequest* options, MemoryForecast* forecast) => Call.Run(() =>
    {
        Memory.Require(options, "options");
        RenderRequest read = Memory.Read(options);
        using Loan<NetworkResource> weights = HandleTable.Take<NetworkResource>(network);
        using Loan<DeviceResource> place = HandleTable.Take<DeviceResource>(device);
        using Turn turn = new(place.Resource);
        RenderJob job = new(weights.Resource, place.Resource, read);
        RunMemory needs = job.Needs;
        Memory.Write(forecast, new MemoryForecast
        {
            Batch = (uint)job.Batch,
            Weights = needs.Network.Weights,
            Activations = needs.Network.Activations,
            Workspace = needs.Network.Workspace,
            Images = needs.Images,
            Scoring = needs.Scoring,
            Host = needs.Host,
            Results = needs.Results,
            DeviceTotal = needs.Device,
            Total = needs.Total,
        });
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_pictures_describe", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Describe(ulong pictures, PicturesInfo* info) => Call.Run(() =>
    {
        using Loan<PicturesResource> loan = HandleTable.Take<PicturesResource>(pictures);
        RenderResult result = loan.Resource.Result;
        Memory.Write(info, new PicturesInfo { Count = (uint)result.Images.Length, Height = (uint)result.Plan.Height, Width = (uint)result.Plan.Width });
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_pictures_plan", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Plan(ulong pictures, byte* text, nuint* size) => Call.Run(() =>
    {
        using Loan<PicturesResource> loan = HandleTable.Take<PicturesResource>(pictures);
        Text.Write(loan.Resource.Result.Plan.ToJson(), text, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_picture_describe", CallConvs = [typeof(CallConvCdecl)])]
    public static Status DescribePicture(ulong pictures, nuint index, PictureInfo* info) => Call.Run(() =>
    {
        using Loan<PicturesResource> loan = HandleTable.Take<PicturesResource>(pictures);
        RenderedImage image = loan.Resource[index];
        Memory.Write(info, new PictureInfo
        {
            Seed = image.Seed,
            Steps = (uint)image.Steps,
            BestStep = (uint)image.BestStep,
            BestTotal = image.BestTotal,
            Activation = image.FinalActivation,
        });
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_picture_display", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Display(ulong pictures, nuint index, byte* rgb, nuint* size) => Call.Run(() =>
    {
        using Loan<PicturesResource> loan = HandleTable.Take<PicturesResource>(pictures);
        Memory.Fill<byte>(loan.Resource[index].Display, rgb, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_picture_values", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Values(ulong pictures, nuint index, float* values, nuint* count) => Call.Run(() =>
    {
        using Loan<PicturesResource> loan = HandleTable.Take<PicturesResource>(pictures);
        Memory.Fill<float>(loan.Resource[index].Pixels, values, count);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_picture_to_dlpack", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ToDlPack(ulong pictures, nuint index, DlManagedTensor** tensor) => Call.Run(() =>
    {
        using Loan<PicturesResource> loan = HandleTable.Take<PicturesResource>(pictures);
        Memory.Require(tensor, "tensor");
        float[] values = loan.Resource[index].Pixels;
        DlManagedTensor* made = DlPack.Create([loan.Resource.Result.Plan.Height, loan.Resource.Result.Plan.Width, 3]);
        values.CopyTo(DlPack.Values(made));
        *tensor = made;
    });
}
