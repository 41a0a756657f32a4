// rookery.words: which words are in which messages of a mailbox, so that SEARCH BODY and SEARCH
// TEXT need not read them all. doc/formats/words.md.
//
// The file is made by squatter(8), a segment of messages behind the other, and put in its place
// whole: who has mapped the old one keeps it. It is never trusted to know of a message that it does
// not name, and a segment that is not intact, and what is behind it, is as good as none. The words
// themselves are lib/text/search_words.h. Codes: corrupt; those of files.
#ifndef ROOKERY_IMAP_STORE_WORD_INDEX_H
#define ROOKERY_IMAP_STORE_WORD_INDEX_H

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/model/sequence_set.h"
#include "imap/store/message_file.h"
#include "lib/base/result.h"
#include "lib/text/search_words.h"

namespace rookery::store {

inline constexpr const char* kWordsName = "rookery.words";

// Some messages and their words, ascending by UID. Points into the file.
class WordSegment {
 public:
    // The segment that begins there; takes it off. is_checked: its sums were found right before.
    // corrupt.
    static Result<WordSegment> take(std::string_view& file, bool is_checked);

    size_t size() const { return uids_.size() / 4; }
    uint32_t uid(size_t n) const;
    // Adds the UIDs of its messages that have not all of these.
    void add_without(const std::vector<text::WordNeedle>& needles, model::SequenceSet& out) const;

 private:
    friend class WordSegmentMaker;
    // Terms in order, with the list of messages of each.
    struct Terms {
        std::string_view table, texts, lists;
        size_t count() const { return table.size() / 8 - 1; }
        std::string_view text(size_t n) const;  // with its line end
        std::string_view list(size_t n) const;
        bool is_sound() const;
    };
    static void mark(std::string_view list, std::vector<bool>& messages);
    void mark_words(const std::string& part, std::vector<bool>& messages) const;
    std::vector<bool> with_grams(const std::vector<std::string>& grams) const;

    std::string_view uids_;
    Terms words_, grams_;
};

// A segment that is being made. Memory: kFull and what one message adds to it.
class WordSegmentMaker {
 public:
    static constexpr size_t kFull = 64u << 20;  // bytes

    // Of the next message, or messages; UIDs ascend.
    void add(uint32_t uid, const text::WordCollector& terms);
    void add(const WordSegment& segment);
    bool is_empty() const { return uids_.empty(); }
    bool is_full() const { return bytes_ >= kFull; }
    std::string finish();  // and begins the next

 private:
    struct List {
        std::string bytes;
        uint32_t last = 0;
    };
    using Lists = std::map<std::string, List, std::less<>>;
    void add_to(Lists& lists, std::string_view term, uint32_t number);

    std::vector<uint32_t> uids_;
    Lists words_, grams_;
    size_t bytes_ = 0;
};

// In front of the segments.
std::string words_head(uint32_t uidvalidity);

// The file as a reader has it.
class WordIndex {
 public:
    // Looks whether another file is there now. False: there is none that is any good.
    bool attach(int directory, uint32_t uidvalidity);
    // Gives the memory back; a file that was found intact is not checked once more.
    void forget();

    const std::vector<WordSegment>& segments() const { return segments_; }
    // The bytes of the head and of so many segments.
    std::string_view first(size_t segments) const;
    size_t messages() const;
    uint32_t last_uid() const;
    model::SequenceSet uids_without(std::string_view needle) const;

 private:
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        time_t seconds = 0;
        long nanoseconds = 0;
        bool operator==(const Identity&) const = default;
    };
    std::unique_ptr<MappedFile> file_;
    Identity identity_;
    uint32_t uidvalidity_ = 0;
    bool is_intact_ = false;  // the whole file of that identity
    std::vector<WordSegment> segments_;
    std::vector<size_t> ends_;  // of each, in the file
};

}  // namespace rookery::store

#endif
