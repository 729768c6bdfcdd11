using System.Runtime.ExceptionServices;
using VggCuda.Native.Abi;

namespace VggCuda.Native.Handles;

/// <summary>All open handles of the process: a place in a table with the number of its use, so that one that was closed is known as such.</summary>
/// <remarks>A handle has its place, from 1, in its lower 32 bits and the use of that place, from 1, above. A place is retired when its uses are used up.</remarks>
internal static class HandleTable
{
    private const int MostHandles = 1 << 20;
    private static readonly Lock Gate = new();
    private static readonly Stack<int> Vacant = new();
    private static Place[] _places = new Place[16];
    private static int _used;
    private static int _open;

    /// <summary>How many are open.</summary>
    public static int Count
    {
        get
        {
            lock (Gate)
            {
                return _open;
            }
        }
    }

    /// <summary>Opens a handle for a new resource, which is freed where that fails.</summary>
    /// <exception cref="StatusException">There are too many.</exception>
    public static ulong Add(Resource resource)
    {
        try
        {
            return PlaceOf(resource);
        }
        catch
        {
            resource.Dispose();
            throw;
        }
    }

    /// <summary>Takes a resource for the time of a call.</summary>
    /// <exception cref="StatusException">The handle is none, or of another kind.</exception>
    public static Loan<T> Take<T>(ulong handle)
        where T : Resource
    {
        lock (Gate)
        {
            ref Place place = ref Find(handle);
            if (place.Resource is not T resource)
            {
                throw new StatusException(Status.Handle, $"0x{handle:x} is the handle of a {place.Resource!.Kind}, which this function does not take.");
            }

            place.Loans++;
            return new Loan<T>(resource, handle);
        }
    }

    /// <summary>Closes a handle, and frees what nobody holds any more.</summary>
    /// <exception cref="StatusException">The handle is none, or is in use.</exception>
    public static void Close(ulong handle)
    {
        List<Resource> ended = [];
        Exception? failure = null;
        IExclusive? device;
        lock (Gate)
        {
            ref Place place = ref Find(handle);
            Resource resource = place.Resource!;
            if (place.Loans > 0)
            {
                throw new StatusException(Status.Busy, $"The {resource.Kind} is in use by another call, and stays open.");
            }

            device = resource.Device;
            if (device is not null && !device.TryEnter())
            {
                throw new StatusException(Status.Busy, $"The device of the {resource.Kind} is in use by another call, so the {resource.Kind} stays open.");
            }

            place.Resource = null;
            _open--;
            if (place.Use < uint.MaxValue)
            {
                Vacant.Push((int)(uint)handle - 1);
            }

            resource.Let(ended);
        }

        foreach (Resource one in ended)
        {
            try
            {
                one.Dispose();
            }
            catch (Exception exception)
            {
                // What it is made of is given back all the same.
                failure ??= exception;
            }
        }

        device?.Leave();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Ends a loan.</summary>
    internal static void Return(ulong handle)
    {
        lock (Gate)
        {
            _places[(int)(uint)handle - 1].Loans--;
        }
    }

    private static ulong PlaceOf(Resource resource)
    {
        lock (Gate)
        {
            if (!Vacant.TryPop(out int at))
            {
                if (_used == MostHandles)
                {
                    throw new StatusException(Status.Memory, $"{MostHandles} handles are open; close some.");
                }

                at = _used++;
                if (at == _places.Length)
                {
                    Array.Resize(ref _places, at * 2);
                }
            }

            ref Place place = ref _places[at];
            place.Use++;
            place.Resource = resource;
            resource.Attach();
            _open++;
            return ((ulong)place.Use << 32) | (uint)(at + 1);
        }
    }

    private static ref Place Find(ulong handle)
    {
        uint at = (uint)handle - 1;
        if (at >= (uint)_used || _places[at].Use < handle >> 32 || handle >> 32 == 0)
        {
            throw new StatusException(Status.Handle, $"0x{handle:x} is no handle.");
        }

        ref Place place = ref _places[at];
        if (place.Use != handle >> 32 || place.Resource is null)
        {
            throw new StatusException(Status.Handle, $"The handle 0x{handle:x} has been closed.");
        }

        return ref place;
    }

    private struct Place
    {
        public Resource? Resource;
        public uint Use;
        public int Loans;
    }
}

/// <summary>A resource that cannot be closed for the time of a call.</summary>
/// <param name="resource">The resource.</param>
/// <param name="handle">Its handle.</param>
internal readonly struct Loan<T>(T resource, ulong handle) : IDisposable
    where T : Resource
{
    public T Resource { get; } = resource;

    public void Dispose() => HandleTable.Return(handle);
}
