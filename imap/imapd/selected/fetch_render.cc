#include "imap/imapd/selected/fetch_render.h"

#include <algorithm>
#include <memory>
#include <string>

#include "imap/imapd/selected/message_set.h"
#include "lib/text/imap_date.h"
#include "lib/text/imap_structure.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/message.h"

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
            if (item.kind != Kind::section) continue;
            TRY_ASSIGN(const bool kept, is_kept(item));
            if (!kept) TRY(map());
        }
        return cache ? load_cache() : success();
    }

    // What was asked for cannot be read any more: its sections are NIL.
    bool is_damaged() const { return damaged_; }

    const mailbox::CachedItems& cached() const { return cached_; }
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

 private:
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
    mailbox::CachedItems cached_;
    std::optional<text::KeptFields> kept_;
};

void put_section(stream::Stream& out, const Source& source, const FetchItem& item)
{
    out.put(item.label);
    if (item.partial) out.put('<', item.partial->offset, '>');
    std::string built;
    auto bytes = source.section(item, built);
    if (!bytes) {
        out.put(" NIL");
        return;
    }
    if (item.partial) {
        const size_t offset = std::min<size_t>(item.partial->offset, bytes->size());
        bytes = bytes->substr(offset, item.partial->count);
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

void put_item(stream::Stream& out, const Source& source, const FetchItem& item,
              const mailbox::MessageInfo& info, const std::vector<std::string>& keywords)
{
    switch (item.kind) {
        case Kind::flags: out.put("FLAGS ", wire_flags(info, keywords)); return;
        case Kind::uid: out.put("UID ", info.uid); return;
        case Kind::internaldate:
            out.put("INTERNALDATE \"",
                    text::format_date_time({info.internaldate, info.zone_minutes}), '"');
            return;
        case Kind::size: out.put("RFC822.SIZE ", info.size); return;
        case Kind::modseq: out.put("MODSEQ (", info.modseq, ')'); return;
        case Kind::emailid: out.put("EMAILID (", email_id(info.guid), ')'); return;
        case Kind::threadid: out.put("THREADID NIL"); return;
        case Kind::envelope: out.put("ENVELOPE ", source.cached().envelope); return;
        case Kind::body: out.put("BODY ", source.cached().body); return;
        case Kind::bodystructure: out.put("BODYSTRUCTURE ", source.cached().bodystructure); return;
        case Kind::section: put_section(out, source, item); return;
    }
}

}  // namespace

Result<Fetched> put_fetch(stream::Stream& out, mailbox::Mailbox& mailbox, uint32_t sequence,
                          const FetchRequest& request, bool with_flags, bool condstore)
{
    Source source(mailbox, sequence);
    TRY(source.load(request));
    const mailbox::MessageInfo info = mailbox.message(sequence);
    const auto& keywords = mailbox.keywords();
    out.put("* ", sequence, " FETCH (");
    bool first = true;
    for (const auto& item : request.items) {
        if (!first) out.put(' ');
        first = false;
        put_item(out, source, item, info, keywords);
    }
    if (with_flags && !request.has(Kind::flags))
        out.put(first ? "" : " ", "FLAGS ", wire_flags(info, keywords));
    const bool tells_flags = with_flags || request.has(Kind::flags);
    if (tells_flags && condstore && !request.has(Kind::modseq))
        out.put(" MODSEQ (", info.modseq, ')');
    out.put(")\r\n");
    if (tells_flags) mailbox.told(sequence, info.modseq);
    return source.is_damaged() ? Fetched::damaged : Fetched::whole;
}

}  // namespace rookery::imapd
