// RFC 5435 and 5436: notify, by mailto: only.
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/outbound_address.h"
#include "imap/sieve/targets.h"
#include "lib/base/strings.h"

namespace rookery::sieve::ext {
namespace {

constexpr std::string_view kScheme = "mailto:";

// "%41" as "A"; none: not so encoded.
std::optional<std::string> decode_url(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        auto byte = unhex(text.substr(i + 1, 2));
        if (i + 2 >= text.size() || !byte) return std::nullopt;
        out.append(*byte);
        i += 2;
    }
    return out;
}

bool is_uri_char(char c)
{
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u < 0x7f &&
           std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

// mailto:addr *("," addr) ["?" name=value *("&" name=value)]; "to" may be a field instead.
Status check_method(const std::string& uri)
{
    const Error bad{Code::syntax, cat("\"", uri, "\" is not a method of notification: expected ",
                                      "\"mailto:\" and an address")};
    if (!starts_with_nocase(uri, kScheme) || !std::all_of(uri.begin(), uri.end(), is_uri_char))
        return bad;
    std::string_view rest = std::string_view(uri).substr(kScheme.size());
    const size_t question = rest.find('?');
    size_t addresses = 0;
    for (const auto text : split(rest.substr(0, question), ',', false)) {
        const auto address = decode_url(text);
        if (!address || !outbound_address(*address).ok()) return bad;
        ++addresses;
    }
    if (question != std::string_view::npos) {
        for (const auto field : split(rest.substr(question + 1), '&')) {
            const size_t equals = field.find('=');
            if (equals == std::string_view::npos || equals == 0) return bad;
            const auto value = decode_url(field.substr(equals + 1));
            if (!value || !decode_url(field.substr(0, equals))) return bad;
            if (equal_nocase(field.substr(0, equals), "to")) ++addresses;
        }
    }
    return addresses > 0 ? success() : Status(bad);
}

Status check_notify(const Node& node, const Program& program)
{
    const std::string& method = node.arguments[0].strings[0];
    if (is_constant(method, program)) TRY(check_method(method));
    const Value* importance = node.tag("importance");
    if (importance != nullptr && is_constant(importance->strings[0], program) &&
        !to_number<unsigned>(importance->strings[0], 3).ok())
        return Error{Code::syntax, "':importance' expects \"1\", \"2\" or \"3\""};
    const Value* from = node.tag("from");
    if (from == nullptr || !is_constant(from->strings[0], program)) return success();
    TRY(outbound_address(from->strings[0]));
    return success();
}

Result<Flow> run_notify(Interpreter& in, const Node& node)
{
    Notify action;
    action.method = in.text(node.arguments[0]);
    TRY(check_method(action.method));
    if (const Value* from = node.tag("from")) {
        action.from = in.text(*from);
        TRY(outbound_address(action.from));
    }
    if (const Value* importance = node.tag("importance")) {
        TRY_ASSIGN(action.importance, to_number<unsigned>(in.text(*importance), 3));
        if (action.importance == 0)
            return Error{Code::syntax, "':importance' expects \"1\", \"2\" or \"3\""};
    }
    if (const Value* options = node.tag("options")) action.options = in.texts(*options);
    if (const Value* message = node.tag("message")) action.message = in.text(*message);
    TRY_ASSIGN(action.fcc, fcc_of(in, node));
    TRY(in.act(std::move(action)));
    return Flow::next;
}

Result<bool> test_valid(Interpreter& in, const Node& node)
{
    const auto uris = in.texts(node.arguments[0]);
    return std::all_of(uris.begin(), uris.end(),
                       [](const std::string& uri) { return check_method(uri).ok(); });
}

Result<bool> test_capability(Interpreter& in, const Node& node)
{
    const std::string uri = in.text(node.arguments[0]);
    if (!check_method(uri)) return false;
    const auto value =
        in.environment().notify_capability(uri, to_lower(in.text(node.arguments[1])));
    if (!value) return false;
    return in.compare(node, {*value}, in.texts(node.arguments[2]));
}

constexpr Kind kString[] = {Kind::string};
constexpr Kind kStrings[] = {Kind::strings};
constexpr Kind kCapability[] = {Kind::string, Kind::string, Kind::strings};
constexpr Tag kTags[] = {
    {"from", Kind::string},
    {"importance", Kind::string},
    {"message", Kind::string},
    {"options", Kind::strings},
};
constexpr Command kCommands[] = {
    {.name = "notify",
     .arguments = kString,
     .tags = kTags,
     .check = check_notify,
     .run = run_notify},
};
constexpr Command kTests[] = {
    {.name = "notify_method_capability",
     .arguments = kCapability,
     .takes = takes_match,
     .test = test_capability},
    {.name = "valid_notify_method", .arguments = kStrings, .test = test_valid},
};
constexpr std::string_view kSet[] = {"set", "extracttext"};
constexpr AddedTag kModifiers[] = {{kSet, {"encodeurl", Kind::none, "precedence 15"}}};

}  // namespace

const Extension enotify{.commands = kCommands, .tests = kTests, .tags = kModifiers};

}  // namespace rookery::sieve::ext
