#include "lib/text/program_address.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

constexpr std::string_view kPrograms[] = {"mailer-daemon", "listserv",    "majordomo",
                                          "mailman",       "noreply",     "no-reply",
                                          "donotreply",    "do-not-reply"};

}  // namespace

bool is_program_address(std::string_view address)
{
    const std::string local = to_lower(address.substr(0, address.rfind('@')));
    return std::find(std::begin(kPrograms), std::end(kPrograms), local) != std::end(kPrograms) ||
           local.starts_with("owner-") || local.ends_with("-request") || local.ends_with("-owner");
}

}  // namespace rookery::text
