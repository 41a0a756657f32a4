#include "imap/store/word_index.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "imap/store/index_format.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {
namespace {

constexpr std::string_view kMagic = "RKWORDS2";
constexpr size_t kHead = 16;         // magic, UIDVALIDITY, sum
constexpr size_t kSegmentHead = 40;  // eight lengths and counts, the sum of what follows, its own

enum Place : size_t {
    kSize = 0,  // of the segment, 64 bits
    kMessages = 8,
    kWords = 12,
    kWordTexts = 16,
    kWordLists = 20,
    kGrams = 24,
    kGramTexts = 28,
    kSumOfRest = 32,
    kSumOfHead = 36,
};

void put32(std::string& out, size_t n)
{
    char bytes[4];
    store32(bytes, static_cast<uint32_t>(n));
    out.append(bytes, 4);
}

void put_number(std::string& out, uint32_t n)
{
    for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
    out += static_cast<char>(n);
}

// 0: there is no further one.
uint32_t take_number(std::string_view& list)
{
    uint32_t n = 0;
    for (unsigned shift = 0; !list.empty() && shift < 32; shift += 7) {
        const auto byte = static_cast<unsigned char>(list.front());
        list.remove_prefix(1);
        n |= uint32_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return n;
    }
    return 0;
}

}  // namespace

// --- a segment that is there

// An entry of the table: where the text begins, and the list; behind the last one is where they
// end.
std::string_view WordSegment::Terms::text(size_t n) const
{
    const uint32_t begin = load32(table.data() + 8 * n);
    return texts.substr(begin, load32(table.data() + 8 * n + 8) - begin);
}

std::string_view WordSegment::Terms::list(size_t n) const
{
    const uint32_t begin = load32(table.data() + 8 * n + 4);
    return lists.substr(begin, load32(table.data() + 8 * n + 12) - begin);
}

// Each text has its line end.
bool WordSegment::Terms::is_sound() const
{
    uint32_t text = 0;
    uint32_t list = 0;
    for (size_t at = 0; at < table.size(); at += 8) {
        const uint32_t next_text = load32(table.data() + at);
        const uint32_t next_list = load32(table.data() + at + 4);
        if (next_text < text + (at > 0 ? 1 : 0) || next_list < list) return false;
        text = next_text;
        list = next_list;
    }
    return text == texts.size() && list == lists.size() && load32(table.data()) == 0;
}

Result<WordSegment> WordSegment::take(std::string_view& file, bool is_checked)
{
    const Error broken{Code::corrupt, "a segment of the index of words"};
    if (file.size() < kSegmentHead) return broken;
    const char* head = file.data();
    if (load32(head + kSumOfHead) != checksum(file.substr(0, kSumOfHead))) return broken;
    const uint64_t size = load64(head + kSize);
    if (size < kSegmentHead || size > file.size()) return broken;
    std::string_view rest = file.substr(kSegmentHead, size - kSegmentHead);
    if (!is_checked && load32(head + kSumOfRest) != checksum(rest)) return broken;
    const auto part = [&rest](uint64_t bytes) {
        const std::string_view is = rest.substr(0, bytes);
        rest.remove_prefix(is.size());
        return is;
    };
    WordSegment segment;
    segment.uids_ = part(uint64_t{load32(head + kMessages)} * 4);
    segment.words_.table = part(uint64_t{load32(head + kWords)} * 8 + 8);
    segment.words_.texts = part(load32(head + kWordTexts));
    segment.words_.lists = part(load32(head + kWordLists));
    segment.grams_.table = part(uint64_t{load32(head + kGrams)} * 8 + 8);
    segment.grams_.texts = part(load32(head + kGramTexts));
    segment.grams_.lists = rest;
    // Whoever wrote the sum may have been wrong: no reading outside, whatever is there.
    if (segment.size() != load32(head + kMessages) || segment.size() == 0 ||
        segment.words_.table.size() != uint64_t{load32(head + kWords)} * 8 + 8 ||
        segment.grams_.table.size() != uint64_t{load32(head + kGrams)} * 8 + 8 ||
        (!is_checked && (!segment.words_.is_sound() || !segment.grams_.is_sound())))
        return broken;
    file.remove_prefix(size);
    return segment;
}

uint32_t WordSegment::uid(size_t n) const
{
    return load32(uids_.data() + 4 * n);
}

