#include "imap/imapd/relay/remote_namespace.h"

#include "imap/model/location.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

bool is_server(ImapSession& s, const std::string& word)
{
    for (const std::string& server : s.config.serverlist())
        if (server == word) return true;
    bool found = false;
    auto scanned = s.directory.scan_server(word, [&](const model::MailboxEntry&) {
        found = true;
        return mboxlist::Next::stop();
    });
    return scanned.ok() && found;
}

}  // namespace

void caught_up(ImapSession& s)
{
    auto done = s.directory.catch_up();
    if (!done) log::info("the list does not have a change yet", {{"reason", done.error()}});
}

Result<ChosenPlace> chosen_place(ImapSession& s, const std::string& word)
{
    TRY_ASSIGN(model::WireLocation location, model::parse_location(word));
    if (!location.server.empty()) return ChosenPlace{location.server, location.partition};
    if (is_server(s, word)) return ChosenPlace{word, {}};
    return ChosenPlace{{}, word};
}

void add_partition(RelayChannel& channel, const std::string& partition)
{
    if (partition.empty()) return;
    if (model::is_partition_name(partition))
        channel.raw(cat(" ", partition));
    else
        channel.astring(partition);
}

Completion create_at(ImapSession& s, const Command& command, backend::Backend& target,
                     const std::string& partition, bool has_list)
{
    RelayChannel channel(s, target);
    channel.verb("CREATE");
    channel.astring(command.external);
    add_partition(channel, partition);
    if (has_list) {
        channel.raw(" ");
        if (auto read = channel.client_arguments(); !read) return channel.failed(read.error());
    }
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    if (answer->ok()) caught_up(s);
    return (*std::move(answer)).completion();
}

Result<Completion> create_there(ImapSession& s, const Command& command, const ChosenPlace& place)
{
    TRY_ASSIGN(auto target, s.backends->get(place.server));
    return create_at(s, command, *target, place.partition, false);
}

}  // namespace rookery::imapd
