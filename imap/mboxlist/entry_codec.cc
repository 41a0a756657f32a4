#include "imap/mboxlist/entry_codec.h"

#include <algorithm>
#include <array>

#include "lib/base/strings.h"

namespace rookery::mboxlist {
namespace {

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;

constexpr std::string_view kVersion = "1";
constexpr std::string_view kWithElsewhere = "2";  // two fields more, before the ACL
constexpr std::string_view kWithOther = "3";      // and three more behind these
// In the order of the enumerators.
constexpr std::array<std::string_view, 4> kStates{"active", "reserved", "moving", "deleted"};
constexpr std::array<std::string_view, 8> kPendings{
    "none", "create", "remove", "rename", "update", "rename-out", "partition-out", "partition-in"};

void put_field(std::string& out, std::string_view text)
{
    if (text.empty()) out += '-';
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool lone_dash = c == '-' && text.size() == 1;
        if (static_cast<unsigned char>(c) <= ' ' || c == '%' || c == '\x7f' || lone_dash)
            cat_to(out, '%', hex(std::string_view(&c, 1)));
        else
            out += c;
    }
    out += ' ';
}

Error broken(std::string_view what)
{
    return {Code::corrupt, cat("mailbox list: broken ", what)};
}

// Takes fields from the front of a value.
class Fields {
 public:
    explicit Fields(std::string_view rest) : rest_(rest) {}

    Result<std::string_view> word(std::string_view what)
    {
        const size_t space = rest_.find(' ');
        if (space == std::string_view::npos || space == 0) return broken(what);
        const std::string_view field = rest_.substr(0, space);
        rest_.remove_prefix(space + 1);
        return field;
    }
    Result<std::string> text(std::string_view what)
    {
        TRY_ASSIGN(const std::string_view field, word(what));
        if (field == "-") return std::string();
        if (field.find('%') == std::string_view::npos) return std::string(field);
        std::string out;
        for (size_t i = 0; i < field.size(); ++i) {
            if (field[i] != '%') {
                out += field[i];
                continue;
            }
            auto byte = unhex(field.substr(i + 1, 2));
            if (!byte || byte->size() != 1) return broken(what);
            out += *byte;
            i += 2;
        }
        return out;
    }
    Result<uint64_t> number(std::string_view what)
    {
        TRY_ASSIGN(const std::string_view field, word(what));
        auto n = to_number<uint64_t>(field);
        if (!n) return broken(what);
        return *n;
    }
    template <size_t N>
    Result<size_t> one_of(const std::array<std::string_view, N>& words, std::string_view what)
    {
        TRY_ASSIGN(const std::string_view field, word(what));
        const auto at = std::find(words.begin(), words.end(), field);
        if (at == words.end()) return broken(what);
        return static_cast<size_t>(at - words.begin());
    }
    std::string_view rest() const { return rest_; }

 private:
    std::string_view rest_;
};

Result<MailboxEntry> decode(std::string_view name_key, std::string_view value)
{
    Fields fields(value);
    TRY_ASSIGN(const std::string_view version, fields.word("version"));
    if (version != kVersion && version != kWithElsewhere && version != kWithOther) {
        const bool later = to_number<uint32_t>(version).ok();
        return Error{
            later ? Code::unsupported : Code::corrupt,
            cat("mailbox list: entry of version ", version, "; this program knows 1 to 3")};
    }
    TRY_ASSIGN(MailboxName name, MailboxName::from_key(name_key));
    MailboxEntry e{std::move(name), EntryState::active, {}, {}, {}, {}};
    TRY_ASSIGN(const size_t state, fields.one_of(kStates, "state"));
    e.state = static_cast<EntryState>(state);
    TRY_ASSIGN(const size_t pending, fields.one_of(kPendings, "pending change"));
    e.pending = static_cast<Pending>(pending);
    TRY_ASSIGN(e.server, fields.text("server"));
    TRY_ASSIGN(e.partition, fields.text("partition"));
    TRY_ASSIGN(e.uniqueid, fields.text("unique id"));
    TRY_ASSIGN(e.uidvalidity, fields.number("UIDVALIDITY"));
    TRY_ASSIGN(e.serial, fields.number("serial"));
    if (version != kVersion) {
        model::WireLocation elsewhere;
        TRY_ASSIGN(elsewhere.server, fields.text("server elsewhere"));
        TRY_ASSIGN(elsewhere.partition, fields.text("partition elsewhere"));
        const bool given = !elsewhere.server.empty() || !elsewhere.partition.empty();
        if (given || version == kWithElsewhere) e.elsewhere = std::move(elsewhere);
    }
    if (version == kWithOther) {
        TRY_ASSIGN(const std::string other, fields.text("other name"));
        TRY_ASSIGN(std::string partition, fields.text("other partition"));
        TRY_ASSIGN(MailboxName other_name, MailboxName::from_internal(other));
        e.other = model::Counterpart{std::move(other_name), std::move(partition)};
        TRY_ASSIGN(e.operation, fields.text("operation"));
    }
    TRY_ASSIGN(e.acl, model::Acl::parse(fields.rest()));
    return e;
}

}  // namespace

std::string encode_entry(const MailboxEntry& entry)
{
    const std::string_view version = entry.other       ? kWithOther
                                     : entry.elsewhere ? kWithElsewhere
                                                       : kVersion;
    std::string out = cat(version, ' ', kStates[static_cast<size_t>(entry.state)], ' ',
                          kPendings[static_cast<size_t>(entry.pending)], ' ');
    put_field(out, entry.server);
    put_field(out, entry.partition);
    put_field(out, entry.uniqueid);
    cat_to(out, entry.uidvalidity, ' ', entry.serial, ' ');
    if (version != kVersion) {
        const auto elsewhere = entry.elsewhere.value_or(model::WireLocation{});
        put_field(out, elsewhere.server);
        put_field(out, elsewhere.partition);
    }
    if (entry.other) {
        put_field(out, entry.other->name.internal());
        put_field(out, entry.other->partition);
        put_field(out, entry.operation);
    }
    out += entry.acl.to_string();
    return out;
}

Result<MailboxEntry> decode_entry(std::string_view name_key, std::string_view value)
{
    auto entry = decode(name_key, value);
    if (entry) return entry;
    const Code code = entry.is(Code::unsupported) ? Code::unsupported : Code::corrupt;
    std::string name(name_key);
    for (char& c : name)
        if (c == '\x1f') c = '.';
    return Error{code, cat(entry.error().text, " (", name, ")")};
}

}  // namespace rookery::mboxlist
