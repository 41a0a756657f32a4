// The view's way to the cache: what is there, or rendered when it is not and then kept; and to the
// index of words.
#include "imap/store/local_mailbox.h"
#include "imap/store/message_file.h"
#include "imap/store/record_batch.h"
#include "lib/base/log.h"

namespace rookery::store {
namespace {

// Of what was rendered and is not in the file yet.
constexpr size_t kMaxUnkept = 4u << 20;  // bytes
constexpr size_t kManyUnkept = 4096;     // entries
constexpr size_t kMostDates = 50'000;  // at once: the mailbox is locked meanwhile

text::OrderKeys keys_in(std::string_view order)
{
    return text::read_order_keys(order).value_or(text::OrderKeys{});
}

}  // namespace

// Decodes the message's entry, or there is none that is any good: it was written by an older
// version, or is damaged. The entry says itself whose it is, so the record's sum need not be looked
// at first; but that the place was being changed, or that the entry was not whole yet when it was
// read along with others, is found out by a second look.
template <class T>
Result<T> LocalMailbox::from_cache(uint32_t slot,
                                   Result<T> (*decode)(std::string_view, std::string_view))
{
    auto items = decode_at({index_.cache_offset(slot), index_.cache_size(slot)}, slot, decode);
    if (items) return items;
    cache_.forget();
    const IndexRecord record = index_.newest(slot);
    return decode_at({record.cache_offset, record.cache_size}, slot, decode);
}

template <class T>
Result<T> LocalMailbox::decode_at(CachePlace place, uint32_t slot,
                                  Result<T> (*decode)(std::string_view, std::string_view))
{
    if (place.offset == 0) return Error{Code::not_found, "cache: no entry"};
    if (!cache_) {
        TRY_ASSIGN(cache_, CacheFile::open(directory_.get(), false));
    }
    TRY_ASSIGN(const std::string_view entry, cache_.read_along(place));
    return decode(entry, index_.guid(slot));
}

Result<mailbox::CachedItems> LocalMailbox::cached(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    auto items = from_cache(slot, decode_cache_entry);
    if (items) return items;
    TRY(render(sequence, slot));
    return *rendered_;
}

Result<text::KeptFields> LocalMailbox::kept_fields(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    auto fields = from_cache(slot, decode_cached_fields);
    if (fields && fields->is_made_with(store_.options().cached_headers)) return fields;
    TRY(render(sequence, slot));
    return text::KeptFields(rendered_->fields);
}

Result<std::optional<text::DateTime>> LocalMailbox::sent(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    if (auto date = decode_sent(index_.sent(slot))) return *date;
    auto date = from_cache(slot, decode_cached_date);
    if (date) {
        keep_date(slot, *date);
        return date;
    }
    TRY(render(sequence, slot));
    return rendered_->sent;
}

Result<text::OrderKeys> LocalMailbox::order_keys(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    if (const auto read = orders_.find(slot)) return keys_in(*read);
    TRY_ASSIGN(const std::string_view order, order_of(sequence, slot));
    orders_.add(slot, order);
    return keys_in(order);
}

Result<text::OrderKeys> LocalMailbox::order_keys_once(uint32_t sequence)
{
    const uint32_t slot = slots_.slot(sequence);
    if (const auto read = orders_.find(slot)) return keys_in(*read);
    TRY_ASSIGN(const std::string_view order, order_of(sequence, slot));
    return keys_in(order);
}

Result<std::string_view> LocalMailbox::order_of(uint32_t sequence, uint32_t slot)
{
    const auto order = from_cache(slot, decode_cached_order);
    if (order && text::read_order_keys(*order)) return *order;
    TRY(render(sequence, slot));
    return std::string_view(rendered_->order);
}

// An index that an older version wrote does not have it.
void LocalMailbox::keep_date(uint32_t slot, const std::optional<text::DateTime>& date)
{
    const uint64_t sent = encode_sent(date);
    if (sent != 0 && !unkept_failed_ && unkept_dates_.size() < kMostDates)
        unkept_dates_.push_back({slot, sent});
}

model::SequenceSet LocalMailbox::uids_without(std::string_view text)
{
    if (!words_.attach(directory_.get(), header_.uidvalidity)) return {};
    // An index that was put back from a backup gives UIDs once more, to other messages.
    const auto now = index_.read_header();
    if (!now || words_.last_uid() >= now->uidnext) return {};
    return words_.uids_without(text);
}

Result<std::optional<std::string>> LocalMailbox::preview(uint32_t sequence, bool kept_only)
{
    const uint32_t slot = slots_.slot(sequence);
    auto items = from_cache(slot, decode_cache_entry);
    if (items) return std::optional(std::move(items->preview));
    const bool is_rendered = rendered_ && rendered_slot_ == slot;
    if (kept_only && !is_rendered) return std::optional<std::string>();
    TRY(render(sequence, slot));
    return std::optional(rendered_->preview);
}

Status LocalMailbox::render(uint32_t sequence, uint32_t slot)
{
    if (rendered_ && rendered_slot_ == slot) return success();
    rendered_.reset();
    const CacheRenderer& renderer = store_.options().renderer;
    if (!renderer) return Error{Code::unsupported, "no renderer for messages"};
    TRY_ASSIGN(const auto whole, content(sequence));
    TRY_ASSIGN(rendered_, renderer(whole->bytes()));
    rendered_slot_ = slot;
    std::string entry = encode_cache_entry(*rendered_, index_.guid(slot));
    if (entry.empty() || unkept_failed_) return success();
    unkept_bytes_ += entry.size();
    unkept_.push_back({slot, std::move(entry)});
    if (unkept_bytes_ >= kMaxUnkept || unkept_.size() >= kManyUnkept) keep_rendered();
    return success();
}

// So a cache that an older version wrote, or with fewer cached_headers, is brought up to date where
// it is used. Where that is not possible now the next view does it; nobody is told of it, nor does
// it matter if a power failure forgets it.
void LocalMailbox::keep_rendered()
{
    if (unkept_.empty() && unkept_dates_.empty()) return;
    Status kept = write_rendered();
    if (!kept) {
        unkept_failed_ = !kept.is(Code::busy);
        log::debug("what was rendered is not kept", {{"reason", kept.error()}});
    }
    unkept_ = {};
    unkept_dates_ = {};
    unkept_bytes_ = 0;
}

void LocalMailbox::forget_rendered()
{
    unkept_ = {};
    unkept_dates_ = {};
    unkept_bytes_ = 0;
    rendered_.reset();
    orders_ = OrdersRead();
}

bool LocalMailbox::is_current(const CacheFile& cache, const IndexRecord& record) const
{
    const auto entry = cache.read({record.cache_offset, record.cache_size});
    if (!entry) return false;
    const auto items = decode_cache_entry(*entry, record.guid_bytes());
    return items && text::KeptFields(items->fields).is_made_with(store_.options().cached_headers);
}

Status LocalMailbox::write_rendered()
{
    TRY_ASSIGN(MailboxWriter writer, MailboxWriter::open(store_.options().paths, directory_.get(),
                                                         name_hash_of(entry_), Milliseconds(0)));
    // The slots are those of the old index.
    if (writer.header.generation != header_.generation) return success();
    TRY(writer.index.map_records(writer.header.records));
    TRY_ASSIGN(CacheFile cache, CacheFile::open(directory_.get(), true));
    RecordBatch batch(writer.index, [] { return success(); });
    for (const Unkept& one : unkept_) {
        if (one.slot >= writer.header.records) continue;
        TRY_ASSIGN(IndexRecord record, writer.index.record(one.slot));
        // Somebody else was quicker.
        if (is_current(cache, record)) continue;
        TRY_ASSIGN(const CachePlace place, cache.append(one.entry));
        note_cached(record, place, one.entry);
        TRY(batch.add(one.slot, record));
    }
    for (const UnkeptDate& one : unkept_dates_) {
        if (one.slot >= writer.header.records) continue;
        TRY_ASSIGN(IndexRecord record, writer.index.record(one.slot));
        if (decode_sent(record.sent)) continue;
        record.sent = one.sent;
        TRY(batch.add(one.slot, record));
    }
    return batch.flush();
}

void LocalMailbox::rest()
{
    keep_rendered();
    forget_rendered();
    cache_.forget();
    words_.forget();
    index_.release_pages();
}

}  // namespace rookery::store
