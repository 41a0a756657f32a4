// What the store costs: appends with their syncs, opening and reading a large mailbox, memory.
//   tests/bench/store [directory [messages]]
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "imap/store/local_mailbox.h"
#include "imap/store/local_store.h"
#include "imap/store/render.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

class Timer {
 public:
    double seconds() const
    {
        return std::chrono::duration<double>(monotonic_now() - start_).count();
    }

 private:
    MonotonicTime start_ = monotonic_now();
};

void line(std::string_view what, double value, std::string_view unit)
{
    auto tenths = static_cast<uint64_t>(value * 10 + 0.5);
    std::string text = cat(what, std::string(what.size() < 44 ? 44 - what.size() : 1, ' '),
                           tenths / 10, '.', tenths % 10, ' ', unit, '\n');
    if (!write_all(STDOUT_FILENO, text)) ::_exit(log::kExIoErr);
}

template <class T>
T must(Result<T> result)
{
    if (!result) log::fatal(log::kExTempFail, result.error().text);
    return *std::move(result);
}

model::MailboxEntry entry_of(const std::string& name)
{
    return {must(model::MailboxName::from_internal(name)),
            model::EntryState::active,
            "",
            "default",
            {},
            "0a0b",
            0,
            0,
            model::Pending::none};
}

// PSS of this process, in kB; 0 where the system does not tell.
double pss()
{
    auto text = read_file("/proc/self/smaps_rollup", 1 << 16);
    if (!text) return 0;
    size_t at = text->find("Pss:");
    if (at == text->npos) return 0;
    auto words = split_words(std::string_view(*text).substr(at, 60));
    return words.size() < 2 ? 0 : static_cast<double>(to_uint64(words[1], 1u << 30).value_or(0));
}

class Bench {
 public:
    Bench(store::LocalStore& store, const std::string& text) : store_(store), text_(text) {}

    std::unique_ptr<mailbox::StagedMessage> stage()
    {
        auto staged = must(store_.stage("default"));
        must(staged->write(text_));
        return staged;
    }

