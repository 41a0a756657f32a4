#include "imap/store/word_indexing.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "imap/store/word_index.h"
#include "lib/base/strings.h"
#include "lib/text/message.h"

namespace rookery::store {
namespace {

// A segment that is up to so many times what is added is made one with it.
constexpr size_t kMuchLonger = 4;

void collect(std::string_view message, text::WordCollector& terms)
{
    terms.clear();
    text::read_header(message.substr(0, text::header_size(message)), terms);
    text::read_body(message, text::parse_message(message), terms);
    terms.finish();
}

// A file on its way into a mailbox of this partition: gone, if it does not get there.
class NewIndex {
 public:
    explicit NewIndex(std::unique_ptr<StagedFile> file) : file_(std::move(file)) {}

    Status write(std::string_view bytes) { return file_->write_exact(bytes); }

    // If the mailbox is there still, and the same.
    Status put_in_place(LocalStore& store, const model::MailboxEntry& entry, int directory,
                        const IndexHeader& before)
    {
        TRY(file_->finish());
        TRY_ASSIGN(MailboxWriter writer,
                   MailboxWriter::open(store.options().paths, directory, name_hash_of(entry),
                                       store.options().lock_wait));
        // After a reconstruct a UID may stand for another message.
        if (writer.header.uidvalidity != before.uidvalidity ||
            writer.header.generation != before.generation)
            return Error{Code::moved, "the mailbox is another one now"};
        if (::renameat(AT_FDCWD, file_->path().c_str(), directory, kWordsName) != 0)
            return errno_error(cat("rename ", kWordsName));
        return sync_fd(directory);
    }

 private:
    std::unique_ptr<StagedFile> file_;
};

}  // namespace

Result<IndexingReport> index_words(LocalStore& store, const model::MailboxEntry& entry,
                                   const IndexingOptions& options)
{
    IndexingReport report;
    TRY_ASSIGN(const Fd directory, store.open_directory(entry));
    // First: what is made anew after this is found out at the end.
    TRY_ASSIGN(const IndexFile records, IndexFile::open(directory.get()));
    TRY_ASSIGN(const IndexHeader before, records.read_header());
    TRY_ASSIGN(const auto box, store.open(entry, entry.name.user(), mailbox::OpenMode::read_only));
    if (box->exists() == 0 && ::unlinkat(directory.get(), kWordsName, 0) != 0 && errno != ENOENT)
        return errno_error(cat("unlink ", kWordsName));
    WordIndex old;
    // Where more than half of what it knows is gone, it is made anew.
    const bool is_good = old.attach(directory.get(), box->uidvalidity()) && !options.anew &&
                         old.messages() / 2 <= box->exists();
    const uint32_t known = is_good ? old.last_uid() : 0;
    uint32_t first = 1;
    while (first <= box->exists() && box->uid(first) <= known) first++;
    if (first > box->exists()) return report;

    size_t keep = is_good ? old.segments().size() : 0;
    for (size_t together = box->exists() - first + 1;
         keep > 0 && old.segments()[keep - 1].size() <= kMuchLonger * together; keep--)
        together += old.segments()[keep - 1].size();

    TRY_ASSIGN(const std::string root, partition_root(store.options().paths, entry.partition));
    TRY_ASSIGN(auto file, StagedFile::create(root));
    NewIndex index(std::move(file));
    TRY(index.write(is_good ? old.first(keep) : words_head(box->uidvalidity())));
    WordSegmentMaker maker;
    for (size_t n = keep; is_good && n < old.segments().size(); n++) {
        maker.add(old.segments()[n]);
        if (maker.is_full()) TRY(index.write(maker.finish()));
    }
    text::WordCollector terms;
    for (uint32_t n = first; n <= box->exists(); n++) {
        if (options.stopped && options.stopped()) return IndexingReport{};
        const mailbox::MessageInfo info = box->message(n);
        if (info.expunged) continue;
        auto content = box->content(n);
        if (!content) {
            if (!content.is(Code::not_found)) report.left_out++;
            continue;
        }
        collect((*content)->bytes(), terms);
        if (terms.is_too_much()) {
            report.left_out++;
            continue;
        }
        maker.add(info.uid, terms);
        report.added++;
        if (maker.is_full()) TRY(index.write(maker.finish()));
    }
    if (report.added == 0) return report;
    if (!maker.is_empty()) TRY(index.write(maker.finish()));
    TRY(index.put_in_place(store, entry, directory.get(), before));
    return report;
}

}  // namespace rookery::store
