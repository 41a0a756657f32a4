// NOTIFY (RFC 5465): which events the client is told of, whenever they happen.
#include "imap/imapd/command_table.h"
#include "imap/imapd/notify/notify_parse.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/selected/updates.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

constexpr std::string_view kTooMuch = "[NOTIFICATIONOVERFLOW] That is too much to be told of";

// RFC 5465 6.1: without SELECTED nothing is told of the selected mailbox.
SelectedEvents events_of(const NotifyRequest& request)
{
    const NotifyGroup* group = request.selected();
    SelectedEvents events{.messages = false, .flags = false};
    if (group == nullptr) return events;
    events.messages = (group->events & notify_events::kMessageNew) != 0;
    events.flags = (group->events & notify_events::kFlagChange) != 0;
    events.at_once = events.messages;
    events.expunge_at_once = events.messages && group->kind == NotifyGroup::Kind::selected;
    if (request.fetch) events.fetch = std::make_shared<const FetchRequest>(*request.fetch);
    events.fetch_text = request.fetch_text;
    return events;
}

}  // namespace

Result<Completion> notify(ImapSession& s, Command& command)
{
    auto request = parse_notify(s.reader);
    if (request.is(Code::unsupported))
        return Completion::no(cat("[BADEVENT (", notify_event_names(), ")] No such event here"));
    if (request.is(Code::limit)) return Completion::no(std::string(kTooMuch));
    if (!request) return std::move(request).error();
    if (auto first = release_held(s, command)) return *first;
    SelectedEvents events = events_of(*request);
    const bool sets = !request->none;
    auto watch = std::make_shared<Watch>(s, *std::move(request));
    // Servers speak of the new one from their answer on.
    const auto before = std::exchange(s.user.watch, watch);
    s.user.on_unasked = [&s](backend::Backend& from, backend::ReplyReader& replies,
                             const backend::Reply& reply) {
        return s.user.watch->on_line(from, replies, reply);
    };
    s.user.before_select = [&s](backend::Backend& there) { s.user.watch->before_select(there); };
    if (Status begun = watch->begin(before.get()); !begun) {
        s.user.watch = before;
        if (before) before->ask_again();
        if (!before) s.user.on_unasked = nullptr;
        if (!before) s.user.before_select = nullptr;
        if (begun.is(Code::limit)) return Completion::no(std::string(kTooMuch));
        return begun.error();
    }
    // It became too much while servers were asked, and the client was told so.
    if (sets && !watch->goes_on()) return Completion::no(std::string(kTooMuch));
    s.user.events = std::move(events);
    if (sets) TRY(send_updates(s, true, Telling::all));
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
