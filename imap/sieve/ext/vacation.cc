// RFC 5230 and 6131: vacation. Whether to answer at all is decided here, by the message and the
// envelope (4.5, 4.6); whether this sender was answered before, by who does it.
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "imap/sieve/outbound_address.h"
#include "imap/sieve/targets.h"
#include "lib/base/strings.h"
#include "lib/text/program_address.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::sieve::ext {
namespace {

constexpr uint64_t kDay = 86400;
constexpr uint64_t kMaxSeconds = 90 * kDay;
constexpr uint64_t kDefaultDays = 7;

// 4.6: mailing lists and programs.
constexpr std::string_view kListHeaders[] = {"list-archive",    "list-help", "list-id",
                                             "list-owner",      "list-post", "list-subscribe",
                                             "list-unsubscribe"};
constexpr std::string_view kRecipientHeaders[] = {"to",        "cc",        "bcc",
                                                  "resent-to", "resent-cc", "resent-bcc"};

Status check_vacation(const Node& node, const Program& program)
{
    const Value* from = node.tag("from");
    if (from == nullptr || !is_constant(from->strings[0], program)) return success();
    TRY(outbound_address(from->strings[0]));
    return success();
}

bool is_automatic(Interpreter& in)
{
    MessageView& message = in.message();
    for (const auto name : kListHeaders)
        if (message.has(name)) return true;
    for (const auto& value : message.values("auto-submitted"))
        if (text::parse_token(value) != "NO") return true;
    for (const auto& value : message.values("precedence")) {
        const std::string word = text::parse_token(value);
        if (word == "BULK" || word == "LIST" || word == "JUNK") return true;
    }
    return false;
}

std::vector<std::string> own_addresses(Interpreter& in, const Node& node)
{
    std::vector<std::string> own = in.environment().own_addresses();
    if (const auto to = in.environment().envelope("to"); to && !to->empty()) {
        own.push_back(*to);
        const auto user = address_part(*to, "user");
        const auto domain = address_part(*to, "domain");
        if (user && domain && !domain->empty()) own.push_back(cat(*user, '@', *domain));
    }
    if (const Value* more = node.tag("addresses"))
        for (auto& address : in.texts(*more)) {
            auto plain = outbound_address(address);
            own.push_back(plain ? *plain : address);
        }
    return own;
}

// 4.5
bool is_personal(Interpreter& in, const std::vector<std::string>& own)
{
    for (const auto name : kRecipientHeaders)
        for (const auto& value : in.message().raw_values(name))
            for (const auto& address : address_parts(value, "all"))
                if (std::any_of(own.begin(), own.end(), [&](const std::string& mine) {
                        return equal_nocase(mine, address);
                    }))
                    return true;
    return false;
}

// A header of ours: one line.
std::string one_line(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return text;
}

std::string subject_of(Interpreter& in, const Node& node)
{
    if (const Value* subject = node.tag("subject")) return one_line(in.text(*subject));
    const auto subjects = in.message().values("subject");
    return subjects.empty() ? "Automated reply" : one_line(cat("Auto: ", subjects[0]));
}

uint64_t seconds_of(const Node& node)
{
    if (const Value* seconds = node.tag("seconds")) return std::min(seconds->number, kMaxSeconds);
    const Value* days = node.tag("days");
    const uint64_t n = days != nullptr ? days->number : kDefaultDays;
    return std::clamp<uint64_t>(n, 1, kMaxSeconds / kDay) * kDay;
}

// Answers that differ are told apart, unless the script says otherwise. Variables are not filled
// in, or there would be one for each message (4.2).
std::string handle_of(const Node& node)
{
    const auto written = [&](std::string_view tag) {
        const Value* value = node.tag(tag);
        return value != nullptr ? std::string_view(value->strings[0]) : std::string_view();
    };
    return cat(written("subject"), '\n', written("from"), '\n', node.has("mime") ? "mime\n" : "\n",
               node.arguments[0].strings[0]);
}

Result<Flow> run_vacation(Interpreter& in, const Node& node)
{
    TRY(in.once("vacation"));
    Vacation action;
    if (const Value* from = node.tag("from")) {
        action.from = in.text(*from);
        TRY(outbound_address(action.from));
    }
    TRY_ASSIGN(action.fcc, fcc_of(in, node));
    const auto sender = in.environment().envelope("from");
    const auto own = own_addresses(in, node);
    const bool is_mine = sender && std::any_of(own.begin(), own.end(), [&](const std::string& a) {
                             return equal_nocase(a, *sender);
                         });
    if (!sender || !outbound_address(*sender).ok() || is_mine ||
        text::is_program_address(*sender) || is_automatic(in) || !is_personal(in, own))
        return Flow::next;
    action.to = *sender;
    action.seconds = seconds_of(node);
    action.subject = subject_of(in, node);
    action.is_mime = node.has("mime");
    action.reason = in.text(node.arguments[0]);
    const Value* handle = node.tag("handle");
    action.handle = handle != nullptr ? in.text(*handle) : handle_of(node);
    TRY(in.act(std::move(action)));
    return Flow::next;
}

constexpr Kind kString[] = {Kind::string};
constexpr Tag kTags[] = {
    {"addresses", Kind::strings},
    {"days", Kind::number, "period"},
    {"from", Kind::string},
    {"handle", Kind::string},
    {"mime"},
    {"subject", Kind::string},
};
constexpr Command kCommands[] = {
    {.name = "vacation",
     .arguments = kString,
     .tags = kTags,
     .check = check_vacation,
     .run = run_vacation},
};
constexpr std::string_view kVacation[] = {"vacation"};
constexpr AddedTag kSeconds[] = {{kVacation, {"seconds", Kind::number, "period"}}};

}  // namespace

const Extension vacation{.commands = kCommands};
// It includes the other (RFC 6131 3).
const Extension vacation_seconds{.commands = kCommands, .tags = kSeconds};

}  // namespace rookery::sieve::ext
