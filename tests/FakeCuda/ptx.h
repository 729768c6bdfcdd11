// Reads what a driver would check of PTX without compiling it: version, target, and the kernels with their parameters,
// which must be those of the same kernels compiled for the host.
#pragma once

#include "kernel_host.h"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace ptx
{
// The number behind a word, or -1; "6.4" gives 64.
inline int number_after(const std::string& text, const std::string& word)
{
    std::size_t place = text.find(word);
    if (place == std::string::npos)
    {
        return -1;
    }

    std::string digits;
    for (place += word.size(); place < text.size() && (std::isdigit((unsigned char)text[place]) || text[place] == '.'); place++)
    {
        if (text[place] != '.')
        {
            digits += text[place];
        }
    }

    return digits.empty() ? -1 : std::atoi(digits.c_str());
}

// Sizes of the parameters in "(.param .u64 a, .param .align 4 .b8 b[16])".
inline std::vector<std::size_t> parameter_sizes(const std::string& list)
{
    std::vector<std::size_t> sizes;
    const std::string word = ".param";
    for (std::size_t at = list.find(word); at != std::string::npos; at = list.find(word, at + 1))
    {
        std::size_t end = list.find_first_of(",", at);
        std::string one = list.substr(at + word.size(), end == std::string::npos ? end : end - at - word.size());
        std::size_t size = 0;
        for (std::size_t dot = one.find('.'); dot != std::string::npos; dot = one.find('.', dot + 1))
        {
            char kind = dot + 1 < one.size() ? one[dot + 1] : ' ';
            if ((kind == 'u' || kind == 's' || kind == 'f' || kind == 'b') && dot + 2 < one.size() && std::isdigit((unsigned char)one[dot + 2]))
            {
                size = (std::size_t)std::atoi(one.c_str() + dot + 2) / 8;
            }
        }

        std::size_t bracket = one.find('[');
        sizes.push_back(bracket == std::string::npos ? size : size * (std::size_t)std::atoi(one.c_str() + bracket + 1));
    }

    return sizes;
}

// Returns 0, 218 (no PTX) or 222 (too new); `log` then says why.
inline int read(const std::string& text, std::map<std::string, const kernel_host::Kernel*>& kernels, std::string& log)
{
    int version = number_after(text, ".version ");
    int target = number_after(text, ".target sm_");
    if (version < 0 || target < 0 || target > 90)
    {
        log = "ptxas fatal: no .version, no .target, or a newer one than this device";
        return 218;
    }

    if (version > 90)
    {
        log = "ptxas fatal: unsupported .version";
        return 222;
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

        std::vector<std::size_t> sizes = parameter_sizes(text.substr(open, close - open));
        bool fits = sizes.size() == kernel->parameters.size();
        for (std::size_t i = 0; fits && i < sizes.size(); i++)
        {
            fits = sizes[i] == kernel->parameters[i].size;
        }

        if (!fits)
        {
            log = name + ": the PTX has other parameters than the source";
            return 218;
        }

        kernels[name] = kernel;
    }

    return 0;
}
}
