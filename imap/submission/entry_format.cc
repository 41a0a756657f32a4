#include "imap/submission/entry_format.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/strings.h"

namespace rookery::submission {
namespace {

constexpr std::string_view kEntryMagic = "rookery submission ";
constexpr std::string_view kStateMagic = "rookery submission state ";
constexpr uint64_t kVersion = 1;

constexpr std::array<std::string_view, 6> kKinds = {"redirect", "vacation", "notify",
                                                    "reject",   "article",  "feed"};

bool has_control(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

Status check_text(std::string_view what, std::string_view text)
{
    if (has_control(text)) return Error{Code::syntax, cat(what, " with a control character")};
    if (text.size() > kMaxAddress) return Error{Code::limit, cat(what, " is too long")};
    return success();
}

Error damaged(std::string_view what)
{
    return Error{Code::corrupt, cat("damaged: ", what)};
}

// A file of lines "key value".
class Lines {
 public:
    explicit Lines(std::string_view text) : text_(text) {}
    size_t position() const { return at_; }
    // The value of the next line, if its key is this one.
    std::optional<std::string_view> take(std::string_view key)
    {
        const size_t end = text_.find('\n', at_);
        if (end == text_.npos) return std::nullopt;
        std::string_view line = text_.substr(at_, end - at_);
        if (!line.starts_with(key)) return std::nullopt;
        line.remove_prefix(key.size());
        if (!line.empty() && line.front() != ' ') return std::nullopt;
        at_ = end + 1;
        return line.empty() ? line : line.substr(1);
    }
    Result<uint64_t> number(std::string_view key, uint64_t max)
    {
        const auto value = take(key);
        auto number = to_uint64(value.value_or(""), max);
        if (!number) return damaged(key);
        return number;
    }

 private:
    std::string_view text_;
    size_t at_ = 0;
};

Status check_version(Lines& lines, std::string_view magic)
{
    const auto value = lines.take(magic.substr(0, magic.size() - 1));
    const auto version = to_uint64(value.value_or(""), UINT32_MAX);
    if (!version) return damaged("its first line");
    if (*version > kVersion) return Error{Code::unsupported, "of a newer version"};
    return success();
}

std::string crc_text(uint32_t crc)
{
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((crc >> shift) & 0xff);
    return hex(bytes);
}

Result<Outgoing> parse_mail(Lines& lines, std::string_view kind)
{
    Outgoing mail;
    const auto* found = std::find(kKinds.begin(), kKinds.end(), kind);
    if (found == kKinds.end()) return damaged("a mail's kind");
    mail.kind = static_cast<Kind>(found - kKinds.begin());
    const auto owner = lines.take("owner");
    const auto from = lines.take("from");
    if (!owner || !from) return damaged("an envelope");
    mail.owner = *owner;
    mail.from = *from;
    while (const auto to = lines.take("to")) mail.to.emplace_back(*to);
    if (!check_outgoing(mail)) return damaged("an envelope");
    return mail;
}

}  // namespace

std::string_view kind_word(Kind kind)
{
    return kKinds[static_cast<size_t>(kind)];
}

Status check_outgoing(const Outgoing& mail)
{
    TRY(check_text("sender", mail.from));
    TRY(check_text("owner", mail.owner));
    if (mail.to.empty()) return Error{Code::syntax, "no recipient"};
    if (mail.to.size() > kMaxRecipients) return Error{Code::limit, "too many recipients"};
    for (const std::string& to : mail.to) {
        TRY(check_text("recipient", to));
        if (to.empty() || to.front() == '-') return Error{Code::syntax, "not a recipient"};
    }
    return success();
}

uint32_t crc_of(std::span<const std::string_view> pieces)
{
    uLong crc = ::crc32(0, nullptr, 0);
    for (const std::string_view piece : pieces)
        if (!piece.empty())
            crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    return static_cast<uint32_t>(crc);
}

std::string to_text(const Head& head)
{
    std::string out = cat(kEntryMagic, kVersion, "\narrived ", head.arrived, "\nsize ", head.size,
                          "\ncrc ", crc_text(head.crc), '\n');
    for (const Outgoing& mail : head.mails) {
        cat_to(out, "mail ", kind_word(mail.kind), "\nowner ", mail.owner, "\nfrom ", mail.from,
               '\n');
        for (const std::string& to : mail.to) cat_to(out, "to ", to, '\n');
    }
    const std::string_view all = out;
    const std::string crc = crc_text(crc_of({&all, 1}));
    cat_to(out, "end ", crc, '\n');
    return out;
}

Result<Head> parse_head(std::string_view file)
{
    Lines lines(file.substr(0, kMaxHead));
    TRY(check_version(lines, kEntryMagic));
    Head head;
    TRY_ASSIGN(const uint64_t arrived, lines.number("arrived", INT64_MAX));
    head.arrived = static_cast<int64_t>(arrived);
    TRY_ASSIGN(head.size, lines.number("size", INT64_MAX));
    const auto crc = lines.take("crc");
    while (const auto kind = lines.take("mail")) {
        if (head.mails.size() == kMaxMails) return damaged("too many mails");
        TRY_ASSIGN(Outgoing mail, parse_mail(lines, *kind));
        head.mails.push_back(std::move(mail));
    }
    const std::string_view all = file.substr(0, lines.position());
    const auto end = lines.take("end");
    if (!crc || crc->size() != 8 || !end || *end != crc_text(crc_of({&all, 1})))
        return damaged("its envelopes");
    const auto bytes = unhex(*crc);
    if (!bytes) return damaged("its envelopes");
    for (const char byte : *bytes) head.crc = head.crc << 8 | static_cast<unsigned char>(byte);
    head.bytes = lines.position();
    return head;
}

std::string to_text(const TryState& state)
{
    std::string reason = state.reason.substr(0, kMaxReason);
    for (char& c : reason)
        if (has_control({&c, 1})) c = ' ';
    return cat(kStateMagic, kVersion, "\ntries ", state.tries, "\nnext ", state.next, "\nfailed ",
               state.failed, "\nbegun ", state.begun, "\nreason ", reason, "\nend\n");
}

Result<TryState> parse_try_state(std::string_view file)
{
    Lines lines(file);
    TRY(check_version(lines, kStateMagic));
    TryState state;
    TRY_ASSIGN(const uint64_t tries, lines.number("tries", UINT32_MAX));
    TRY_ASSIGN(const uint64_t next, lines.number("next", INT64_MAX));
    TRY_ASSIGN(const uint64_t failed, lines.number("failed", INT64_MAX));
    TRY_ASSIGN(const uint64_t begun, lines.number("begun", INT64_MAX));
    const auto reason = lines.take("reason");
    if (!reason || !lines.take("end")) return damaged("its state");
    state.tries = static_cast<unsigned>(tries);
    state.next = static_cast<int64_t>(next);
    state.failed = static_cast<int64_t>(failed);
    state.begun = static_cast<int64_t>(begun);
    state.reason = *reason;
    return state;
}

}  // namespace rookery::submission
