using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>What launches linear maps that were waited with.</summary>
/// <param name="Multiply">A multiple by itself.</param>
/// <param name="Product">A product, by itself or with what stands beside it.</param>
/// <param name="Warp">A view that no network takes in.</param>
internal sealed record MapLaunchers(Multiply Multiply, Product Product, Warp Warp);
