// draft-ietf-sieve-regex: the match type :regex, and :quoteregex of `set`.
#include "imap/sieve/ext/rows.h"

namespace rookery::sieve::ext {
namespace {

constexpr MatchType kTypes[] = {{"regex", MatchKind::regex}};
constexpr std::string_view kSet[] = {"set", "extracttext"};
constexpr AddedTag kTags[] = {{kSet, {"quoteregex", Kind::none, "precedence 20"}}};

}  // namespace

const Extension regex{.tags = kTags, .match_types = kTypes};

}  // namespace rookery::sieve::ext
