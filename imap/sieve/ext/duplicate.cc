// RFC 7352: duplicate. What was asked is marked only at the end, and by others.
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"

namespace rookery::sieve::ext {
namespace {

constexpr uint64_t kDay = 86400;
constexpr uint64_t kDefault = 7 * kDay;
constexpr uint64_t kMax = 90 * kDay;

Result<bool> test_duplicate(Interpreter& in, const Node& node)
{
    DuplicateMark mark;
    if (const Value* id = node.tag("uniqueid")) {
        mark.id = in.text(*id);
    } else {
        const Value* header = node.tag("header");
        const auto values =
            in.message().values(header != nullptr ? in.text(*header) : "Message-ID");
        if (values.empty()) return false;
        mark.id = values[0];
    }
    if (const Value* handle = node.tag("handle")) mark.handle = in.text(*handle);
    const Value* seconds = node.tag("seconds");
    mark.seconds = seconds != nullptr ? std::min(seconds->number, kMax) : kDefault;
    mark.last = node.has("last");
    if (mark.seconds == 0 || mark.id.empty()) return false;
    TRY_ASSIGN(bool seen, in.environment().was_seen(mark));
    if (seen && !mark.last) return true;
    TRY(in.mark(std::move(mark)));
    return seen;
}

constexpr Tag kTags[] = {
    {"handle", Kind::string},  {"header", Kind::string, "one of :header and :uniqueid"},   {"last"},
    {"seconds", Kind::number}, {"uniqueid", Kind::string, "one of :header and :uniqueid"},
};
constexpr Command kTests[] = {{.name = "duplicate", .tags = kTags, .test = test_duplicate}};

}  // namespace

const Extension duplicate{.tests = kTests};

}  // namespace rookery::sieve::ext
