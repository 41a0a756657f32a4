// Conversation: one IMAP session of a user who is logged in, over fakes: what the client says goes
// in as text, what it reads comes out as text.
#ifndef ROOKERY_TESTS_UNIT_IMAP_IMAPD_CONVERSATION_H
#define ROOKERY_TESTS_UNIT_IMAP_IMAPD_CONVERSATION_H

#include <string>

#include "imap/imapd/engine.h"
#include "imap/imapd/session.h"
#include "imap/imapd/user.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/stream/memory_layer.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

namespace rookery::test {

// A server: what outlives sessions.
struct ImapServer {
    explicit ImapServer(std::string_view more = {},
                        std::string_view names = "altnamespace: no\nunixhierarchysep: no\n")
        : config(*config::Config::from_text(cat("configdirectory: ", dir.path(),
                                                "\nservername: be1\nadmins: cyrus\n"
                                                "partition-default: ",
                                                dir.path(),
                                                "/spool\ndefaultpartition: default\n"
                                                "partition-other: ",
                                                dir.path(), "/other\n", names, more),
                                            "imap"))
    {
    }
    // A mailbox with that ACL ("bob lrs"): in the list and in the store.
    void add(const std::string& internal, std::string_view identifier, std::string_view rights)
    {
        model::MailboxEntry entry{.name = *model::MailboxName::from_internal(internal),
                                  .server = {},
                                  .partition = "default",
                                  .acl = {},
                                  .uniqueid = internal};
        entry.acl.set(identifier, *model::Rights::parse(rights));
        auto change = mboxlist::Change::put(entry);
        ASSERT_OK(directory.commit({&change, 1}));
        ASSERT_OK(store.create(entry));
    }
    bool has(const std::string& internal)
    {
        auto name = *model::MailboxName::from_internal(internal);
        return directory.lookup(name).ok() && store.state(internal) != nullptr;
    }
    std::string acl_of(const std::string& internal)
    {
        auto entry = directory.lookup(*model::MailboxName::from_internal(internal));
        return entry ? entry->acl.to_string() : "(none)";
    }

    TempDir dir;
    config::Config config;
    mboxlist::MemoryDirectory directory;
    MemoryStore store;
};

// What a client reads from after the greeting to the end, when it sends input and hangs up.
// Without MAILBOXID: it is another each time. So many bytes come at a time.
inline std::string converse(ImapServer& server, const std::string& userid, std::string_view input,
                            bool admin = false, size_t chunk = 65536)
{
    if (userid.empty()) ASSERT_OK(auth::SaslServer::init_library(server.config, "test"));
    stream::MemoryEnds ends{std::string(input), {}, chunk, false, false};
    session::SessionKit kit(server.config, nullptr, imapd::kProtocol, {});
    stream::Stream client(stream::memory_layer(ends));
    imapd::ImapSession session{
        .config = server.config,
        .kit = kit,
        .directory = server.directory,
        .store = &server.store,
        .quotas = nullptr,
        .backends = nullptr,
        .client = client,
        .reader = imapd::CommandReader(client, imapd::reader_limits(server.config)),
    };
    cluster::Operations operations(server.config, server.directory, server.store, nullptr);
    session.operations = &operations;
    if (!userid.empty()) imapd::become(session, auth::Identity{userid, {}, admin, false, userid});
    imapd::Engine(session).run();
    const size_t greeting = ends.output.find("\r\n");
    ck_assert(greeting != std::string::npos);
    std::string said = ends.output.substr(greeting + 2);
    constexpr std::string_view kId = "[MAILBOXID (";
    for (size_t at; (at = said.find(kId)) != std::string::npos;)
        said.erase(at, said.find(")] ", at) + 3 - at);
    return said;
}

}  // namespace rookery::test

#endif
