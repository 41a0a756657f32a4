// RFC 5228: what every script may use, and envelope, fileinto and encoded-character.
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/outbound_address.h"
#include "imap/sieve/targets.h"
#include "lib/base/strings.h"

namespace rookery::sieve::ext {
namespace {

// 5.1: only headers that hold addresses.
constexpr std::string_view kAddressHeaders[] = {"apparently-from",
                                                "apparently-to",
                                                "bcc",
                                                "cc",
                                                "delivered-to",
                                                "disposition-notification-to",
                                                "envelope-to",
                                                "errors-to",
                                                "from",
                                                "mail-reply-to",
                                                "mailing-list",
                                                "return-path",
                                                "return-receipt-to",
                                                "reply-to",
                                                "resent-bcc",
                                                "resent-cc",
                                                "resent-from",
                                                "resent-reply-to",
                                                "resent-sender",
                                                "resent-to",
                                                "sender",
                                                "to",
                                                "x-original-to"};

Status check_address(const Node& node, const Program& program)
{
    for (const auto& name : node.arguments[0].strings) {
        const bool known = std::find(std::begin(kAddressHeaders), std::end(kAddressHeaders),
                                     to_lower(name)) != std::end(kAddressHeaders);
        if (!known && is_constant(name, program))
            return Error{Code::syntax, cat("'address' cannot be used with the header \"", name,
                                           "\", which has no addresses")};
    }
    return success();
}

Result<bool> test_address(Interpreter& in, const Node& node)
{
    std::vector<std::string> values;
    TRY_ASSIGN(const auto fields, header_values(in, node, in.texts(node.arguments[0]), true));
    for (const auto& value : fields)
        for (auto& part : address_parts(value, address_part_of(node)))
            values.push_back(std::move(part));
    return in.compare(node, values, in.texts(node.arguments[1]));
}

Result<bool> test_header(Interpreter& in, const Node& node)
{
    TRY_ASSIGN(const auto values, header_values(in, node, in.texts(node.arguments[0]), false));
    return in.compare(node, values, in.texts(node.arguments[1]));
}

Result<bool> test_exists(Interpreter& in, const Node& node)
{
    for (const auto& name : in.texts(node.arguments[0])) {
        TRY(in.charge());
        TRY_ASSIGN(bool there, has_header(in, node, name));
        if (!there) return false;
    }
    return true;
}

Status check_envelope(const Node& node, const Program& program)
{
    for (const auto& part : node.arguments[0].strings) {
        const std::string name = to_lower(part);
        if (is_constant(part, program) && name != "from" && name != "to" && name != "auth")
            return Error{Code::syntax, cat("\"", part, "\" is not a part of the envelope")};
    }
    return success();
}

Result<bool> test_envelope(Interpreter& in, const Node& node)
{
    std::vector<std::string> values;
    for (const auto& name : in.texts(node.arguments[0])) {
        TRY(in.charge());
        const auto address = in.environment().envelope(to_lower(name));
        if (!address) continue;
        // The null path matches "" whatever its part (5.4).
        auto part = address->empty() ? address : address_part(*address, address_part_of(node));
        if (part) values.push_back(*std::move(part));
    }
    return in.compare(node, values, in.texts(node.arguments[1]));
}

Result<bool> test_size(Interpreter& in, const Node& node)
{
    const size_t size = in.message().size();
    const Value* over = node.tag("over");
    return over != nullptr ? size > over->number : size < node.tag("under")->number;
}

Result<bool> test_all(Interpreter& in, const Node& node)
{
    for (const auto& t : node.tests) {
        TRY_ASSIGN(bool holds, in.test(t));
        if (!holds) return false;
    }
    return true;
}

Result<bool> test_any(Interpreter& in, const Node& node)
{
    for (const auto& t : node.tests) {
        TRY_ASSIGN(bool holds, in.test(t));
        if (holds) return true;
    }
    return false;
}

Result<bool> test_not(Interpreter& in, const Node& node)
{
    TRY_ASSIGN(bool holds, in.test(node.tests[0]));
    return !holds;
}

Result<bool> test_true(Interpreter&, const Node&)
{
    return true;
}

Result<bool> test_false(Interpreter&, const Node&)
{
    return false;
}

Result<Flow> run_stop(Interpreter&, const Node&)
{
    return Flow::stop;
}

Result<Flow> run_keep(Interpreter& in, const Node& node)
{
    in.cancel_keep();
    TRY(in.act(Keep{flags_of(in, node)}));
    return Flow::next;
}

Result<Flow> run_discard(Interpreter& in, const Node&)
{
    in.cancel_keep();
    TRY(in.act(Discard{}));
    return Flow::next;
}

Result<Flow> run_fileinto(Interpreter& in, const Node& node)
{
    TRY_ASSIGN(Target to, target_of(in, node, in.text(node.arguments[0])));
    if (!node.has("copy")) in.cancel_keep();
    TRY(in.act(FileInto{std::move(to)}));
    return Flow::next;
}

Status check_redirect(const Node& node, const Program& program)
{
    const std::string& address = node.arguments[0].strings[0];
    if (node.has("list") || !is_constant(address, program)) return success();
    TRY(outbound_address(address));
    return success();
}

Result<Flow> run_redirect(Interpreter& in, const Node& node)
{
    Redirect action;
    if (node.has("list")) {
        action.list = in.text(node.arguments[0]);
        TRY(in.environment().list_contains(action.list, ""));  // it must be there (RFC 6134 2.4)
    } else {
        TRY_ASSIGN(action.address, outbound_address(in.text(node.arguments[0])));
    }
    if (!node.has("copy")) in.cancel_keep();
    TRY(in.act(std::move(action)));
    return Flow::next;
}

constexpr Kind kString[] = {Kind::string};
constexpr Kind kStrings[] = {Kind::strings};
constexpr Kind kTwoLists[] = {Kind::strings, Kind::strings};
constexpr Tag kSizeTags[] = {{"over", Kind::number, "size", true}, {"under", Kind::number, "size"}};

constexpr Command kCommands[] = {
    {.name = "discard", .run = run_discard},
    {.name = "else", .takes = takes_block, .role = Role::else_},
    {.name = "elsif", .takes = takes_test | takes_block, .role = Role::elsif},
    {.name = "if", .takes = takes_test | takes_block, .role = Role::if_},
    {.name = "keep", .run = run_keep},
    {.name = "redirect", .arguments = kString, .check = check_redirect, .run = run_redirect},
    {.name = "require", .arguments = kStrings, .role = Role::require},
    {.name = "stop", .run = run_stop},
};

constexpr Command kTests[] = {
    {.name = "address",
     .arguments = kTwoLists,
     .takes = takes_match | takes_address_part | takes_list,
     .check = check_address,
     .test = test_address},
    {.name = "allof", .takes = takes_tests, .test = test_all},
    {.name = "anyof", .takes = takes_tests, .test = test_any},
    {.name = "exists", .arguments = kStrings, .test = test_exists},
    {.name = "false", .test = test_false},
    {.name = "header",
     .arguments = kTwoLists,
     .takes = takes_match | takes_list,
     .test = test_header},
    {.name = "not", .takes = takes_test, .test = test_not},
    {.name = "size", .tags = kSizeTags, .test = test_size},
    {.name = "true", .test = test_true},
};

constexpr MatchType kMatchTypes[] = {
    {"contains", MatchKind::contains}, {"is", MatchKind::is}, {"matches", MatchKind::matches}};
constexpr Comparator kComparators[] = {
    {"i;ascii-casemap", Comparator::Kind::ascii_casemap, true},
    {"i;octet", Comparator::Kind::octet, true},
};
constexpr Comparator kNumeric[] = {
    {"i;ascii-numeric", Comparator::Kind::ascii_numeric, false},
};
constexpr Comparator kUnicode[] = {
    {"i;unicode-casemap", Comparator::Kind::unicode_casemap, true},
};
constexpr Tag kParts[] = {{"all", Kind::none, "address part"},
                          {"domain", Kind::none, "address part"},
                          {"localpart", Kind::none, "address part"}};

constexpr Command kEnvelope[] = {
    {.name = "envelope",
     .arguments = kTwoLists,
     .takes = takes_match | takes_address_part | takes_list,
     .check = check_envelope,
     .test = test_envelope},
};
constexpr Command kFileInto[] = {
    {.name = "fileinto", .arguments = kString, .run = run_fileinto},
};

}  // namespace

const Extension base{.commands = kCommands,
                     .tests = kTests,
                     .match_types = kMatchTypes,
                     .comparators = kComparators,
                     .address_parts = kParts};
const Extension ascii_numeric{.comparators = kNumeric};
const Extension unicode_casemap{.comparators = kUnicode};
const Extension envelope{.tests = kEnvelope};
const Extension fileinto{.commands = kFileInto};

}  // namespace rookery::sieve::ext
