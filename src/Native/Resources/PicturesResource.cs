using VggCuda.Engine.Rendering;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Resources;

/// <summary>vgg_pictures: on the host, of no network and no device.</summary>
internal sealed class PicturesResource(RenderResult result) : Resource
{
    public override string Kind => "render's pictures";

    public RenderResult Result { get; } = result;

    public RenderedImage this[nuint index] => index < (nuint)Result.Images.Length
        ? Result.Images[(int)index]
        : throw StatusException.Argument($"There is no picture {index}; there are {Result.Images.Length}.");

    public override void Dispose()
    {
    }
}
