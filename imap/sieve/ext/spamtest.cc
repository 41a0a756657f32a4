// RFC 5235: spamtest and virustest.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "lib/base/strings.h"

namespace rookery::sieve::ext {
namespace {

// "0" is not tested; then 1 to max by the score, or with :percent the score itself.
Result<bool> compare_score(Interpreter& in, const Node& node, std::string_view test, unsigned max)
{
    const auto percent = in.environment().test_score(test);
    // What was not tested counts 0 (2.1).
    if (!percent && node.match.kind == MatchKind::count)
        return in.compare(node, {}, in.texts(node.arguments[0]));
    std::string value = "0";
    if (percent) value = node.has("percent") ? cat(*percent) : cat(1 + *percent * (max - 1) / 100);
    return in.compare(node, {value}, in.texts(node.arguments[0]));
}

Result<bool> test_spam(Interpreter& in, const Node& node)
{
    return compare_score(in, node, "spamtest", 10);
}

Result<bool> test_virus(Interpreter& in, const Node& node)
{
    return compare_score(in, node, "virustest", 5);
}

constexpr Kind kString[] = {Kind::string};
constexpr Command kSpam[] = {
    {.name = "spamtest", .arguments = kString, .takes = takes_match, .test = test_spam},
};
constexpr Command kVirus[] = {
    {.name = "virustest", .arguments = kString, .takes = takes_match, .test = test_virus},
};
constexpr std::string_view kSpamTest[] = {"spamtest"};
constexpr AddedTag kPercent[] = {{kSpamTest, {"percent"}}};

}  // namespace

const Extension spamtest{.tests = kSpam};
const Extension spamtestplus{.tests = kSpam, .tags = kPercent};
const Extension virustest{.tests = kVirus};

}  // namespace rookery::sieve::ext
