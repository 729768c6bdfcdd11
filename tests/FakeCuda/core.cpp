// State that the stand-ins for the driver, cuDNN and cuBLAS share, and what tests ask for.
#include "fake.h"

#include <cstring>

namespace fake
{
namespace
{
struct Fault
{
    std::string name;
    long nth;
    int code;
};

std::vector<std::string> violations;
std::vector<Fault> faults;
std::map<std::string, long> calls;
std::map<std::string, long> settings;
std::set<std::pair<std::string, const void*>> objects;
long all_calls = 0;
long fail_at = 0;
int fail_driver_code = 0;
}

std::recursive_mutex& gate()
{
    static std::recursive_mutex one;
    return one;
}

void violation(const std::string& text)
{
    violations.push_back(text);
}

std::string last_violation()
{
    return violations.empty() ? "" : violations.back();
}

int enter(const char* name, int library_code)
{
    long own = ++calls[name];
    long all = ++all_calls;
    for (const Fault& fault : faults)
    {
        if (fault.name == name && fault.nth == own)
        {
            return fault.code;
        }
    }

    if (all == fail_at)
    {
        return library_code == 0 ? fail_driver_code : library_code;
    }

    return 0;
}

void object_created(const std::string& kind, const void* handle)
{
    objects.insert({kind, handle});
}

void object_destroyed(const std::string& kind, const void* handle)
{
    if (objects.erase({kind, handle}) == 0)
    {
        violation("destroyed twice or never created: " + kind);
    }
}

long setting(const std::string& name, long fallback)
{
    auto found = settings.find(name);
    return found == settings.end() ? fallback : found->second;
}

float half_to_float(std::uint16_t bits)
{
    _Float16 value;
    std::memcpy(&value, &bits, 2);
    return (float)value;
}

std::uint16_t float_to_half(float value)
{
    _Float16 half = (_Float16)value;
    std::uint16_t bits;
    std::memcpy(&bits, &half, 2);
    return bits;
}

float bfloat_to_float(std::uint16_t bits)
{
    std::uint32_t whole = (std::uint32_t)bits << 16;
    float value;
    std::memcpy(&value, &whole, 4);
    return value;
}

std::uint16_t float_to_bfloat(float value)
{
    std::uint32_t whole;
    std::memcpy(&whole, &value, 4);
    return value != value ? 0x7fc0 : (std::uint16_t)((whole + 0x7fff + ((whole >> 16) & 1)) >> 16);
}

float round_to_tf32(float value)
{
    std::uint32_t whole;
    std::memcpy(&whole, &value, 4);
    if ((whole & 0x7f800000) != 0x7f800000)
    {
        whole = (whole + 0xfff + ((whole >> 13) & 1)) & ~std::uint32_t(0x1fff);
        std::memcpy(&value, &whole, 4);
    }

    return value;
}

std::string live_objects();
}

namespace
{
int copy_text(const std::string& text, char* buffer, int length)
{
    if (buffer != nullptr && length > 0)
    {
        std::size_t count = std::min(text.size(), (std::size_t)length - 1);
        std::memcpy(buffer, text.data(), count);
        buffer[count] = 0;
    }

    return (int)text.size();
}
}

// What tests call. All of them may be called at any time.

// Forgets faults, settings, violations and counts; live objects stay.
EXPORT void fakecuda_reset()
{
    LOCK;
    fake::faults.clear();
    fake::settings.clear();
    fake::violations.clear();
    fake::calls.clear();
    fake::all_calls = 0;
    fake::fail_at = 0;
}

// Lets the nth call (from 1) of one function fail with a code of its library.
EXPORT void fakecuda_fail(const char* name, long nth, int code)
{
    LOCK;
    fake::faults.push_back({name, nth, code});
}

// Lets the nth call (from now on, from 1) of any function fail: the driver's with the code given, cuDNN's and cuBLAS's with "internal error". 0: none.
EXPORT void fakecuda_fail_nth(long nth, int driver_code)
{
    LOCK;
    fake::all_calls = 0;
    fake::fail_at = nth;
    fake::fail_driver_code = driver_code;
}

EXPORT long fakecuda_calls(const char* name)
{
    LOCK;
    return name == nullptr ? fake::all_calls : fake::calls[name];
}

EXPORT void fakecuda_set(const char* name, long value)
{
    LOCK;
    fake::settings[name] = value;
}

EXPORT int fakecuda_violations(char* buffer, int length)
{
    LOCK;
    std::string text;
    for (const std::string& line : fake::violations)
    {
        text += line + "\n";
    }

    return copy_text(text, buffer, length);
}

EXPORT int fakecuda_live(char* buffer, int length)
{
    LOCK;
    std::map<std::string, int> counts;
    for (const auto& object : fake::objects)
    {
        counts[object.first]++;
    }

    std::string text = fake::live_objects();
    for (const auto& kind : counts)
    {
        text += std::to_string(kind.second) + " " + kind.first + "\n";
    }

    return copy_text(text, buffer, length);
}
