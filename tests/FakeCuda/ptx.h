// Reads what a driver would check of PTX without compiling it: version, target, and the kernels with their parameters,
// which must be those of the same kernels compiled for the host.
#pragma once

#include "kernel_host.h"

#include <map>
#include <regex>
#include <string>

namespace ptx
{
inline std::size_t size_of(const std::string& type)
{
    return std::stoul(type.substr(1)) / 8;
}

// Returns 0, 218 (no PTX) or 222 (too new); `log` then says why.
inline int read(const std::string& text, std::map<std::string, const kernel_host::Kernel*>& kernels, std::string& log)
{
    std::smatch found;
    if (!std::regex_search(text, found, std::regex("\\.version ([0-9]+)\\.([0-9]+)")))
    {
        log = "ptxas fatal: no .version";
        return 218;
    }

    int version = std::stoi(found[1]) * 10 + std::stoi(found[2]);
    if (version > 90)
    {
        log = "ptxas fatal: unsupported .version";
        return 222;
    }

    if (!std::regex_search(text, found, std::regex("\\.target sm_([0-9]+)")) || std::stoi(found[1]) > 90)
    {
        log = "ptxas fatal: missing or newer .target";
        return 218;
    }

    std::size_t place = 0;
    const std::string entry = ".entry ";
    while ((place = text.find(entry, place)) != std::string::npos)
    {
        place += entry.size();
        std::size_t open = text.find('(', place);
        std::size_t close = text.find(')', place);
        std::string name = text.substr(place, open - place);
        const kernel_host::Kernel* kernel = kernel_host::find(name);
        if (kernel == nullptr)
        {
            log = "the PTX has a kernel '" + name + "' that no source file has";
            return 218;
        }

        std::string parameters = text.substr(open, close - open);
        std::regex one("\\.param (\\.align [0-9]+ )?\\.([usfb][0-9]+) [A-Za-z0-9_$]+(\\[([0-9]+)\\])?");
        std::size_t index = 0;
        for (std::sregex_iterator i(parameters.begin(), parameters.end(), one), end; i != end; ++i, ++index)
        {
            std::size_t size = size_of((*i)[2]) * ((*i)[4].matched ? std::stoul((*i)[4]) : 1);
            if (index >= kernel->parameters.size() || kernel->parameters[index].size != size)
            {
                log = name + ": parameter " + std::to_string(index + 1) + " differs from the source's";
                return 218;
            }
        }

        if (index != kernel->parameters.size())
        {
            log = name + ": " + std::to_string(index) + " parameters, the source has " + std::to_string(kernel->parameters.size());
            return 218;
        }

        kernels[name] = kernel;
    }

    return 0;
}
}
