#include "imap/backend/announced.h"

#include "lib/base/strings.h"

namespace rookery::backend {
namespace {

bool means(std::string_view capability, std::string_view name)
{
    return name.ends_with('=') ? starts_with_nocase(capability, name)
                               : equal_nocase(capability, name);
}

}  // namespace

Announced announced(const std::vector<std::string>& capabilities)
{
    Announced bits = Announced{kFromBackends.size()} << kAnnouncedBits;
    for (size_t i = 0; i < kFromBackends.size(); i++)
        for (const std::string& capability : capabilities)
            if (means(capability, kFromBackends[i])) bits |= Announced{1} << i;
    return bits;
}

Announced missing_in(Announced announced)
{
    const Announced asked = (Announced{1} << (announced >> kAnnouncedBits)) - 1;
    return asked & ~announced;
}

bool is_missing(Announced missing, std::string_view name)
{
    for (size_t i = 0; i < kFromBackends.size(); i++)
        if (kFromBackends[i] == name) return (missing >> i & 1) != 0;
    return false;
}

}  // namespace rookery::backend
