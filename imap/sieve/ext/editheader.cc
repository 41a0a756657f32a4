// RFC 5293: addheader and deleteheader. Later tests see the header as it was made.
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "lib/base/strings.h"

namespace rookery::sieve::ext {
namespace {

bool is_field_name(std::string_view s)
{
    constexpr size_t kMaxName = 76;
    return !s.empty() && s.size() <= kMaxName && std::all_of(s.begin(), s.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
               c != ':';
    });
}

Status check_name(std::string_view name)
{
    if (is_field_name(name)) return success();
    return Error{Code::syntax, cat("\"", name, "\" cannot be the name of a header field")};
}

// 6: a change that is not permitted is ignored.
bool is_protected(std::string_view name)
{
    return equal_nocase(name, "Received") || equal_nocase(name, "Auto-Submitted");
}

Status check_edit(const Node& node, const Program& program)
{
    const std::string& name = node.arguments[0].strings[0];
    return is_constant(name, program) ? check_name(name) : success();
}

// One line: what would begin another field is folded.
std::string unstructured(std::string_view value)
{
    std::string out;
    for (char c : trim(value)) {
        if (c == '\r' || c == '\0') continue;
        out.push_back(c == '\n' ? ' ' : c);
    }
    return out;
}

Result<Flow> run_addheader(Interpreter& in, const Node& node)
{
    HeaderEdit edit;
    edit.name = in.text(node.arguments[0]);
    TRY(check_name(edit.name));
    edit.value = unstructured(in.text(node.arguments[1]));
    edit.last = node.has("last");
    TRY(in.edit(std::move(edit)));
    return Flow::next;
}

Result<Flow> run_deleteheader(Interpreter& in, const Node& node)
{
    const std::string name = in.text(node.arguments[0]);
    TRY(check_name(name));
    if (is_protected(name)) return Flow::next;
    const auto values = in.whole().values(name);
    const Value* index = node.tag("index");
    std::vector<size_t> doomed;
    for (size_t i = 0; i < values.size(); ++i) {
        const size_t number = node.has("last") ? values.size() - i : i + 1;
        if (index != nullptr && index->number != number) continue;
        if (node.arguments.size() == 2) {
            TRY_ASSIGN(bool matches, in.compare(node, {values[i]}, in.texts(node.arguments[1])));
            if (!matches) continue;
        }
        doomed.push_back(i + 1);
    }
    // From the end, so that the numbers before stay what they are.
    for (auto at = doomed.rbegin(); at != doomed.rend(); ++at)
        TRY(in.edit({.is_deletion = true, .name = name, .value = "", .index = *at}));
    return Flow::next;
}

constexpr Kind kAdd[] = {Kind::string, Kind::string};
constexpr Kind kDelete[] = {Kind::string, Kind::strings};
constexpr Tag kAddTags[] = {{"last"}};
constexpr Tag kDeleteTags[] = {{"index", Kind::number}, {.name = "last", .needs = "index"}};
constexpr Command kCommands[] = {
    {.name = "addheader",
     .arguments = kAdd,
     .tags = kAddTags,
     .check = check_edit,
     .run = run_addheader},
    {.name = "deleteheader",
     .arguments = kDelete,
     .tags = kDeleteTags,
     .takes = takes_match | last_is_optional,
     .check = check_edit,
     .run = run_deleteheader},
};

}  // namespace

const Extension editheader{.commands = kCommands};

}  // namespace rookery::sieve::ext