void WordSegment::mark(std::string_view list, std::vector<bool>& messages)
{
    uint64_t next = 0;  // one more than the last that was named
    while (const uint32_t step = take_number(list)) {
        next += step;
        if (next > messages.size()) return;
        messages[next - 1] = true;
    }
}

void WordSegment::mark_words(const std::string& part, std::vector<bool>& messages) const
{
    size_t n = 0;
    for (size_t at = words_.texts.find(part); at != std::string_view::npos;) {
        // The word that has it: the last that begins at or before it.
        size_t behind = words_.count();
        while (n + 1 < behind) {
            const size_t middle = n + (behind - n) / 2;
            if (load32(words_.table.data() + 8 * middle) <= at)
                n = middle;
            else
                behind = middle;
        }
        mark(words_.list(n), messages);
        at = words_.texts.find(part, load32(words_.table.data() + 8 * n + 8));
    }
}

std::vector<bool> WordSegment::with_grams(const std::vector<std::string>& grams) const
{
    std::vector<bool> all(size(), true);
    bool is_any_left = true;
    for (size_t n = 0; n < grams.size() && is_any_left; n++) {
        const std::string& gram = grams[n];
        std::vector<bool> one(size(), false);
        size_t first = 0;
        for (size_t left = grams_.count(); left > 0;) {
            const size_t half = left / 2;
            const std::string_view there = grams_.text(first + half);
            if (there.substr(0, there.size() - 1) < gram) {
                first += half + 1;
                left -= half + 1;
            } else {
                left = half;
            }
        }
        if (first < grams_.count() && grams_.text(first).starts_with(gram) &&
            grams_.text(first).size() == gram.size() + 1)
            mark(grams_.list(first), one);
        is_any_left = false;
        for (size_t i = 0; i < all.size(); i++) {
            all[i] = all[i] && one[i];
            is_any_left = is_any_left || all[i];
        }
    }
    return all;
}

void WordSegment::add_without(const std::vector<text::WordNeedle>& needles,
                              model::SequenceSet& out) const
{
    std::vector<bool> candidates(size(), true);
    for (const text::WordNeedle& needle : needles) {
        std::vector<bool> has = with_grams(needle.grams);
        if (needle.fits_word) mark_words(needle.part, has);
        for (size_t i = 0; i < has.size(); i++) candidates[i] = candidates[i] && has[i];
    }
    for (size_t i = 0; i < candidates.size();) {
        size_t end = i + 1;
        if (!candidates[i]) {
            while (end < candidates.size() && !candidates[end] && uid(end) == uid(end - 1) + 1)
                end++;
            out.append(uid(i), uid(end - 1));
        }
        i = end;
    }
}

// --- one that is made

void WordSegmentMaker::add_to(Lists& lists, std::string_view term, uint32_t number)
{
    constexpr size_t kNode = 120;  // what a new term takes in memory, about
    auto at = lists.find(term);
    if (at == lists.end()) {
        at = lists.emplace(term, List{}).first;
        bytes_ += kNode + term.size();
    }
    List& list = at->second;
    const size_t before = list.bytes.size();
    put_number(list.bytes, number - list.last);
    list.last = number;
    bytes_ += list.bytes.size() - before;
}

void WordSegmentMaker::add(uint32_t uid, const text::WordCollector& terms)
{
    uids_.push_back(uid);
    bytes_ += 4;
    const auto number = static_cast<uint32_t>(uids_.size());
    for (const std::string& term : terms.words()) add_to(words_, term, number);
    for (const std::string& term : terms.grams()) add_to(grams_, term, number);
}

void WordSegmentMaker::add(const WordSegment& segment)
{
    const auto before = static_cast<uint32_t>(uids_.size());
    for (size_t n = 0; n < segment.size(); n++) uids_.push_back(segment.uid(n));
    bytes_ += 4 * segment.size();
    const auto take = [&](const WordSegment::Terms& from, Lists& to) {
        for (size_t n = 0; n < from.count(); n++) {
            std::string_view text = from.text(n);
            text.remove_suffix(1);
            std::string_view list = from.list(n);
            uint32_t number = before;
            while (const uint32_t step = take_number(list)) add_to(to, text, number += step);
        }
    };
    take(segment.words_, words_);
    take(segment.grams_, grams_);
}

