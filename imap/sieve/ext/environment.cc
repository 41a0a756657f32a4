// RFC 5183: environment.
#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "lib/base/strings.h"

namespace rookery::sieve::ext {
namespace {

Result<bool> test_environment(Interpreter& in, const Node& node)
{
    std::vector<std::string> values;
    if (auto item = in.environment().item(to_lower(in.text(node.arguments[0]))))
        values.push_back(*std::move(item));
    // An item that is not known matches nothing, not even by its count (4).
    if (values.empty()) return false;
    return in.compare(node, values, in.texts(node.arguments[1]));
}

constexpr Kind kNameAndKeys[] = {Kind::string, Kind::strings};
constexpr Command kTests[] = {
    {.name = "environment",
     .arguments = kNameAndKeys,
     .takes = takes_match,
     .test = test_environment},
};

}  // namespace

const Extension environment{.tests = kTests};

}  // namespace rookery::sieve::ext
