// The layout of a change is described in doc/formats/mupdate-log.md.
#include "imap/mupdate/master/list_entry.h"

#include <algorithm>

#include "imap/mupdate/bytes.h"

namespace rookery::mupdate {

namespace {

constexpr uint8_t kPut = 1;
constexpr uint8_t kErase = 2;
constexpr uint64_t kNever = UINT64_MAX;
constexpr uint16_t kMaxClaims = 64;

uint64_t left(const std::optional<MonotonicTime>& when, MonotonicTime now)
{
    if (!when) return kNever;
    auto ms = std::chrono::ceil<Milliseconds>(*when - now).count();
    return ms < 0 ? 0 : static_cast<uint64_t>(ms);
}

std::optional<MonotonicTime> from_left(uint64_t ms, MonotonicTime now)
{
    constexpr uint64_t kLongest = 10ULL * 366 * 86400 * 1000;
    if (ms == kNever) return std::nullopt;
    return now + Milliseconds(static_cast<int64_t>(std::min(ms, kLongest)));
}

void put_extra(std::string& out, const Extra& extra, MonotonicTime now)
{
    put_number(out, left(extra.lease_end, now));
    put_number(out, static_cast<uint8_t>(extra.move ? 1 : 0));
    if (extra.move) {
        put_counted(out, extra.move->from_location);
        put_counted(out, extra.move->from_acl);
        put_counted(out, extra.move->other_server);
        put_number(out, static_cast<uint64_t>(extra.move->opened));
        put_number(out, left(extra.move->settles, now));
    }
    put_number(out, static_cast<uint16_t>(extra.claims.size()));
    for (const Claim& claim : extra.claims) {
        put_counted(out, claim.location);
        put_counted(out, claim.acl);
        put_counted(out, claim.identity);
        put_number(out, static_cast<uint64_t>(claim.since));
    }
}

Extra get_extra(Reader& in, MonotonicTime now)
{
    Extra extra;
    extra.lease_end = from_left(in.number<uint64_t>(), now);
    if (in.number<uint8_t>() != 0) {
        Move move;
        move.from_location = in.counted();
        move.from_acl = in.counted();
        move.other_server = in.counted();
        move.opened = static_cast<int64_t>(in.number<uint64_t>());
        move.settles = from_left(in.number<uint64_t>(), now);
        extra.move = std::move(move);
    }
    uint16_t count = in.number<uint16_t>();
    for (uint16_t i = 0; in.ok() && i < std::min(count, kMaxClaims); ++i) {
        Claim claim;
        claim.location = in.counted();
        claim.acl = in.counted();
        claim.identity = in.counted();
        claim.since = static_cast<int64_t>(in.number<uint64_t>());
        extra.claims.push_back(std::move(claim));
    }
    return extra;
}

}  // namespace

const Extra& ListEntry::extras() const
{
    static const Extra none;
    return extra ? *extra : none;
}

void ListEntry::set_extra(Extra value)
{
    if (value.claims.size() > kMaxClaims) value.claims.resize(kMaxClaims);
    extra = value.empty() ? nullptr : std::make_shared<const Extra>(std::move(value));
}

std::string_view server_of(std::string_view location)
{
    return location.substr(0, location.find('!'));
}

std::string name_of_key(std::string_view key)
{
    constexpr char kKeyDomain = 0x1d;
    constexpr char kKeyHierarchy = 0x1f;
    std::string name(key);
    size_t domain_end = key.find(kKeyDomain);
    size_t at = 0;
    if (domain_end != std::string_view::npos) {
        name[domain_end] = '!';
        at = domain_end + 1;
    }
    for (; at < name.size(); ++at) {
        if (name[at] == '.')
            name[at] = '^';
        else if (name[at] == kKeyHierarchy)
            name[at] = '.';
    }
    return name;
}

std::string encode_change(const Change& change, MonotonicTime now)
{
    std::string out;
    put_number(out, change.after ? kPut : kErase);
    put_counted(out, change.key);
    if (!change.after) return out;
    const ListEntry& entry = *change.after;
    put_number(out, static_cast<uint8_t>(entry.active ? 1 : 0));
    put_counted(out, entry.location);
    put_counted(out, entry.acl);
    put_counted(out, entry.identity);
    put_extra(out, entry.extras(), now);
    return out;
}

Result<Change> decode_change(std::string_view bytes, MonotonicTime now)
{
    Reader in(bytes);
    uint8_t kind = in.number<uint8_t>();
    Change change;
    change.key = in.counted();
    if (kind == kPut) {
        ListEntry entry;
        entry.active = in.number<uint8_t>() != 0;
        entry.location = in.counted();
        entry.acl = in.counted();
        entry.identity = in.counted();
        entry.set_extra(get_extra(in, now));
        change.after = std::move(entry);
    }
    if (!in.ok() || !in.at_end() || change.key.empty() || (kind != kPut && kind != kErase))
        return Error{Code::corrupt, "a change that cannot be read"};
    return change;
}

}  // namespace rookery::mupdate
