#include "imap/imapd/selected/search_eval.h"

#include <algorithm>
#include <optional>

#include "imap/imapd/selected/message_header.h"
#include "imap/imapd/selected/message_set.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/imap_date.h"
#include "lib/text/message.h"
#include "lib/text/text_search.h"

namespace rookery::imapd {
namespace {

using Kind = SearchKey::Kind;

// How much has to be read: 0 the index, 1 the header, most likely from the cache, 2 everything.
int cost_of(const SearchKey& key)
{
    switch (key.kind) {
        case Kind::all:
        case Kind::either:
        case Kind::negated: {
            int cost = 0;
            for (const auto& child : key.children) cost = std::max(cost, cost_of(child));
            return cost;
        }
        case Kind::sent_before:
        case Kind::sent_on:
        case Kind::sent_since:
        case Kind::header:
        case Kind::addresses: return 1;
        case Kind::body:
        case Kind::text: return 2;
        case Kind::sequence:
        case Kind::uid:
        case Kind::flags_set:
        case Kind::flags_clear:
        case Kind::recent:
        case Kind::old:
        case Kind::keyword:
        case Kind::unkeyword:
        case Kind::before:
        case Kind::on:
        case Kind::since:
        case Kind::saved_before:
        case Kind::saved_on:
        case Kind::saved_since:
        case Kind::older:
        case Kind::younger:
        case Kind::larger:
        case Kind::smaller:
        case Kind::modseq:
        case Kind::emailid:
        case Kind::nothing: return 0;
    }
    return 0;
}

bool looks_for_text(Kind kind)
{
    return kind == Kind::header || kind == Kind::addresses || kind == Kind::body ||
           kind == Kind::text;
}

// What is the same for every message is worked out once: sets get their '*', keywords their bit,
// "$" its UIDs, intervals their end, text its form, children their order.
void prepare(SearchKey& key, const mailbox::Mailbox& mailbox, const SearchContext& context)
{
    if (key.set.is_saved_result()) {
        key.kind = Kind::uid;
        key.set = context.saved != nullptr ? *context.saved : model::SequenceSet();
    }
    const uint32_t exists = mailbox.exists();
    if (key.kind == Kind::sequence) key.set.resolve(exists);
    if (key.kind == Kind::uid) key.set.resolve(exists == 0 ? 0 : mailbox.uid(exists));
    if (key.kind == Kind::keyword || key.kind == Kind::unkeyword) {
        const auto& names = mailbox.keywords();
        size_t bit = 0;
        while (bit < names.size() && !equal_nocase(names[bit], key.text)) bit++;
        key.number = static_cast<uint32_t>(std::min(bit, model::kMaxKeywords));
        if (bit == names.size()) key.number = model::kMaxKeywords;
    }
    key.time = context.now - key.number;
    if (looks_for_text(key.kind)) key.matcher.emplace(key.text, context.form);
    for (auto& child : key.children) prepare(child, mailbox, context);
    auto cheaper = [](const SearchKey& a, const SearchKey& b) { return cost_of(a) < cost_of(b); };
    std::stable_sort(key.children.begin(), key.children.end(), cheaper);
}

// Bodies that need not be read. What is a few messages is read sooner than the index is asked, and
// without regard of spaces a text need not have the words of what is looked for. The index is asked
// for so many keys of a search: each answer takes time and memory.
class IndexQuestions {
 public:
    explicit IndexQuestions(mailbox::Mailbox& mailbox) : mailbox_(mailbox) {}

    void ask(SearchKey& key)
    {
        if ((key.kind == Kind::body || key.kind == Kind::text) && left_ > 0) {
            left_--;
            key.without = mailbox_.uids_without(key.text);
        }
        for (auto& child : key.children) ask(child);
    }

 private:
    mailbox::Mailbox& mailbox_;
    size_t left_ = 10;
};

class Evaluator {
 public:
    Evaluator(mailbox::Mailbox& mailbox, uint32_t sequence)
        : mailbox_(mailbox), sequence_(sequence), header_(mailbox, sequence)
    {
    }

