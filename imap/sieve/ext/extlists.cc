// RFC 6134: external lists.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"

namespace rookery::sieve::ext {
namespace {

Result<bool> test_valid(Interpreter& in, const Node& node)
{
    for (const auto& name : in.texts(node.arguments[0])) {
        TRY(in.charge());
        auto found = in.environment().list_contains(name, "");
        if (found.is(Code::not_found)) return false;
        if (!found) return std::move(found).error();
    }
    return true;
}

constexpr Kind kStrings[] = {Kind::strings};
constexpr Command kTests[] = {
    {.name = "valid_ext_list", .arguments = kStrings, .test = test_valid},
};
constexpr MatchType kTypes[] = {{"list", MatchKind::list}};
constexpr std::string_view kRedirect[] = {"redirect"};
constexpr AddedTag kTags[] = {{kRedirect, {"list"}}};

}  // namespace

const Extension extlists{.tests = kTests, .tags = kTags, .match_types = kTypes};

}  // namespace rookery::sieve::ext
