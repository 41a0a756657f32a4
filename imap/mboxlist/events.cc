// A datagram: the kind's letter, the sender's process id, a space, what.
#include "imap/mboxlist/events.h"

#include <unistd.h>

#include <cstdint>

#include "lib/base/strings.h"
#include "lib/net/wakeups.h"

namespace rookery::mboxlist {
namespace {

using model::MailboxName;

// One folder for each, whose path has to be short.
std::string folder_of(std::string_view kind, std::string_view name)
{
    uint64_t hash = stable_hash(cat(kind, name));
    std::string bytes;
    for (int i = 0; i < 8; ++i, hash >>= 8) bytes.push_back(static_cast<char>(hash & 0xFF));
    return hex(bytes);
}

std::string datagram(Event::Kind kind, std::string_view what)
{
    return cat(static_cast<char>(kind), ::getpid(), ' ', what);
}

}  // namespace

std::string topic_of(const MailboxName& mailbox)
{
    return folder_of("", mailbox.internal());
}

std::string topic_of_tree(const MailboxName& name)
{
    const std::string user = name.user();
    if (!user.empty()) return folder_of("user ", user);
    const std::string_view local = name.local();
    return folder_of("tree ", cat(name.domain(), '!', local.substr(0, local.find('.'))));
}

std::string topic_of_subscriptions(std::string_view userid)
{
    return folder_of("subscriptions ", userid);
}

void tell_messages(const std::string& directory, const MailboxName& mailbox)
{
    const std::string topic = topic_of(mailbox);
    net::wake(directory, topic, datagram(Event::Kind::messages, topic));
}

void tell_annotations(const std::string& directory, const MailboxName& mailbox)
{
    const std::string topic = topic_of(mailbox);
    net::wake(directory, topic, datagram(Event::Kind::annotations, topic));
}

void tell_names(const std::string& directory, std::span<const Change> changes)
{
    if (directory.empty() || !net::has_waiters(directory, kNamesTopic)) return;
    for (const Change& change : changes)
        net::wake(directory, topic_of_tree(change.of()),
                  datagram(Event::Kind::name, change.of().internal()));
}

void tell_list(const std::string& directory)
{
    net::wake(directory, kNamesTopic, datagram(Event::Kind::list, ""));
}

void tell_subscription(const std::string& directory, std::string_view userid,
                       const MailboxName& name)
{
    net::wake(directory, topic_of_subscriptions(userid),
              datagram(Event::Kind::subscription, name.internal()));
}

void tell_server(const std::string& directory)
{
    net::wake(directory, kServerTopic, datagram(Event::Kind::server, ""));
}

std::optional<Event> event_of(std::string_view datagram)
{
    constexpr std::string_view kKinds = "manlsv";
    const size_t space = datagram.find(' ');
    if (space == datagram.npos || kKinds.find(datagram.front()) == kKinds.npos)
        return std::nullopt;
    const auto sender = to_number<uint32_t>(datagram.substr(1, space - 1));
    if (!sender) return std::nullopt;
    return Event{static_cast<Event::Kind>(datagram.front()),
                 *sender == static_cast<uint32_t>(::getpid()),
                 std::string(datagram.substr(space + 1))};
}

}  // namespace rookery::mboxlist
