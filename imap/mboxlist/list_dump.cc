#include "imap/mboxlist/list_dump.h"

#include <algorithm>
#include <optional>

#include "lib/base/strings.h"
#include "lib/text/json.h"

namespace rookery::mboxlist {
namespace {

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;

constexpr int kMaxDepth = 8;
// Bits of the numeric type in old dumps.
constexpr uint64_t kRemoteBit = 1;
constexpr uint64_t kReservedBit = 2;
constexpr uint64_t kDeletedBit = 4;
constexpr uint64_t kMovingBit = 8;

// --- writing

void put_member(std::string& out, std::string_view key, std::string_view text)
{
    if (text.empty()) return;
    cat_to(out, ", \"", key, "\": ");
    text::put_json_string(out, text);
}

// --- reading JSON, only as far as a dump needs it

class Reader {
 public:
    explicit Reader(std::string_view text) : text_(text) {}

    Error wrong(std::string_view why) const
    {
        const auto line =
            std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
        const bool cut = at_ >= text_.size();
        return {Code::syntax, cat("line ", line + 1, ": ", cut ? "the file ends here: " : "", why)};
    }
    void skip_space()
    {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }
    bool take(char c)
    {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    Status expect(char c)
    {
        if (take(c)) return success();
        return wrong(cat("'", c, "' expected"));
    }
    bool at_end()
    {
        skip_space();
        return at_ >= text_.size();
    }

    Result<std::string> string()
    {
        TRY(expect('"'));
        std::string out;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') return out;
            if (static_cast<unsigned char>(c) < 0x20) return wrong("a control byte in a string");
            if (c != '\\') {
                out += c;
                continue;
            }
            TRY(escape(out));
        }
        return wrong("a string without its end");
    }
    // Null is none.
    Result<std::optional<std::string>> string_or_null()
    {
        skip_space();
        if (word("null")) return std::optional<std::string>();
        TRY_ASSIGN(std::string text, string());
        return std::optional<std::string>(std::move(text));
    }
    // { "key": value, ... }; member reads the value.
    Status object(const std::function<Status(const std::string& key)>& member)
    {
        TRY(expect('{'));
        if (take('}')) return success();
        do {
            TRY_ASSIGN(const std::string key, string());
            TRY(expect(':'));
            TRY(member(key));
        } while (take(','));
        return expect('}');
    }
    Status skip_value(int depth)
    {
        if (depth > kMaxDepth) return wrong("nested too deep");
        skip_space();
        if (at_ >= text_.size()) return wrong("a value expected");
        switch (text_[at_]) {
            case '"': TRY(string()); return success();
            case '{': return object([&](const std::string&) { return skip_value(depth + 1); });
            case '[':
                ++at_;
                if (take(']')) return success();
                do TRY(skip_value(depth + 1));
                while (take(','));
                return expect(']');
            default: break;
        }
        const size_t end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
        if (end == at_) return wrong("a value expected");
        at_ = end;
        return success();
    }

 private:
    bool word(std::string_view w)
    {
        if (!text_.substr(at_).starts_with(w)) return false;
        at_ += w.size();
        return true;
    }
    Status escape(std::string& out)
    {
        if (at_ >= text_.size()) return wrong("a string without its end");
        const char c = text_[at_++];
        switch (c) {
            case 'b': out += '\b'; return success();
            case 'f': out += '\f'; return success();
            case 'n': out += '\n'; return success();
            case 'r': out += '\r'; return success();
            case 't': out += '\t'; return success();
            case '"':
            case '\\':
            case '/': out += c; return success();
            case 'u': break;
            default: return wrong("an unknown escape in a string");
        }
        auto code = unhex(text_.substr(at_, 4));
        if (!code || code->size() != 2) return wrong("a broken \\u in a string");
        at_ += 4;
        const auto n = static_cast<unsigned>(static_cast<unsigned char>((*code)[0])) << 8 |
                       static_cast<unsigned char>((*code)[1]);
        if (n >= 0x80) return wrong("a character that no mailbox name or identifier has");
        out += static_cast<char>(n);
        return success();
    }