    void appends()
    {
        constexpr int kCount = 500;
        auto box = entry_of("user.bench");
        must(store_.create(box));
        Timer timer;
        for (int i = 0; i < kCount; i++) {
            auto staged = stage();
            mailbox::AppendItem item{staged.get(), {}, 1'000'000'000, 0};
            must(store_.append(box, "bench", {&item, 1}));
        }
        line("append, one message each, synced", kCount / timer.seconds(), "messages/s");
        Timer group;
        constexpr int kGroups = 10;
        constexpr int kSize = 100;
        for (int g = 0; g < kGroups; g++) {
            std::vector<std::unique_ptr<mailbox::StagedMessage>> staged;
            std::vector<mailbox::AppendItem> items;
            for (int i = 0; i < kSize; i++) {
                staged.push_back(stage());
                items.push_back({staged.back().get(), {}, 1'000'000'000, 0});
            }
            must(store_.append(box, "bench", items));
        }
        line("append, 100 messages each, synced", kGroups * kSize / group.seconds(), "messages/s");
    }

    // One staged message linked many times: many records without many bytes.
    void fill(const model::MailboxEntry& box, uint32_t messages)
    {
        constexpr uint32_t kGroup = 1000;
        must(store_.create(box));
        Timer timer;
        for (uint32_t done = 0; done < messages;) {
            auto staged = stage();
            uint32_t n = std::min(kGroup, messages - done);
            std::vector<mailbox::AppendItem> items(n, {staged.get(), {}, 1'000'000'000, 0});
            must(store_.append(box, "bench", items));
            done += n;
        }
        line("fill, linked, groups of 1000", messages / timer.seconds(), "messages/s");
    }

    void mark_all(mailbox::Mailbox& view)
    {
        std::vector<uint32_t> all;
        for (uint32_t n = 1; n <= view.exists(); n++) all.push_back(n);
        Timer storing;
        must(view.store_flags(all, mailbox::FlagChange::add, model::FlagList{model::kSeen, {}},
                              nullptr));
        line("store flags on all", storing.seconds() * 1000, "ms");
    }

    void large(uint32_t messages)
    {
        auto box = entry_of("user.bench.large");
        fill(box, messages);
        double before = pss();
        Timer opening;
        auto view = must(store_.open(box, "bench", mailbox::OpenMode::read_write));
        line(cat("open ", messages, " messages"), opening.seconds() * 1000, "ms");
        Timer fetching;
        uint64_t sum = 0;
        for (uint32_t n = 1; n <= view->exists(); n++) sum += view->message(n).system_flags + 1;
        line("flags", static_cast<double>(sum) / fetching.seconds(), "messages/s");
        Timer caching;
        constexpr uint32_t kCached = 20'000;
        for (uint32_t n = 1; n <= std::min(kCached, view->exists()); n++) must(view->cached(n));
        line("cached items", std::min(kCached, view->exists()) / caching.seconds(), "messages/s");
        Timer idle;
        constexpr int kRefreshes = 100'000;
        for (int i = 0; i < kRefreshes; i++) must(view->refresh(true));
        line("refresh without change", idle.seconds() / kRefreshes * 1e6, "us");
        mark_all(*view);
        Timer one;
        const uint32_t last[] = {view->exists()};
        must(view->store_flags(last, mailbox::FlagChange::add, model::FlagList{model::kDraft, {}},
                               nullptr));
        line("store one flag, synced", one.seconds() * 1e6, "us");
        must(view->refresh(true));
        line("memory of the view after use", pss() - before, "kB PSS");
        view->rest();
        line("memory of the view at rest", pss() - before, "kB PSS");
    }

    // What POP3 asks of a maildrop, with what it tells of each message at once.
    void maildrop()
    {
        const auto box = entry_of("user.bench.large");
        const auto lock = must(store_.lock_maildrop(box));
        Timer opening;
        const auto view = must(store_.open(box, "bench", mailbox::OpenMode::maildrop));
        line(cat("open a maildrop of ", view->exists()), opening.seconds() * 1000, "ms");
        Timer sizes;
        uint64_t sum = 0;
        for (uint32_t n = 1; n <= view->exists(); n++) sum += must(view->octets(n));
        line("STAT", sizes.seconds() * 1000, "ms");
        Timer ids;
        for (uint32_t n = 1; n <= view->exists(); n++) sum += view->message(n).uid;
        line("UIDL", ids.seconds() * 1000, "ms");
        model::SequenceSet odd;
        for (uint32_t n = 1; n <= view->exists(); n += 2) odd.append(n, n);
        Timer removing;
        must(view->remove(odd));
        line(cat("remove every second, of ", sum > 0 ? view->exists() : 0),
             removing.seconds() * 1000, "ms");
    }

 private:
    store::LocalStore& store_;
    std::string text_;
};

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    log::to_stderr();
    std::string where = argc > 1 ? argv[1] : "/tmp";
    uint32_t messages = argc > 2 ? must(to_number<uint32_t>(argv[2], 1'000'000)) : 100'000;
    std::string directory = cat(where, "/rookery-bench-XXXXXX");
    if (::mkdtemp(directory.data()) == nullptr) log::fatal(log::kExOsErr, "mkdtemp");
    store::StoreOptions options;
    options.paths.partitions = {{"default", cat(directory, "/spool")}};
    options.configdirectory = directory;
    options.idle_directory = cat(directory, "/idle");
    options.renderer = store::renderer();
    store::LocalStore store(options);
    std::string text = "From: a@example.org\r\nTo: b@example.org\r\nSubject: bench\r\n\r\n";
    while (text.size() < 4096) text += "A line of a message of ordinary size.\r\n";
    Bench bench(store, text);
    bench.appends();
    bench.large(messages);
    bench.maildrop();
    std::string remove = cat("rm -rf '", directory, "'");
    return ::system(remove.c_str()) == 0 ? 0 : 1;
}
