using System.Runtime.ExceptionServices;
using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>Loads plans and builds candidates, several at once: most of a build is cuDNN's compiler, on one processor.</summary>
/// <remarks>A handle of cuDNN is one thread's at a time, so each thread has one of its own; a plan runs with the handle that it was made with. They are made when there is work for them, and kept.</remarks>
internal sealed class PlanBuilder : IDisposable
{
    private const int MostThreads = 8;

    // NVIDIA's compiler recurses deeply.
    private const int StackBytes = 16 << 20;

    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly PlanCache _cache;
    private readonly List<CudnnHandle> _handles;

    /// <summary>Creates a builder.</summary>
    /// <param name="context">Where.</param>
    /// <param name="stream">What plans run on.</param>
    /// <param name="library">The first thread's handle; not the builder's.</param>
    /// <param name="cache">Plans on disk.</param>
    public PlanBuilder(CudaContext context, CudaStream stream, CudnnHandle library, PlanCache cache)
    {
        _context = context;
        _stream = stream;
        _cache = cache;
        _handles = [library];
    }

    /// <summary>The plans on disk that will do, and candidates for the rest.</summary>
    /// <param name="requests">Different ones.</param>
    /// <param name="proposals">As <see cref="CudaOptions.Proposals"/>.</param>
    /// <param name="cancellation">Ends it before the next request.</param>
    /// <returns>One for each request; the caller disposes of their plans.</returns>
    public List<Candidates> Prepare(IReadOnlyList<ConvolutionRequest> requests, int proposals, CancellationToken cancellation)
    {
        Candidates?[] results = new Candidates?[requests.Count];
        int next = -1;
        Exception? failure = null;
        int failed = int.MaxValue;
        int count = Math.Clamp(Math.Min(requests.Count, Environment.ProcessorCount), 1, MostThreads);
        while (_handles.Count < count)
        {
            _handles.Add(CudnnHandle.Create(_context, _stream));
        }

        Thread[] threads = [.. _handles.Skip(1).Take(count - 1).Select(handle => new Thread(() => Work(handle), StackBytes) { IsBackground = true })];
        Array.ForEach(threads, t => t.Start());
        Work(_handles[0]);
        Array.ForEach(threads, t => t.Join());
        if (failure is not null)
        {
            Array.ForEach(results, r => r?.Dispose());
            ExceptionDispatchInfo.Throw(failure);
        }

        return [.. results.Select(r => r!)];

        void Work(CudnnHandle library)
        {
            int i = -1;
            try
            {
                _context.MakeCurrent();
                for (i = Interlocked.Increment(ref next); i < requests.Count && i < Volatile.Read(ref failed); i = Interlocked.Increment(ref next))
                {
                    cancellation.ThrowIfCancellationRequested();
                    results[i] = new Candidates(requests[i], proposals, library);
                    Load(results[i]!);
                    if (results[i]!.Plans.Count == 0)
                    {
                        results[i]!.BuildNext();
                    }
                }
            }
            catch (Exception e)
            {
                // Thrown where the work was asked for: that of the first request that failed, whichever thread was quicker: all before it are done first.
                lock (results)
                {
                    (failure, failed) = i < failed ? (e, i) : (failure, failed);
                }
            }
        }
    }

    /// <summary>Gives up the further threads' handles, with which no plan may run any more; they are made again where there is work.</summary>
    public void Dispose()
    {
        for (int i = _handles.Count - 1; i > 0; i--)
        {
            _handles[i].Dispose();
        }

        _handles.RemoveRange(1, _handles.Count - 1);
    }

    private void Load(Candidates candidates)
    {
        ConvolutionRequest request = candidates.Request;
        if (_cache.Find(request) is not CachedPlan cached || cached.Plan.Length == 0 || cached.Proposals < candidates.Proposals)
        {
            return;
        }

        CudnnDescriptor descriptor = new(CudnnDescriptorType.ExecutionPlan);
        try
        {
            // In the order of NVIDIA's own loadFromJson.
            descriptor.SetText(CudnnAttribute.ExecutionPlanJson, cached.Plan).Set(CudnnAttribute.ExecutionPlanHandle, candidates.Library);
            if (descriptor.TryComplete() is null)
            {
                candidates.Take(new ConvolutionPlan(candidates.Library, request, cached.Variant, descriptor) { Milliseconds = cached.Milliseconds });
                return;
            }
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            // It does not fit this cuDNN: built again.
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        descriptor.Dispose();
        _cache.Remove(request);
    }
}