    std::string_view text_;
    size_t at_ = 0;
};

struct Dumped {
    std::optional<std::string> partition, server, uniqueid, type, uidvalidity;
    model::Acl acl;
};

Status read_acl(Reader& in, model::Acl& acl)
{
    return in.object([&](const std::string& identifier) -> Status {
        TRY_ASSIGN(const std::string letters, in.string());
        auto rights = model::Rights::parse(letters);
        if (!rights) return in.wrong(cat("rights \"", letters, "\""));
        acl.set(identifier, *rights);
        return success();
    });
}

Status read_member(Reader& in, Dumped& d)
{
    return in.object([&](const std::string& key) -> Status {
        std::optional<std::string>* field = key == "partition"     ? &d.partition
                                            : key == "server"      ? &d.server
                                            : key == "uniqueid"    ? &d.uniqueid
                                            : key == "mbtype"      ? &d.type
                                            : key == "uidvalidity" ? &d.uidvalidity
                                                                   : nullptr;
        if (field) {
            TRY_ASSIGN(*field, in.string_or_null());
            return success();
        }
        return key == "acl" ? read_acl(in, d.acl) : in.skip_value(0);
    });
}

bool has_flag(const Dumped& d, char flag)
{
    return d.type && d.type->find(flag, 1) != std::string::npos;
}

}  // namespace

// With the spaces and in the order of Cyrus 3.6, for who reads it by lines; what an entry has not
// has no member.
std::string dump_member(const MailboxEntry& entry)
{
    std::string out;
    text::put_json_string(out, entry.name.internal());
    out += ": {\"name\": ";
    text::put_json_string(out, entry.name.internal());
    cat_to(out, ", \"mtime\": \"0\", \"uidvalidity\": \"", entry.uidvalidity,
           "\", \"createdmodseq\": \"0\", \"foldermodseq\": \"0\", \"mbtype\": \"e");
    if (entry.state == EntryState::deleted) out += 'd';
    if (entry.state == EntryState::moving) out += 'm';
    if (!entry.is_local()) out += 'r';
    if (entry.state == EntryState::reserved) out += 'z';
    out += '"';
    put_member(out, "partition", entry.partition);
    put_member(out, "server", entry.server);
    out += ", \"acl\": {";
    bool first = true;
    for (const auto& part : entry.acl.entries()) {
        if (!first) out += ", ";
        first = false;
        text::put_json_string(out, part.identifier);
        out += ": ";
        text::put_json_string(out, part.rights.to_string());
    }
    out += '}';
    put_member(out, "uniqueid", entry.uniqueid);
    return out + ", \"name_history\": []}";
}

std::string dump_legacy_line(const MailboxEntry& entry)
{
    uint64_t type = entry.is_local() ? 0 : kRemoteBit;
    if (entry.state == EntryState::reserved) type |= kReservedBit;
    if (entry.state == EntryState::moving) type |= kMovingBit;
    const std::string location =
        entry.is_local() ? entry.partition
                         : model::to_string(model::WireLocation{entry.server, entry.partition});
    std::string out =
        cat(entry.name.internal(), '\t', type, ' ', location, ' ', entry.acl.to_string());
    if (!entry.uniqueid.empty())
        cat_to(out, " >", entry.uniqueid, " 0 ", entry.uidvalidity, " 0 0 ");
    return out + "\n";
}

Status read_dump(std::string_view text, std::string_view own_server, const EachDumped& each)
{
    Reader in(text);
    const auto member = [&](const std::string& key) -> Status {
        Dumped d;
        TRY(read_member(in, d));
        if (has_flag(d, 'i') || has_flag(d, 'd')) return success();
        auto name = MailboxName::from_internal(key);
        if (!name) return in.wrong(cat(name.error().text, " (", key, ")"));
        MailboxEntry e{*std::move(name), EntryState::active, {}, {}, {}, {}};
        if (has_flag(d, 'm')) e.state = EntryState::moving;
        if (has_flag(d, 'z')) e.state = EntryState::reserved;
        e.server = d.server.value_or("");
        if (e.server == own_server) e.server.clear();
        e.partition = d.partition.value_or("");
        if (e.is_local() && e.partition.empty()) return in.wrong(cat(key, " has no partition"));
        e.acl = std::move(d.acl);
        e.uniqueid = d.uniqueid.value_or("");
        auto uidvalidity = to_number<uint64_t>(d.uidvalidity.value_or("0"));
        if (!uidvalidity) return in.wrong(cat(key, " has a broken uidvalidity"));
        e.uidvalidity = *uidvalidity;
        return each(std::move(e));
    };
    TRY(in.object(member));
    if (!in.at_end()) return in.wrong("something comes after the end of the list");
    return success();
}

namespace {

// The part of an old line behind '>': unique id, time, UIDVALIDITY and more.
Status read_tail(std::string_view tail, MailboxEntry& e)
{
    const auto words = split_words(tail);
    if (!words.empty()) e.uniqueid = std::string(words[0]);
    if (words.size() < 3) return success();
    auto n = to_number<uint64_t>(words[2]);
    if (!n) return Error{Code::syntax, "broken UIDVALIDITY"};
    e.uidvalidity = *n;
    return success();
}

Result<std::optional<MailboxEntry>> read_line(std::string_view line, std::string_view own_server)
{
    const auto bad = [](std::string_view why) { return Error{Code::syntax, std::string(why)}; };
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return bad("no tab after the name");
    TRY_ASSIGN(MailboxName name, MailboxName::from_internal(line.substr(0, tab)));
    MailboxEntry e{std::move(name), EntryState::active, {}, {}, {}, {}};
    std::string_view rest = line.substr(tab + 1);
    const size_t space = rest.find(' ');
    auto type = to_number<uint64_t>(rest.substr(0, space));
    if (!type || space == std::string_view::npos) return bad("no type");
    if ((*type & kDeletedBit) != 0) return std::optional<MailboxEntry>();
    if ((*type & kReservedBit) != 0) e.state = EntryState::reserved;
    if ((*type & kMovingBit) != 0) e.state = EntryState::moving;
    rest.remove_prefix(space + 1);
    const size_t end = std::min(rest.find(' '), rest.size());
    TRY_ASSIGN(auto location, model::parse_location(rest.substr(0, end)));
    if (location.server != own_server) e.server = std::move(location.server);
    e.partition = std::move(location.partition);
    if ((*type & kRemoteBit) != 0 && e.server.empty() && location.server.empty())
        return bad("elsewhere, but no server is named");
    if (e.is_local() && e.partition.empty()) return bad("no partition");
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t mark = rest.find('>');
    if (mark != std::string_view::npos) TRY(read_tail(rest.substr(mark + 1), e));
    rest = rest.substr(0, mark);
    if (rest.ends_with(' ')) rest.remove_suffix(1);
    TRY_ASSIGN(e.acl, model::Acl::parse(rest));
    return std::optional<MailboxEntry>(std::move(e));
}

}  // namespace

Status read_legacy_dump(std::string_view text, std::string_view own_server, const EachDumped& each)
{
    for (size_t number = 1; !text.empty(); ++number) {
        const size_t newline = text.find('\n');
        if (newline == std::string_view::npos)
            return Error{Code::syntax, cat("line ", number, ": the file ends within it")};
        std::string_view line = text.substr(0, newline);
        text.remove_prefix(newline + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        auto entry = read_line(line, own_server);
        if (!entry) return Error{Code::syntax, cat("line ", number, ": ", entry.error().text)};
        if (*entry) TRY(each(*std::move(*entry)));
    }
    return success();
}

bool is_legacy_dump(std::string_view text)
{
    const std::string_view start = trim(text.substr(0, 4096));
    return !start.empty() && start.front() != '{';
}

}  // namespace rookery::mboxlist