    // A key's matcher is used up to the message's end, and begins anew at the next.
    Result<bool> matches(SearchKey& key)
    {
        if (key.kind == Kind::all) return every(key);
        if (key.kind == Kind::either) return any(key);
        if (key.kind == Kind::negated) {
            TRY_ASSIGN(const bool found, matches(key.children[0]));
            return !found;
        }
        if (cost_of(key) == 0) return matches_index(key);
        if (key.kind == Kind::header || key.kind == Kind::addresses) return matches_field(key);
        if (key.kind == Kind::body || key.kind == Kind::text) return matches_text(key);
        return matches_date(key);
    }

 private:
    Result<bool> every(SearchKey& key)
    {
        for (auto& child : key.children) {
            TRY_ASSIGN(const bool found, matches(child));
            if (!found) return false;
        }
        return true;
    }

    Result<bool> any(SearchKey& key)
    {
        for (auto& child : key.children) {
            TRY_ASSIGN(const bool found, matches(child));
            if (found) return true;
        }
        return false;
    }

    // Most searches get along without it.
    const mailbox::MessageInfo& info()
    {
        if (!info_) info_ = mailbox_.message(sequence_);
        return *info_;
    }

    bool has_keyword(const SearchKey& key)
    {
        return key.number < model::kMaxKeywords && info().keywords[key.number];
    }

    int64_t day() { return text::day_of({info().internaldate, info().zone_minutes}); }

    // Where no such date was kept it is the internal one (RFC 8514 4.3).
    int64_t saved_day()
    {
        const int64_t saved = info().save_date;
        if (saved == 0) return day();
        return text::day_of({saved, text::local_zone_minutes(saved)});
    }

    bool matches_index(const SearchKey& key)
    {
        switch (key.kind) {
            case Kind::sequence: return key.set.contains(sequence_);
            case Kind::uid: return key.set.contains(mailbox_.uid(sequence_));
            case Kind::flags_set: return (info().system_flags & key.bits) == key.bits;
            case Kind::flags_clear: return (info().system_flags & key.bits) == 0;
            case Kind::recent: return info().recent;
            case Kind::old: return !info().recent;
            case Kind::keyword: return has_keyword(key);
            case Kind::unkeyword: return !has_keyword(key);
            case Kind::before: return day() < key.day;
            case Kind::on: return day() == key.day;
            case Kind::since: return day() >= key.day;
            case Kind::saved_before: return saved_day() < key.day;
            case Kind::saved_on: return saved_day() == key.day;
            case Kind::saved_since: return saved_day() >= key.day;
            case Kind::older: return info().internaldate <= key.time;
            case Kind::younger: return info().internaldate >= key.time;
            case Kind::larger: return info().size > key.number;
            case Kind::smaller: return info().size < key.number;
            case Kind::modseq: return info().modseq >= key.modseq;
            case Kind::emailid: return email_id(info().guid) == key.text;
            case Kind::nothing: return false;
            case Kind::all:
            case Kind::either:
            case Kind::negated:
            case Kind::sent_before:
            case Kind::sent_on:
            case Kind::sent_since:
            case Kind::header:
            case Kind::addresses:
            case Kind::body:
            case Kind::text: break;
        }
        return false;
    }

    Result<bool> matches_field(SearchKey& key)
    {
        TRY_ASSIGN(const std::string_view header, header_.with(key.name));
        text::TextMatcher& matcher = *key.matcher;
        if (key.kind == Kind::addresses) return text::addresses_contain(header, key.name, matcher);
        text::HeaderCursor cursor(header);
        while (auto field = cursor.next()) {
            if (!equal_nocase(field->name, key.name)) continue;
            if (matcher.is_in(text::decode_words(field->value))) return true;
        }
        return false;
    }

