// ImapSessionFixture: an ImapSession over strings, a MemoryStore and a MemoryDirectory.
//
// For tests of single commands: run() gives one command line to the function of a row and returns
// what the client reads, the tagged line included. Two fixtures may share a store: two sessions.
#ifndef ROOKERY_TESTS_SUPPORT_IMAP_SESSION_FIXTURE_H
#define ROOKERY_TESTS_SUPPORT_IMAP_SESSION_FIXTURE_H

#include <string>
#include <string_view>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/updates.h"
#include "imap/imapd/session.h"
#include "imap/imapd/user.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/stream/memory_layer.h"
#include "tests/support/memory_store.h"
#include "tests/unit/unit.h"

namespace rookery::test {

class ImapSessionFixture {
 public:
    explicit ImapSessionFixture(MemoryStore& mail, std::string user = "bob")
        : config(*config::Config::from_text("configdirectory: /nonexistent\n"
                                            "servername: test.example.org\n"
                                            "unixhierarchysep: no\naltnamespace: no\n",
                                            "imap")),
          kit(config, nullptr, imapd::kProtocol, service::ClientInfo{{}, "test", {}, true, "imap"}),
          client(stream::memory_layer(ends)),
          session{config,  kit,     directory, &mail,
                  nullptr, nullptr, client,    imapd::CommandReader(client, imapd::ReaderLimits{}),
                  {}},
          store(mail)
    {
        imapd::become(session, auth::Identity{user, {}, false, false, user});
        client.set_timeout(Milliseconds(1000));
    }

    // Makes the mailbox, in the store and in the list, with these rights for the user.
    std::shared_ptr<MemoryMailboxState> mailbox(const std::string& internal,
                                                std::string_view rights = "lrswipkxtea")
    {
        auto state = store.make(internal);
        state->entry.acl.set(session.user.identity->userid, *model::Rights::parse(rights));
        ASSERT_OK(directory.commit(std::vector{mboxlist::Change::put(state->entry)}));
        return state;
    }

    // "SELECT INBOX" and so on; more: what the client sends behind the line.
    std::string run(std::string_view line, std::string_view more = {})
    {
        ends.input = cat(line, "\r\n", more);
        ends.output.clear();
        session.reader.begin();
        imapd::Command command;
        command.tag = "a";
        command.name = *session.reader.command_name();
        if (imapd::is_first_word(command.name)) {
            ASSERT_OK(session.reader.space());
            command.name = cat("UID ", *session.reader.command_name());
        }
        command.spec = imapd::find_command(command.name);
        ck_assert_ptr_nonnull(command.spec);
        command.by_uid = command.spec->by_uid();
        const imapd::Completion done = imapd::Completion::from(dispatch(command));
        const bool bad = done.kind == imapd::Completion::Kind::bad;
        if (done.kind == imapd::Completion::Kind::disconnect) {
            ASSERT_OK(client.flush());
            return ends.output;
        }
        if (!session.reader.at_end()) session.reader.skip_command();
        if (!bad) ASSERT_OK(imapd::send_updates(session, !command.spec->holds_expunge()));
        const bool ok = done.kind == imapd::Completion::Kind::ok;
        client.put("a ", ok ? "OK " : bad ? "BAD " : "NO ", done.text, "\r\n");
        ASSERT_OK(client.flush());
        return ends.output;
    }

    mboxlist::MemoryDirectory directory;
    config::Config config;
    session::SessionKit kit;
    stream::MemoryEnds ends;
    stream::Stream client;
    imapd::ImapSession session;
    MemoryStore& store;

 private:
    Result<imapd::Completion> dispatch(imapd::Command& command)
    {
        if (command.spec->route == imapd::Route::to_select) {
            ASSERT_OK(session.reader.space());
            command.external = *session.reader.astring();
            auto parameters = imapd::parse_select_parameters(session.reader);
            if (!parameters) return parameters.error();
            command.select = *std::move(parameters);
            command.mailbox = *session.user.names->to_internal(command.external);
            auto entry = directory.lookup(*command.mailbox);
            if (!entry) return entry.error();
            command.entry = *entry;
            session.set_aside();
        }
        return command.spec->run(session, command);
    }
};

}  // namespace rookery::test

#endif
