#include "imap/imapd/relay/remote_namespace.h"

#include "imap/backend/server_address.h"
#include "imap/model/location.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

bool is_server(ImapSession& s, const std::string& word)
{
    // No partition has such a name.
    if (word.find_first_of(".:") != std::string::npos) return true;
    if (backend::server_option(s.config, word, "address")) return true;
    for (const std::string& server : s.config.serverlist())
        if (server == word) return true;
    bool found = false;
    auto scanned = s.directory.scan_server(word, [&](const model::MailboxEntry&) {
        found = true;
        return mboxlist::Next::stop();
    });
    return scanned.ok() && found;
}

bool is_unknown_partition(const Completion& made)
{
    return made.kind == Completion::Kind::no && made.text.find("partition") != std::string::npos;
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
    if (!location.server.empty()) return ChosenPlace{location.server, location.partition, false};
    if (is_server(s, word)) return ChosenPlace{word, {}, false};
    return ChosenPlace{{}, word, true};
}

void add_partition(RelayChannel& channel, const std::string& partition)
{
    if (partition.empty()) return;
    if (model::is_partition_name(partition))
        channel.raw(cat(" ", partition));
    else
        channel.astring(partition);
}

Completion create_at(ImapSession& s, Command& command, backend::Backend& target,
                     const std::string& partition, const std::string& parameters)
{
    RelayChannel channel(s, target);
    channel.verb("CREATE");
    channel.astring(command.external);
    add_partition(channel, partition);
    if (!parameters.empty()) channel.raw(cat(" ", parameters));
    command.server = target.server();
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    if (answer->ok()) caught_up(s);
    return (*std::move(answer)).completion();
}

Completion create_there(ImapSession& s, Command& command, const ChosenPlace& place,
                        const std::string& chosen)
{
    if (place.may_be_server && !chosen.empty()) {
        auto backend = s.backends->get(chosen);
        if (!backend) return Completion::from(backend.error());
        Completion made = create_at(s, command, **backend, place.partition, {});
        if (!is_unknown_partition(made)) return made;
    }
    const std::string& server = place.may_be_server ? place.partition : place.server;
    auto target = s.backends->get(server);
    if (target)
        return create_at(s, command, **target,
                         place.may_be_server ? std::string() : place.partition, {});
    if (target.is(Code::maintenance)) return Completion::from(target.error());
    log::warning(
        "create",
        {{"mailbox", command.mailbox->internal()}, {"server", server}, {"reason", target.error()}});
    if (!place.may_be_server)
        return Completion::no(cat("[UNAVAILABLE] ", server, " cannot be reached"));
    return Completion::no(cat("[CANNOT] ", server, " is no server that can be reached",
                              chosen.empty() ? "" : cat(", nor a partition of ", chosen)));
}

}  // namespace rookery::imapd