    // Without a Date: header that can be read, a message was not sent on any day.
    Result<bool> matches_date(const SearchKey& key)
    {
        TRY_ASSIGN(const auto sent, mailbox_.sent(sequence_));
        if (!sent) return false;
        const int64_t day = text::day_of(*sent);
        if (key.kind == Kind::sent_before) return day < key.day;
        if (key.kind == Kind::sent_on) return day == key.day;
        return day >= key.day;
    }

    Result<bool> matches_text(SearchKey& key)
    {
        if (key.without.contains(mailbox_.uid(sequence_))) return false;
        TRY_ASSIGN(const std::string_view bytes, header_.message());
        text::TextMatcher& matcher = *key.matcher;
        if (key.kind == Kind::text &&
            text::header_contains(bytes.substr(0, text::header_size(bytes)), matcher))
            return true;
        if (!message_) message_ = text::parse_message(bytes);
        return text::body_contains(bytes, *message_, matcher);
    }

    mailbox::Mailbox& mailbox_;
    uint32_t sequence_;
    std::optional<mailbox::MessageInfo> info_;
    MessageHeader header_;
    std::optional<text::Message> message_;
};

// Takes out of reach what a set leaves out, if all must be in it: a search in a few messages of a
// large mailbox looks at those.
void narrow(model::SequenceSet& reach, const SearchKey& key, const mailbox::Mailbox& mailbox)
{
    if (key.kind == Kind::sequence) reach.intersect(key.set);
    if (key.kind == Kind::uid) {
        model::SequenceSet numbers;
        for (const auto& range : key.set.ranges()) {
            const uint32_t first = first_from(mailbox, range.first);
            const uint32_t behind = range.last == UINT32_MAX ? mailbox.exists() + 1
                                                             : first_from(mailbox, range.last + 1);
            if (first < behind) numbers.append(first, behind - 1);
        }
        reach.intersect(numbers);
    }
    if (key.kind != Kind::all) return;
    for (const auto& child : key.children) narrow(reach, child, mailbox);
}

constexpr uint64_t kFewMessages = 50;
// To look at the time costs as much as to look at a message that need not be read.
constexpr uint32_t kCheapMessages = 100;

bool covers_more_than(const model::SequenceSet& set, uint64_t count)
{
    uint64_t sum = 0;
    for (const auto& range : set.ranges()) sum += uint64_t{range.last} - range.first + 1;
    return sum > count;
}

}  // namespace

Result<std::vector<uint32_t>> search_mailbox(mailbox::Mailbox& mailbox, SearchKey root,
                                             const SearchContext& context, PassedOver* passed_over)
{
    PassedOver left_out;
    prepare(root, mailbox, context);
    model::SequenceSet reach;
    if (mailbox.exists() > 0) reach.append(1, mailbox.exists());
    narrow(reach, root, mailbox);
    if (context.within != nullptr) reach.intersect(*context.within);
    if (context.form.spaces != text::SearchForm::Spaces::skip &&
        covers_more_than(reach, kFewMessages))
        IndexQuestions(mailbox).ask(root);
    const uint32_t pace = cost_of(root) == 2 ? 1 : kCheapMessages;
    std::vector<uint32_t> found;
    for (const auto& range : reach.ranges()) {
        for (uint32_t n = range.first; n <= range.last; n++) {
            if (context.progress && (n - range.first) % pace == 0)
                context.progress(n - 1, mailbox.exists());
            if (mailbox.is_expunged(n)) {
                left_out.expunged = true;
                continue;
            }
            Evaluator evaluator(mailbox, n);
            auto matched = evaluator.matches(root);
            // Gone since we looked, or damaged: it matches nothing.
            left_out.expunged = left_out.expunged || matched.is(Code::not_found);
            left_out.damaged = left_out.damaged || matched.is(Code::corrupt);
            if (!matched && MessageHeader::is_lost(matched.error())) continue;
            TRY_ASSIGN(const bool hit, std::move(matched));
            if (hit) found.push_back(n);
        }
    }
    if (passed_over != nullptr) *passed_over = left_out;
    return found;
}

}  // namespace rookery::imapd
