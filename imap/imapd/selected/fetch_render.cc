#include "imap/imapd/selected/fetch_render.h"

#include <algorithm>
#include <memory>
#include <string>

#include "imap/imapd/selected/message_set.h"
#include "lib/text/imap_date.h"
#include "lib/text/imap_structure.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/message.h"
#include "lib/text/transfer_encoding.h"

namespace rookery::imapd {
namespace {

using Kind = FetchItem::Kind;
using text::SectionText;

// One message with what the items need of it.
class Source {
 public:
    Source(mailbox::Mailbox& mailbox, uint32_t sequence) : mailbox_(mailbox), sequence_(sequence) {}

    Status load(const FetchRequest& request)
    {
        bool cache = false;
        for (const auto& item : request.items) {
            cache = cache || needs_cache(item);
            if (item.kind == Kind::preview) TRY(load_preview(item.lazy));
            if (item.binary) {
                TRY(map());
                continue;
            }
            if (item.kind != Kind::section) continue;
            TRY_ASSIGN(const bool kept, is_kept(item));
            if (!kept) TRY(map());
        }
        if (cache) TRY(load_cache());
        for (const auto& item : request.items)
            if (item.binary && !damaged_ && !is_decodable(encoding_of(item))) undecodable_ = true;
        return success();
    }

    // What the cache says of them is for RFC 9051.
    Status hide_globals()
    {
        if (!text::may_have_globals(cached_.body)) return success();
        TRY(map());
        if (damaged_) return success();
        const text::Message message = text::parse_message(bytes());
        cached_.body = text::body(bytes(), message, text::Globals::basic);
        cached_.bodystructure = text::bodystructure(bytes(), message, text::Globals::basic);
        return success();
    }

    // What was asked for cannot be read any more: its sections are NIL.
    bool is_damaged() const { return damaged_; }
    bool is_undecodable() const { return undecodable_; }
    // The transfer encoding of a part, in upper case; of all of the message there is none.
    std::string encoding_of(const FetchItem& item) const
    {
        constexpr std::string_view kNone = "7BIT";
        if (item.path.empty()) return std::string(kNone);
        FetchItem header = item;
        header.what = SectionText::mime;
        const auto bytes = lie_of(header);
        const auto field = bytes ? text::find_field(*bytes, "content-transfer-encoding")
                                 : std::optional<std::string_view>();
        const std::string token = field ? text::parse_token(*field) : std::string();
        return token.empty() ? std::string(kNone) : token;
    }

    const mailbox::CachedItems& cached() const { return cached_; }
    // none: it cannot be had quickly.
    const std::optional<std::string>& preview() const { return preview_; }
    std::string_view bytes() const { return content_ ? content_->bytes() : std::string_view(); }

    // The bytes of a section, none if there is no such part. HEADER.FIELDS is built in `built`.
    std::optional<std::string_view> section(const FetchItem& item, std::string& built) const
    {
        const bool kept = can_be_kept(item) && keeps(item);
        if (damaged_ && !kept) return std::nullopt;
        const auto whole = kept ? kept_->fields() : lie_of(item);
        if (!whole || item.fields == FetchItem::Fields::all) return whole;
        built = text::pick_fields(*whole, item.names, item.fields == FetchItem::Fields::all_but);
        return std::string_view(built);
    }

    // As much of it as is asked for.
    std::optional<std::string_view> part(const FetchItem& item, std::string& built) const
    {
        const auto bytes = section(item, built);
        if (!bytes || !item.partial) return bytes;
        const size_t offset = std::min<size_t>(item.partial->offset, bytes->size());
        return bytes->substr(offset, item.partial->count);
    }

 private:
    static bool is_decodable(std::string_view encoding)
    {
        return encoding == "7BIT" || encoding == "8BIT" || encoding == "BINARY" ||
               encoding == "BASE64" || encoding == "QUOTED-PRINTABLE";
    }

    static bool needs_cache(const FetchItem& item)
    {
        return item.kind == Kind::envelope || item.kind == Kind::body ||
               item.kind == Kind::bodystructure || !item.path.empty();
    }

    // Some fields of the message's own header.
    static bool can_be_kept(const FetchItem& item)
    {
        return item.kind == Kind::section && item.path.empty() &&
               item.fields == FetchItem::Fields::only;
    }

    bool keeps(const FetchItem& item) const
    {
        return kept_ && std::all_of(item.names.begin(), item.names.end(),
                                    [&](const std::string& name) { return kept_->keeps(name); });
    }

    // Does the cache say it? What it says is taken along.
    Result<bool> is_kept(const FetchItem& item)
    {
        if (!can_be_kept(item)) return false;
        if (!kept_) {
            auto fields = mailbox_.kept_fields(sequence_);
            if (fields.is(Code::corrupt)) return false;  // map() says so
            TRY_ASSIGN(kept_, std::move(fields));
        }
        return keeps(item);
    }

