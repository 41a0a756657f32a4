// A store in a directory of its own, and short words for what the tests do with it.
#ifndef ROOKERY_TESTS_UNIT_IMAP_STORE_FIXTURE_H
#define ROOKERY_TESTS_UNIT_IMAP_STORE_FIXTURE_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/store/local_mailbox.h"
#include "imap/store/local_store.h"
#include "imap/store/render.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

inline model::MailboxEntry entry_of(const std::string& name, const std::string& id = "00c0ffee",
                                    const std::string& partition = "default")
{
    auto internal = model::MailboxName::from_internal(name);
    ASSERT_OK(internal);
    return model::MailboxEntry{*internal, model::EntryState::active, "", partition, {}, id, 0,
                               0,         model::Pending::none};
}

struct StoreFixture {
    TempDir dir;
    store::StoreOptions options;
    std::unique_ptr<store::LocalStore> store;

    explicit StoreFixture(bool immediate = false)
    {
        options.paths.partitions = {{"default", dir.file("spool")}, {"two", dir.file("spool2")}};
        options.configdirectory = dir.file("conf");
        options.idle_directory = dir.file("conf/idle");
        options.expunge_immediately = immediate;
        options.renderer = store::renderer();
        ASSERT_OK(make_directories(options.configdirectory));
        store = std::make_unique<store::LocalStore>(options);
    }

    uint32_t create(const model::MailboxEntry& entry)
    {
        auto made = store->create(entry);
        ASSERT_OK(made);
        return *made;
    }

    Result<mailbox::AppendResult> try_append(const model::MailboxEntry& entry,
                                             const std::vector<std::string>& texts,
                                             const model::FlagList& flags = {},
                                             const std::string& userid = "bob")
    {
        std::vector<std::unique_ptr<mailbox::StagedMessage>> staged;
        std::vector<mailbox::AppendItem> items;
        for (const std::string& text : texts) {
            TRY_ASSIGN(auto message, store->stage(entry.partition));
            TRY(message->write(text));
            items.push_back({message.get(), flags, 1'000'000'000, 60});
            staged.push_back(std::move(message));
        }
        return store->append(entry, userid, items);
    }

    std::vector<uint32_t> append(const model::MailboxEntry& entry,
                                 const std::vector<std::string>& texts,
                                 const model::FlagList& flags = {},
                                 const std::string& userid = "bob")
    {
        auto done = try_append(entry, texts, flags, userid);
        ASSERT_OK(done);
        return done->uids;
    }

    std::unique_ptr<mailbox::Mailbox> open(const model::MailboxEntry& entry,
                                           const std::string& userid = "bob",
                                           mailbox::OpenMode mode = mailbox::OpenMode::read_write)
    {
        auto view = store->open(entry, userid, mode);
        ASSERT_OK(view);
        return *std::move(view);
    }
};

inline std::string text_of(mailbox::Mailbox& view, uint32_t sequence)
{
    auto content = view.content(sequence);
    ASSERT_OK(content);
    return std::string((*content)->bytes());
}

inline std::string mail(const std::string& subject)
{
    return cat("From: a@example.org\r\nSubject: ", subject, "\r\n\r\nText of ", subject, "\r\n");
}

inline model::FlagList flags(uint32_t system, std::vector<std::string> keywords = {})
{
    return model::FlagList{system, std::move(keywords)};
}

// "3,2,1" of numbers.
inline std::string list(const std::vector<uint32_t>& numbers)
{
    std::string out;
    for (uint32_t n : numbers) cat_to(out, out.empty() ? "" : ",", n);
    return out;
}

}  // namespace rookery::test

#endif