std::string WordSegmentMaker::finish()
{
    struct Written {
        std::string table, texts, lists;
    };
    const auto write = [](const Lists& lists) {
        Written out;
        const auto mark = [&out] {
            put32(out.table, out.texts.size());
            put32(out.table, out.lists.size());
        };
        for (const auto& [term, list] : lists) {
            mark();
            cat_to(out.texts, term, '\n');
            out.lists += list.bytes;
        }
        mark();
        return out;
    };
    const Written words = write(words_);
    const Written grams = write(grams_);
    std::string rest;
    for (const uint32_t uid : uids_) put32(rest, uid);
    cat_to(rest, words.table, words.texts, words.lists, grams.table, grams.texts, grams.lists);

    std::string out(kSegmentHead, '\0');
    char* head = out.data();
    store64(head + kSize, kSegmentHead + rest.size());
    store32(head + kMessages, static_cast<uint32_t>(uids_.size()));
    store32(head + kWords, static_cast<uint32_t>(words_.size()));
    store32(head + kWordTexts, static_cast<uint32_t>(words.texts.size()));
    store32(head + kWordLists, static_cast<uint32_t>(words.lists.size()));
    store32(head + kGrams, static_cast<uint32_t>(grams_.size()));
    store32(head + kGramTexts, static_cast<uint32_t>(grams.texts.size()));
    store32(head + kSumOfRest, checksum(rest));
    store32(head + kSumOfHead, checksum({head, kSumOfHead}));
    out += rest;
    *this = WordSegmentMaker();
    return out;
}

std::string words_head(uint32_t uidvalidity)
{
    std::string head(kMagic);
    put32(head, uidvalidity);
    put32(head, checksum(head));
    return head;
}

// --- the file

bool WordIndex::attach(int directory, uint32_t uidvalidity)
{
    struct stat now = {};
    if (::fstatat(directory, kWordsName, &now, AT_SYMLINK_NOFOLLOW) != 0) {
        forget();
        return false;
    }
    const Identity identity{now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec,
                            now.st_mtim.tv_nsec};
    const bool is_same = identity == identity_ && uidvalidity == uidvalidity_;
    if (file_ && is_same) return !segments_.empty();
    const bool is_checked = is_same && is_intact_;
    forget();
    auto opened = MappedFile::open(directory, kWordsName);
    if (!opened) return false;
    file_ = *std::move(opened);
    identity_ = identity;
    uidvalidity_ = uidvalidity;
    is_intact_ = false;
    std::string_view left = file_->bytes();
    if (!left.starts_with(words_head(uidvalidity))) return false;
    left.remove_prefix(kHead);
    uint32_t last = 0;
    while (!left.empty()) {
        auto segment = WordSegment::take(left, is_checked);
        // They ascend, within one and from one to the next.
        for (size_t n = 0; !is_checked && segment && n < segment->size(); n++) {
            if (segment->uid(n) <= last) segment = Error{Code::corrupt, "UIDs"};
            if (segment) last = segment->uid(n);
        }
        if (!segment) {
            if (!is_same)
                log::warning("the index of words is damaged; squatter makes it anew",
                             {{"from_uid", last}, {"reason", segment.error()}});
            return !segments_.empty();
        }
        segments_.push_back(*std::move(segment));
        ends_.push_back(file_->bytes().size() - left.size());
    }
    is_intact_ = true;
    return !segments_.empty();
}

void WordIndex::forget()
{
    file_.reset();
    segments_.clear();
    ends_.clear();
}

std::string_view WordIndex::first(size_t segments) const
{
    return file_->bytes().substr(0, segments == 0 ? kHead : ends_[segments - 1]);
}

size_t WordIndex::messages() const
{
    size_t sum = 0;
    for (const WordSegment& segment : segments_) sum += segment.size();
    return sum;
}

uint32_t WordIndex::last_uid() const
{
    return segments_.empty() ? 0 : segments_.back().uid(segments_.back().size() - 1);
}

model::SequenceSet WordIndex::uids_without(std::string_view needle) const
{
    model::SequenceSet out;
    const auto needles = text::search_needles(needle);
    if (needles.empty()) return out;
    for (const WordSegment& segment : segments_) segment.add_without(needles, out);
    return out;
}

}  // namespace rookery::store
