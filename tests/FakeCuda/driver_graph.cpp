// The stand-in for libcuda: capture and graphs.
#include "driver.h"

using namespace fake;
using namespace fake::driver;

namespace
{
std::string last_graph;
}

EXPORT int cuStreamBeginCapture_v2(Stream* stream, int mode)
{
    READY("cuStreamBeginCapture_v2");
    CHECK(own(streams, stream, "cuStreamBeginCapture_v2"));
    REFUSE_CAPTURE("cuStreamBeginCapture_v2");
    if (mode < 0 || mode > 2)
    {
        return fail(INVALID_VALUE, "cuStreamBeginCapture with an unknown mode");
    }

    stream->capture = new Graph{current_context, {}};
    stream->capture_broken = false;
    capturing_stream = stream;
    return 0;
}

EXPORT int cuStreamEndCapture(Stream* stream, Graph** graph)
{
    LOCK;
    *graph = nullptr;
    CHECK(own(streams, stream, "cuStreamEndCapture"));
    if (stream->capture == nullptr)
    {
        return fail(INVALID_VALUE, "cuStreamEndCapture of a stream that does not capture");
    }

    Graph* captured = stream->capture;
    stream->capture = nullptr;
    if (capturing_stream == stream)
    {
        capturing_stream = nullptr;
    }

    int injected = enter("cuStreamEndCapture", 0);
    if (stream->capture_broken || injected != 0)
    {
        delete captured;
        return injected != 0 ? injected : CAPTURE_INVALIDATED;
    }

    graphs.insert(captured);
    *graph = captured;
    return 0;
}

EXPORT int cuStreamIsCapturing(Stream* stream, int* status)
{
    READY("cuStreamIsCapturing");
    CHECK(own(streams, stream, "cuStreamIsCapturing"));
    *status = stream->capture == nullptr ? 0 : stream->capture_broken ? 2 : 1;
    return 0;
}

EXPORT int cuGraphGetNodes(Graph* graph, void*, std::size_t* count)
{
    READY("cuGraphGetNodes");
    CHECK(own(graphs, graph, "cuGraphGetNodes"));
    *count = graph->operations.size();
    return 0;
}

EXPORT int cuGraphInstantiateWithFlags(Executable** executable, Graph* graph, unsigned long long flags)
{
    READY("cuGraphInstantiateWithFlags");
    CHECK(own(graphs, graph, "cuGraphInstantiateWithFlags"));
    REFUSE_CAPTURE("cuGraphInstantiateWithFlags");
    if (flags != 0)
    {
        return fail(INVALID_VALUE, "cuGraphInstantiate with flags");
    }

    *executable = new Executable{current_context, graph->operations};
    executables.insert(*executable);
    last_graph.clear();
    for (const Operation& operation : graph->operations)
    {
        last_graph += operation.name + "\n";
    }

    return 0;
}

// For tests: the operations of the graph that was made last, a line each.
EXPORT int fakecuda_last_graph(char* buffer, int length)
{
    LOCK;
    std::strncpy(buffer, last_graph.c_str(), (std::size_t)length - 1);
    buffer[length - 1] = 0;
    return (int)last_graph.size();
}

EXPORT int cuGraphUpload(Executable* executable, Stream* stream)
{
    READY("cuGraphUpload");
    CHECK(own(executables, executable, "cuGraphUpload"));
    return own(streams, stream, "cuGraphUpload");
}

EXPORT int cuGraphLaunch(Executable* executable, Stream* stream)
{
    READY("cuGraphLaunch");
    CHECK(own(executables, executable, "cuGraphLaunch"));
    CHECK(own(streams, stream, "cuGraphLaunch"));
    REFUSE_CAPTURE("cuGraphLaunch");
    std::vector<Operation> operations = executable->operations;
    return submit(stream, "cuGraphLaunch", [operations]() {
        for (const Operation& operation : operations)
        {
            CHECK(operation.run());
        }

        return 0;
    });
}

EXPORT int cuGraphExecDestroy(Executable* executable)
{
    LOCK;
    return destroy(executables, executable, "cuGraphExecDestroy");
}

EXPORT int cuGraphDestroy(Graph* graph)
{
    LOCK;
    return destroy(graphs, graph, "cuGraphDestroy");
}
