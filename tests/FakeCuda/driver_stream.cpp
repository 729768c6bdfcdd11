// The stand-in for libcuda: streams and events.
#include "driver.h"

#include <chrono>

using namespace fake;
using namespace fake::driver;

namespace
{
double now()
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}

EXPORT int cuStreamCreate(Stream** stream, unsigned flags)
{
    READY("cuStreamCreate");
    if (flags > 1)
    {
        return fail(INVALID_VALUE, "cuStreamCreate with unknown flags");
    }

    *stream = new Stream{current_context, {}};
    streams.insert(*stream);
    return 0;
}

EXPORT int cuStreamDestroy_v2(Stream* stream)
{
    LOCK;
    CHECK(own(streams, stream, "cuStreamDestroy_v2"));
    drain(stream);
    for (Event* event : events)
    {
        event->stream = event->stream == stream ? nullptr : event->stream;
    }

    streams.erase(stream);
    delete stream;
    return 0;
}

EXPORT int cuStreamSynchronize(Stream* stream)
{
    READY("cuStreamSynchronize");
    CHECK(own(streams, stream, "cuStreamSynchronize"));
    REFUSE_CAPTURE("cuStreamSynchronize");
    return drain(stream);
}

EXPORT int cuStreamQuery(Stream* stream)
{
    READY("cuStreamQuery");
    CHECK(own(streams, stream, "cuStreamQuery"));
    REFUSE_CAPTURE("cuStreamQuery");
    return stream->queue.empty() ? 0 : NOT_READY;
}

EXPORT int cuStreamWaitEvent(Stream* stream, Event* event, unsigned)
{
    READY("cuStreamWaitEvent");
    CHECK(own(streams, stream, "cuStreamWaitEvent"));
    CHECK(own(events, event, "cuStreamWaitEvent"));
    REFUSE_CAPTURE("cuStreamWaitEvent");
    std::uint64_t until = event->recorded;
    return submit(stream, "cuStreamWaitEvent", [=] {
        while (event->completed < until && event->stream != nullptr && !event->stream->queue.empty())
        {
            CHECK(run_one(event->stream));
        }

        return 0;
    });
}

EXPORT int cuStreamGetCtx(Stream* stream, Context** context)
{
    READY("cuStreamGetCtx");
    if (streams.count(stream) == 0)
    {
        return INVALID_HANDLE;
    }

    *context = stream->context;
    return 0;
}

EXPORT int cuEventCreate(Event** event, unsigned flags)
{
    READY("cuEventCreate");
    *event = new Event{current_context};
    (*event)->timing = (flags & 2) == 0;
    events.insert(*event);
    return 0;
}

EXPORT int cuEventRecord(Event* event, Stream* stream)
{
    READY("cuEventRecord");
    CHECK(own(events, event, "cuEventRecord"));
    CHECK(own(streams, stream, "cuEventRecord"));
    REFUSE_CAPTURE("cuEventRecord");
    event->stream = stream;
    std::uint64_t number = ++event->recorded;
    return submit(stream, "cuEventRecord", [=] {
        if (events.count(event) != 0)
        {
            event->completed = number;
            event->milliseconds = now();
        }

        return 0;
    });
}

EXPORT int cuEventQuery(Event* event)
{
    READY("cuEventQuery");
    CHECK(own(events, event, "cuEventQuery"));
    REFUSE_CAPTURE("cuEventQuery");
    // A little gets done between two questions, so that "not ready" is met and so is its end.
    for (int i = 0; i < 3 && event->completed < event->recorded && event->stream != nullptr; i++)
    {
        CHECK(run_one(event->stream));
    }

    return event->completed < event->recorded ? NOT_READY : 0;
}

EXPORT int cuEventSynchronize(Event* event)
{
    READY("cuEventSynchronize");
    CHECK(own(events, event, "cuEventSynchronize"));
    REFUSE_CAPTURE("cuEventSynchronize");
    while (event->completed < event->recorded && event->stream != nullptr)
    {
        CHECK(run_one(event->stream));
    }

    return 0;
}

EXPORT int cuEventElapsedTime(float* milliseconds, Event* start, Event* end)
{
    READY("cuEventElapsedTime");
    CHECK(own(events, start, "cuEventElapsedTime"));
    CHECK(own(events, end, "cuEventElapsedTime"));
    if (!start->timing || !end->timing || start->recorded == 0 || end->recorded == 0)
    {
        return fail(INVALID_HANDLE, "cuEventElapsedTime of events without timing or never recorded");
    }

    if (start->completed < start->recorded || end->completed < end->recorded)
    {
        return NOT_READY;
    }

    *milliseconds = (float)(end->milliseconds - start->milliseconds);
    return 0;
}

EXPORT int cuEventDestroy_v2(Event* event)
{
    LOCK;
    CHECK(own(events, event, "cuEventDestroy_v2"));
    events.erase(event);
    // A record of it may still be queued: the memory stays, so that its number cannot be another event's.
    return 0;
}
