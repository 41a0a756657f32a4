// RFC 3894: :copy, with which an action leaves the implicit keep alone.
#include "imap/sieve/ext/rows.h"

namespace rookery::sieve::ext {
namespace {

constexpr std::string_view kCommands[] = {"fileinto", "redirect"};
constexpr AddedTag kTags[] = {{kCommands, {"copy"}}};

}  // namespace

const Extension copy{.tags = kTags};

}  // namespace rookery::sieve::ext
