// What processes of one server tell each other that something has changed: net/wakeups, with the
// topics and the words of a mail server. IDLE and NOTIFY wait for them.
//
// They say what to look at, not what is there: the mailbox, its annotations, a name of the list, a
// user's subscriptions, the server's own messages (RFC 5464). Nothing here fails; a lost one is
// found by the next look. directory: the option idlesocket. Any thread.
#ifndef ROOKERY_IMAP_MBOXLIST_EVENTS_H
#define ROOKERY_IMAP_MBOXLIST_EVENTS_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "imap/mboxlist/change.h"
#include "imap/model/mailbox_name.h"

namespace rookery::mboxlist {

struct Event {
    enum class Kind : char {
        messages = 'm',      // of a mailbox: its topic
        annotations = 'a',   // the same
        name = 'n',          // of the list: the internal name
        list = 'l',          // all of the list may be another
        subscription = 's',  // the internal name
        server = 'v',
    };
    Kind kind = Kind::messages;
    bool own = false;  // this process has sent it
    std::string what;
};

// --- topics
std::string topic_of(const model::MailboxName& mailbox);
// Of the names in its tree of the list: a user's, or what begins with the same component.
std::string topic_of_tree(const model::MailboxName& name);
std::string topic_of_subscriptions(std::string_view userid);
// Whoever waits for names, whichever: without them nobody need be told of any.
inline constexpr std::string_view kNamesTopic = "names";
inline constexpr std::string_view kServerTopic = "server";

// --- telling
void tell_messages(const std::string& directory, const model::MailboxName& mailbox);
void tell_annotations(const std::string& directory, const model::MailboxName& mailbox);
void tell_names(const std::string& directory, std::span<const Change> changes);
void tell_list(const std::string& directory);
void tell_subscription(const std::string& directory, std::string_view userid,
                       const model::MailboxName& name);
void tell_server(const std::string& directory);

// A datagram; none: it is no such.
std::optional<Event> event_of(std::string_view datagram);

}  // namespace rookery::mboxlist

#endif
