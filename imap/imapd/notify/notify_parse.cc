#include "imap/imapd/notify/notify_parse.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using namespace notify_events;
using Kind = NotifyGroup::Kind;

struct EventName {
    std::string_view name;
    unsigned event;
};
constexpr std::array kEvents = {
    EventName{"MessageNew", kMessageNew},
    EventName{"MessageExpunge", kMessageExpunge},
    EventName{"FlagChange", kFlagChange},
    EventName{"MailboxName", kMailboxName},
    EventName{"SubscriptionChange", kSubscriptionChange},
    EventName{"MailboxMetadataChange", kMailboxMetadataChange},
    EventName{"ServerMetadataChange", kServerMetadataChange},
};

struct FilterName {
    std::string_view name;
    Kind kind;
    bool has_names;
};
// What deliveries go to is not known beforehand: "inboxes" is "personal" then (RFC 5465 6.3).
constexpr std::array kFilters = {
    FilterName{"SELECTED", Kind::selected, false},
    FilterName{"SELECTED-DELAYED", Kind::selected_delayed, false},
    FilterName{"INBOXES", Kind::personal, false},
    FilterName{"PERSONAL", Kind::personal, false},
    FilterName{"SUBSCRIBED", Kind::subscribed, false},
    FilterName{"SUBTREE", Kind::subtree, true},
    FilterName{"MAILBOXES", Kind::mailboxes, true},
};

// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
Status mailboxes(CommandReader& reader, std::vector<std::string>& names, size_t& count)
{
    TRY_ASSIGN(const bool list, reader.accept('('));
    for (;;) {
        TRY_ASSIGN(std::string name, reader.mailbox());
        if (++count > kMaxNotifyNames) return Error{Code::limit, "Too many mailboxes"};
        names.push_back(std::move(name));
        if (!list) return success();
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return success();
        TRY(reader.space());
    }
}

// The attributes behind MessageNew; its SP was taken.
Status attributes(CommandReader& reader, const NotifyGroup& group, NotifyRequest& request)
{
    if (!group.is_of_selected())
        return Error{Code::syntax, "Attributes are told of the selected mailbox only"};
    request.fetch_text.clear();
    reader.record(&request.fetch_text);
    auto fetch = parse_pushed_fetch(reader);
    reader.record(nullptr);
    if (!fetch) return std::move(fetch).error();
    request.fetch = *std::move(fetch);
    return success();
}

// events = ( "(" event *(SP event) ")" ) / "NONE"
Status events(CommandReader& reader, NotifyGroup& group, NotifyRequest& request)
{
    TRY_ASSIGN(const bool list, reader.accept('('));
    if (!list) {
        TRY_ASSIGN(const std::string word, reader.attribute());
        return word == "NONE" ? success() : Status(Error{Code::syntax, "Expected events or NONE"});
    }
    for (;;) {
        TRY_ASSIGN(const std::string word, reader.attribute());
        const auto* row =
            std::find_if(kEvents.begin(), kEvents.end(),
                         [&](const EventName& one) { return equal_nocase(one.name, word); });
        if (row == kEvents.end()) return Error{Code::unsupported, "Unknown event"};
        group.events |= row->event;
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return success();
        TRY(reader.space());
        TRY_ASSIGN(const char next, reader.peek());
        if (next != '(') continue;
        if (row->event != kMessageNew) return Error{Code::syntax, "Expected an event"};
        TRY(attributes(reader, group, request));
        TRY_ASSIGN(const bool over, reader.accept(')'));
        if (over) return success();
        TRY(reader.space());
    }
}

Status check(const NotifyGroup& group)
{
    if (group.is_of_selected() && (group.events & ~kMessages) != 0)
        return Error{Code::syntax, "The selected mailbox has events of messages only"};
    const bool comes = (group.events & kMessageNew) != 0;
    const bool goes = (group.events & kMessageExpunge) != 0;
    if (comes != goes) return Error{Code::syntax, "MessageNew and MessageExpunge go together"};
    if ((group.events & kFlagChange) != 0 && !comes)
        return Error{Code::syntax, "FlagChange goes with MessageNew and MessageExpunge"};
    return success();
}

// event-group = "(" filter-mailboxes SP events ")"
Status group(CommandReader& reader, NotifyRequest& request, size_t& names)
{
    TRY(reader.expect('('));
    TRY_ASSIGN(const std::string word, reader.attribute());
    const auto* row = std::find_if(kFilters.begin(), kFilters.end(),
                                   [&](const FilterName& one) { return one.name == word; });
    if (row == kFilters.end()) return Error{Code::syntax, "Unknown filter of mailboxes"};
    NotifyGroup made;
    made.kind = row->kind;
    if (made.is_of_selected() && request.selected() != nullptr)
        return Error{Code::syntax, "Only one of SELECTED and SELECTED-DELAYED"};
    if (row->has_names) {
        TRY(reader.space());
        TRY(mailboxes(reader, made.names, names));
    }
    TRY(reader.space());
    TRY(events(reader, made, request));
    TRY(reader.expect(')'));
    TRY(check(made));
    if (request.groups.size() == kMaxNotifyGroups) return Error{Code::limit, "Too many groups"};
    request.groups.push_back(std::move(made));
    return success();
}

}  // namespace

const NotifyGroup* NotifyRequest::selected() const
{
    for (const NotifyGroup& one : groups)
        if (one.is_of_selected()) return &one;
    return nullptr;
}

Result<NotifyRequest> parse_notify(CommandReader& reader)
{
    NotifyRequest request;
    TRY(reader.space());
    TRY_ASSIGN(const std::string word, reader.attribute());
    if (word == "NONE") {
        TRY(reader.end_of_line());
        request.none = true;
        return request;
    }
    if (word != "SET") return Error{Code::syntax, "Expected SET or NONE"};
    TRY(reader.space());
    TRY_ASSIGN(const char next, reader.peek());
    if (next != '(') {
        TRY_ASSIGN(const std::string indicator, reader.attribute());
        if (indicator != "STATUS") return Error{Code::syntax, "Expected STATUS or a group"};
        request.status = true;
        TRY(reader.space());
    }
    size_t names = 0;
    for (bool more = true; more;) {
        TRY(group(reader, request, names));
        TRY_ASSIGN(more, reader.accept(' '));
    }
    TRY(reader.end_of_line());
    return request;
}

std::string notify_event_list(unsigned events, const std::string& fetch_text)
{
    std::string list;
    for (const EventName& one : kEvents) {
        if ((events & one.event) == 0) continue;
        cat_to(list, list.empty() ? "(" : " ", one.name);
        if (one.event == kMessageNew && !fetch_text.empty()) cat_to(list, ' ', fetch_text);
    }
    return list.empty() ? "NONE" : list + ')';
}

std::string notify_event_names()
{
    std::string list;
    for (const EventName& one : kEvents) cat_to(list, list.empty() ? "" : " ", one.name);
    return list;
}

}  // namespace rookery::imapd
