namespace VggCuda.Kernels.Operations;

/// <summary>How a product reads its tensors: target[o, m, i] = sum over k of M[m, k] source[o, k, i].</summary>
/// <param name="Images">Of source and target.</param>
/// <param name="Outer">Extent of o in one image.</param>
/// <param name="Terms">Extent of k.</param>
/// <param name="Results">Extent of m.</param>
/// <param name="Inner">Extent of i.</param>
/// <param name="IsTransposed">Whether the matrix is (terms, results).</param>
internal readonly record struct ProductShape(int Images, int Outer, int Terms, int Results, int Inner, bool IsTransposed);
