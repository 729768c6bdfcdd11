namespace VggCuda.Kernels.Interop;

/// <summary>cudnnBackendDescriptorType_t, as far as used.</summary>
internal enum CudnnDescriptorType
{
    Pointwise = 0,
    Convolution = 1,
    Engine = 2,
    EngineConfig = 3,
    EngineHeuristics = 4,
    ExecutionPlan = 5,
    ConvolutionForwardOperation = 10,
    ConvolutionBackwardDataOperation = 12,
    PointwiseOperation = 13,
    OperationGraph = 15,
    VariantPack = 16,
    Tensor = 17,
}

/// <summary>cudnnBackendAttributeType_t, as far as used.</summary>
internal enum CudnnAttributeType
{
    Handle = 0,
    DataType = 1,
    Boolean = 2,
    Int64 = 3,
    Float = 4,
    VoidPointer = 6,
    ConvolutionMode = 7,
    HeuristicMode = 8,
    NumericalNote = 11,
    PointwiseMode = 14,
    BackendDescriptor = 15,
    Char = 24,
}

/// <summary>cudnnBackendAttributeName_t, as far as used.</summary>
internal enum CudnnAttribute
{
    PointwiseMode = 0,
    PointwiseMathPrecision = 1,
    ConvolutionComputeType = 100,
    ConvolutionMode = 101,
    ConvolutionDilations = 102,
    ConvolutionFilterStrides = 103,
    ConvolutionPostPaddings = 104,
    ConvolutionPrePaddings = 105,
    ConvolutionSpatialDimensions = 106,
    HeuristicsMode = 200,
    HeuristicsOperationGraph = 201,
    HeuristicsResults = 202,
    EngineConfigEngine = 300,
    ExecutionPlanHandle = 400,
    ExecutionPlanEngineConfig = 401,
    ExecutionPlanWorkspaceSize = 402,
    ExecutionPlanJson = 405,
    ConvolutionForwardAlpha = 700,
    ConvolutionForwardBeta = 701,
    ConvolutionForwardConvolution = 702,
    ConvolutionForwardW = 703,
    ConvolutionForwardX = 704,
    ConvolutionForwardY = 705,
    ConvolutionBackwardDataAlpha = 706,
    ConvolutionBackwardDataBeta = 707,
    ConvolutionBackwardDataConvolution = 708,
    ConvolutionBackwardDataW = 709,
    ConvolutionBackwardDataDx = 710,
    ConvolutionBackwardDataDy = 711,
    PointwiseOperationPointwise = 750,
    PointwiseOperationX = 751,
    PointwiseOperationB = 752,
    PointwiseOperationY = 753,
    PointwiseOperationDx = 756,
    PointwiseOperationDy = 757,
    OperationGraphHandle = 800,
    OperationGraphOperations = 801,
    TensorByteAlignment = 900,
    TensorDataType = 901,
    TensorDimensions = 902,
    TensorStrides = 903,
    TensorUniqueId = 906,
    TensorIsVirtual = 907,
    VariantPackUniqueIds = 1000,
    VariantPackDataPointers = 1001,
    VariantPackWorkspace = 1003,
    EngineNumericalNotes = 1303,
}

/// <summary>cudnnDataType_t.</summary>
internal enum CudnnDataType
{
    Float = 0,
    Half = 2,
    BFloat16 = 9,
}

/// <summary>cudnnPointwiseMode_t.</summary>
internal enum CudnnPointwiseMode
{
    Add = 0,
    ReluForward = 100,
    ReluBackward = 200,
}

/// <summary>cudnnBackendHeurMode_t.</summary>
internal enum CudnnHeuristicMode
{
    Fallback = 2,
    A = 3,
}

/// <summary>cudnnBackendNumericalNote_t.</summary>
internal enum CudnnNumericalNote
{
    TensorCore = 0,
    DownConvertInputs = 1,
    ReducedPrecisionReduction = 2,
    Fft = 3,
    Nondeterministic = 4,
    Winograd = 5,
    WinogradTile4x4 = 6,
    WinogradTile6x6 = 7,
    WinogradTile13x13 = 8,
}
