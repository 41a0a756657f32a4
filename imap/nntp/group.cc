#include "imap/nntp/group.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::nntp {

Marks marks_of(uint32_t count, uint32_t first, uint32_t uidnext)
{
    Marks marks;
    marks.is_closed = uidnext > kMaxNumber;
    marks.count = first > kMaxNumber ? 0 : count;
    marks.high = std::min(uidnext == 0 ? kMaxNumber : uidnext - 1, kMaxNumber);
    marks.low = marks.count == 0 ? std::min(marks.high, kMaxNumber - 1) + 1 : first;
    if (marks.count == 0) marks.high = marks.low - 1;
    return marks;
}

Result<Range> parse_range(std::string_view text)
{
    const Error bad{Code::syntax, "That is no range of articles"};
    const size_t dash = text.find('-');
    const auto first = to_number<uint32_t>(text.substr(0, dash), kMaxNumber);
    if (!first) return bad;
    if (dash == text.npos) return Range{*first, *first};
    if (dash + 1 == text.size()) return Range{*first, kMaxNumber};
    const auto last = to_number<uint32_t>(text.substr(dash + 1), kMaxNumber);
    if (!last) return bad;
    return Range{*first, *last};
}

std::string shown(std::string_view value)
{
    std::string out = text::unfold(value);
    for (char& c : out)
        if (c == '\t' || c == '\r' || c == '\n' || c == '\0') c = ' ';
    return out;
}

Result<std::unique_ptr<Group>> Group::open(mailbox::MailboxStore& store,
                                           const model::MailboxEntry& entry,
                                           const std::string& userid, std::string name)
{
    TRY_ASSIGN(auto view, store.open(entry, userid, mailbox::OpenMode::read_only));
    std::unique_ptr<Group> group(new Group(std::move(view), std::move(name)));
    group->current_ = group->behind(0);
    return group;
}

Status Group::look()
{
    header_of_.reset();
    TRY(view_->refresh(true));
    return success();
}

uint32_t Group::from(uint32_t uid) const
{
    uint32_t low = 1, high = view_->exists() + 1;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (view_->uid(middle) < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Marks Group::marks() const
{
    const uint32_t count = from(kMaxNumber) - 1 + (has(kMaxNumber) ? 1 : 0);
    Marks marks = marks_of(count, count == 0 ? 0 : view_->uid(1), view_->uidnext());
    marks.made = view_->uidvalidity();
    return marks;
}

bool Group::has(uint32_t number) const
{
    return number != 0 && number <= kMaxNumber && view_->sequence_of(number) != 0;
}

Result<uint32_t> Group::sequence(uint32_t number) const
{
    if (!has(number)) return Error{Code::not_found, "No such article"};
    return view_->sequence_of(number);
}

uint32_t Group::before(uint32_t number) const
{
    const uint32_t at = from(number);
    return at <= 1 ? 0 : view_->uid(at - 1);
}

uint32_t Group::behind(uint32_t number) const
{
    const uint32_t at = from(number + 1);
    if (at > view_->exists()) return 0;
    const uint32_t uid = view_->uid(at);
    return uid > kMaxNumber ? 0 : uid;
}

std::vector<uint32_t> Group::numbers(const Range& range) const
{
    std::vector<uint32_t> all;
    for (uint32_t at = from(range.first); at <= view_->exists(); ++at) {
        const uint32_t uid = view_->uid(at);
        if (uid > range.last) break;
        all.push_back(uid);
    }
    return all;
}

Result<std::unique_ptr<mailbox::Content>> Group::content(uint32_t number)
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    return view_->content(at);
}

int64_t Group::arrived(uint32_t number) const
{
    const auto at = sequence(number);
    return at ? view_->message(*at).internaldate : 0;
}

Result<std::string_view> Group::header_with(uint32_t number, std::string_view name)
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    TRY_ASSIGN(const text::KeptFields kept, view_->kept_fields(at));
    if (kept.keeps(name)) return kept.fields();
    TRY_ASSIGN(header_of_, view_->content(at));
    const std::string_view bytes = header_of_->bytes();
    return bytes.substr(0, text::header_size(bytes));
}

Result<std::optional<std::string>> Group::field(uint32_t number, std::string_view name)
{
    TRY_ASSIGN(const std::string_view header, header_with(number, name));
    const auto value = text::find_field(header, name);
    if (!value) return std::optional<std::string>();
    return std::optional(shown(*value));
}

Result<uint64_t> Group::bytes(uint32_t number)
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    auto octets = view_->octets(at);
    if (!octets) return uint64_t{view_->message(at).size};
    return octets;
}

// The cache knows the lines of a text that is the whole body: they end what it keeps of BODY.
Result<uint64_t> Group::lines(uint32_t number)
{
    TRY_ASSIGN(const uint32_t at, sequence(number));
    TRY_ASSIGN(const mailbox::CachedItems cached, view_->cached(at));
    std::string_view body = cached.body;
    if (starts_with_nocase(body, "(\"TEXT\" ") && body.ends_with(')')) {
        body.remove_suffix(1);
        const auto count = to_number<uint32_t>(body.substr(body.rfind(' ') + 1));
        if (count) return uint64_t{*count};
    }
    TRY_ASSIGN(const auto content, view_->content(at));
    std::string_view text = content->bytes();
    text.remove_prefix(text::header_size(text));
    auto count = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
    return text.empty() || text.ends_with('\n') ? count : count + 1;
}

}  // namespace rookery::nntp
