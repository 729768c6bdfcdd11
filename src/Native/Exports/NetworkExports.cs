using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;
using VggCuda.Native.Resources;

namespace VggCuda.Native.Exports;

/// <summary>vggcuda.h, "Networks".</summary>
internal static unsafe class NetworkExports
{
    [UnmanagedCallersOnly(EntryPoint = "vgg_network_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Open(byte* weights, byte* networkName, ulong* network) => Call.Run(() =>
    {
        Memory.Require(network, "handle");
        *network = HandleTable.Add(NetworkResource.Open(Text.Read(weights, "weights"), Text.Read(networkName, "network's name")));
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_network_describe", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Describe(ulong network, NetworkInfo* info) => Call.Run(() =>
    {
        using Loan<NetworkResource> loan = HandleTable.Take<NetworkResource>(network);
        Topology topology = loan.Resource.Network.Topology;
        Memory.Write(info, new NetworkInfo
        {
            Layers = (uint)topology.Layers.Length,
            Classes = (uint)(topology.Head?.Classes ?? 0),
            InputSize = (uint)(topology.FixedInputSize ?? 0),
            Smallest = (uint)topology.SmallestInput,
            Parameters = topology.ParameterCount,
            Temperature = loan.Resource.Temperature,
        });
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_network_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Name(ulong network, byte* text, nuint* size) => Call.Run(() =>
    {
        using Loan<NetworkResource> loan = HandleTable.Take<NetworkResource>(network);
        Text.Write(loan.Resource.Network.Topology.Name, text, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_layer_describe", CallConvs = [typeof(CallConvCdecl)])]
    public static Status DescribeLayer(ulong network, nuint index, LayerInfo* info) => Call.Run(() =>
    {
        using Loan<NetworkResource> loan = HandleTable.Take<NetworkResource>(network);
        Layer layer = loan.Resource.Layer(index);
        Memory.Write(info, new LayerInfo
        {
            Kind = (int)layer.Kind,
            Inputs = (uint)layer.Inputs,
            Outputs = (uint)layer.Outputs,
            Halvings = (uint)layer.Halvings,
            HasUnits = layer.CanBeTapped ? 1 : 0,
            Parameters = layer.ParameterCount,
        });
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_layer_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status LayerName(ulong network, nuint index, byte* text, nuint* size) => Call.Run(() =>
    {
        using Loan<NetworkResource> loan = HandleTable.Take<NetworkResource>(network);
        Text.Write(loan.Resource.Layer(index).Name, text, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_class_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ClassName(ulong network, nuint index, byte* text, nuint* size) => Call.Run(() =>
    {
        using Loan<NetworkResource> loan = HandleTable.Take<NetworkResource>(network);
        ClassNames names = Names(loan.Resource);
        Text.Write(index < (nuint)names.Count ? names[(int)index] : throw new StatusException(Status.Plan, $"There is no class {index}; classes are 0 to {names.Count - 1}."), text, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_class_find", CallConvs = [typeof(CallConvCdecl)])]
    public static Status FindClass(ulong network, byte* name, int* index) => Call.Run(() =>
    {
        using Loan<NetworkResource> loan = HandleTable.Take<NetworkResource>(network);
        Memory.Require(index, "index");
        *index = Names(loan.Resource).Find(Text.Require(name, "name"));
    });

    private static ClassNames Names(NetworkResource network) =>
        network.Names ?? throw new StatusException(Status.Plan, "The classes of these weights have no names; a file NAME.classes.txt beside NAME.h5 gives them some.");
}
