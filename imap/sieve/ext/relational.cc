// RFC 5231: :count and :value.
#include "imap/sieve/ext/rows.h"

namespace rookery::sieve::ext {
namespace {

constexpr MatchType kTypes[] = {{"count", MatchKind::count, true},
                                {"value", MatchKind::value, true}};

}  // namespace

const Extension relational{.match_types = kTypes};

}  // namespace rookery::sieve::ext