    Status map()
    {
        if (content_ || damaged_) return success();
        auto content = mailbox_.content(sequence_);
        damaged_ = content.is(Code::corrupt);
        if (!content) return damaged_ ? success() : Status(content.error());
        content_ = *std::move(content);
        return success();
    }

    // Of a damaged message there are no words.
    Status load_preview(bool lazy)
    {
        auto words = mailbox_.preview(sequence_, lazy);
        damaged_ = damaged_ || words.is(Code::corrupt);
        preview_ = std::string();
        if (words.is(Code::corrupt)) return success();
        TRY_ASSIGN(preview_, std::move(words));
        return success();
    }

    Status load_cache()
    {
        auto cached = mailbox_.cached(sequence_);
        if (cached) {
            cached_ = *std::move(cached);
            if (text::find_section(cached_.sections, {}, SectionText::whole)) return success();
        }
        TRY(map());
        // Of a damaged message this is the structure of nothing: the grammar has no NIL here.
        const text::Message message = text::parse_message(bytes());
        cached_.envelope = text::envelope(message.root.header(bytes()));
        cached_.body = text::body(bytes(), message);
        cached_.bodystructure = text::bodystructure(bytes(), message);
        cached_.sections = text::sections(message);
        return success();
    }

    std::optional<std::string_view> lie_of(const FetchItem& item) const
    {
        const std::string_view all = bytes();
        if (item.path.empty()) {
            if (item.what == SectionText::whole) return all;
            const size_t header = text::header_size(all);
            return item.what == SectionText::text ? all.substr(header) : all.substr(0, header);
        }
        const auto found = text::find_section(cached_.sections, item.path, item.what);
        if (!found || !*found) return std::nullopt;
        const text::SectionSpan span = **found;
        if (span.offset > all.size() || span.size > all.size() - span.offset) return std::nullopt;
        return all.substr(static_cast<size_t>(span.offset), static_cast<size_t>(span.size));
    }

