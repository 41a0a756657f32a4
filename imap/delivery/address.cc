#include "imap/delivery/address.h"

namespace rookery::delivery {

LocalPart split_local_part(std::string_view local)
{
    size_t plus = local.find('+');
    if (plus == std::string_view::npos) return {std::string(local), std::nullopt};
    return {std::string(local.substr(0, plus)), std::string(local.substr(plus + 1))};
}

}  // namespace rookery::delivery