    mailbox::Mailbox& mailbox_;
    uint32_t sequence_;
    std::unique_ptr<mailbox::Content> content_;
    bool damaged_ = false;
    bool undecodable_ = false;
    mailbox::CachedItems cached_;
    std::optional<text::KeptFields> kept_;
    std::optional<std::string> preview_;
};

// Gives the part without its encoding to sink, piece by piece.
template <class Sink>
void decode(std::string_view bytes, const std::string& encoding, const Sink& sink)
{
    text::TransferDecoder decoder(encoding);
    std::string piece;
    for (size_t pos = 0; pos < bytes.size(); pos += kPiece) {
        piece.clear();
        decoder.feed(bytes.substr(pos, kPiece), piece);
        sink(std::string_view(piece));
    }
    piece.clear();
    decoder.finish(piece);
    sink(std::string_view(piece));
}

struct Decoded {
    uint64_t size = 0;
    bool has_nul = false;
};

Decoded measure(std::string_view bytes, const std::string& encoding)
{
    Decoded decoded;
    decode(bytes, encoding, [&](std::string_view piece) {
        decoded.size += piece.size();
        decoded.has_nul = decoded.has_nul || piece.find('\0') != piece.npos;
    });
    return decoded;
}

// Decoded twice, so that it need not be held: to know its length, and to send it.
void put_binary(stream::Stream& out, const Source& source, const FetchItem& item)
{
    out.put(item.label);
    if (item.partial) out.put('<', item.partial->offset, '>');
    std::string none;
    const auto bytes = source.section(item, none);
    if (!bytes) {
        out.put(" NIL");
        return;
    }
    const std::string encoding = source.encoding_of(item);
    const Decoded decoded = measure(*bytes, encoding);
    uint64_t begin = 0;
    uint64_t end = decoded.size;
    if (item.partial) {
        begin = std::min<uint64_t>(item.partial->offset, end);
        end = std::min<uint64_t>(begin + item.partial->count, end);
    }
    if (begin == end) {
        out.put(" \"\"");
        return;
    }
    std::string head = decoded.has_nul ? " ~" : " ";
    text::put_literal_head(head, end - begin);
    out.put(head);
    uint64_t at = 0;
    decode(*bytes, encoding, [&](std::string_view piece) {
        const uint64_t from = std::clamp(begin, at, at + piece.size()) - at;
        const uint64_t to = std::clamp(end, at, at + piece.size()) - at;
        if (from < to)
            out.put(piece.substr(static_cast<size_t>(from), static_cast<size_t>(to - from)));
        at += piece.size();
    });
}

void put_binary_size(stream::Stream& out, const Source& source, const FetchItem& item)
{
    std::string none;
    const auto bytes = source.section(item, none);
    out.put(item.label, ' ', bytes ? measure(*bytes, source.encoding_of(item)).size : 0);
}

void put_section(stream::Stream& out, const Source& source, const FetchItem& item)
{
    if (item.binary) return put_binary(out, source, item);
    out.put(item.label);
    if (item.partial) out.put('<', item.partial->offset, '>');
    std::string built;
    const auto bytes = source.part(item, built);
    if (!bytes) {
        out.put(" NIL");
        return;
    }
    if (bytes->empty()) {
        out.put(" \"\"");
        return;
    }
    std::string head = " ";
    text::put_literal_head(head, bytes->size());
    out.put(head);
    for (size_t pos = 0; pos < bytes->size() && out.ok(); pos += kPiece)
        out.put(bytes->substr(pos, kPiece));
}

// In the zone of the server: nobody said in which one it was.
void put_save_date(stream::Stream& out, const mailbox::MessageInfo& info)
{
    if (info.save_date == 0) return out.put("SAVEDATE NIL");
    const text::DateTime saved{info.save_date, text::local_zone_minutes(info.save_date)};
    out.put("SAVEDATE \"", text::format_date_time(saved), '"');
}

void put_preview(stream::Stream& out, const std::optional<std::string>& words)
{
    std::string value;
    text::put_nstring(value, words);
    out.put("PREVIEW ", value);
}

void put_mailbox_ids(stream::Stream& out, const MailboxIds& all, std::string_view guid)
{
    const auto ids = all.find(guid);
    out.put("MAILBOXIDS (", ids == all.end() ? std::string_view() : ids->second, ')');
}

void put_item(stream::Stream& out, const Source& source, const FetchItem& item,
              const mailbox::MessageInfo& info, const std::string& flags,
              const MailboxIds* mailbox_ids)
{
    switch (item.kind) {
        case Kind::flags: out.put("FLAGS ", flags); return;
        case Kind::uid: out.put("UID ", info.uid); return;
        case Kind::internaldate:
            out.put("INTERNALDATE \"",
                    text::format_date_time({info.internaldate, info.zone_minutes}), '"');
            return;
        case Kind::size: out.put("RFC822.SIZE ", info.size); return;
        case Kind::modseq: out.put("MODSEQ (", info.modseq, ')'); return;
        case Kind::savedate: put_save_date(out, info); return;
        case Kind::preview: put_preview(out, source.preview()); return;
        case Kind::emailid: out.put("EMAILID (", email_id(info.guid), ')'); return;
        case Kind::threadid: out.put("THREADID NIL"); return;
        case Kind::mailboxids: put_mailbox_ids(out, *mailbox_ids, info.guid); return;
        case Kind::envelope: out.put("ENVELOPE ", source.cached().envelope); return;
        case Kind::body: out.put("BODY ", source.cached().body); return;
        case Kind::bodystructure: out.put("BODYSTRUCTURE ", source.cached().bodystructure); return;
        case Kind::section: put_section(out, source, item); return;
        case Kind::binary_size: put_binary_size(out, source, item); return;
    }
}

}  // namespace

Result<bool> read_section(mailbox::Mailbox& mailbox, uint32_t sequence, const FetchItem& item,
                          const TakePiece& take)
{
    Source source(mailbox, sequence);
    FetchRequest request;
    request.items.push_back(item);
    TRY(source.load(request));
    if (source.is_damaged()) return Error{Code::corrupt, "the message is damaged"};
    std::string built;
    const auto bytes = source.part(item, built);
    if (!bytes) return false;
    for (size_t at = 0; at < bytes->size(); at += kPiece) TRY(take(bytes->substr(at, kPiece)));
    return true;
}

std::string fetch_head(uint32_t sequence, uint32_t uid, bool uid_only)
{
    return uid_only ? cat("* ", uid, " UIDFETCH (") : cat("* ", sequence, " FETCH (");
}

Result<Fetched> put_fetch(stream::Stream& out, mailbox::Mailbox& mailbox, uint32_t sequence,
                          const FetchRequest& request, const FetchForm& form)
{
    Source source(mailbox, sequence);
    TRY(source.load(request));
    if (!form.rev2) TRY(source.hide_globals());
    if (source.is_undecodable()) return Fetched::undecodable;
    const mailbox::MessageInfo info = mailbox.message(sequence);
    const bool tells_flags = form.with_flags || request.has(Kind::flags);
    const std::string flags =
        tells_flags ? wire_flags(info, mailbox.keywords(), !form.rev2) : std::string();
    out.put(fetch_head(sequence, info.uid, form.uid_only));
    bool first = true;
    for (const auto& item : request.items) {
        if (!first) out.put(' ');
        first = false;
        put_item(out, source, item, info, flags, form.mailbox_ids);
    }
    if (form.with_flags && !request.has(Kind::flags)) out.put(first ? "" : " ", "FLAGS ", flags);
    if (tells_flags && form.condstore && !request.has(Kind::modseq))
        out.put(" MODSEQ (", info.modseq, ')');
    out.put(")\r\n");
    if (tells_flags) mailbox.told(sequence, info.modseq);
    return source.is_damaged() ? Fetched::damaged : Fetched::whole;
}

}  // namespace rookery::imapd
