#include "lib/db/tdb_layout.h"

#include "lib/base/strings.h"
#include "lib/db/ordered_store.h"
#include "lib/db/page.h"

namespace rookery::db {
namespace {

constexpr uint32_t kMagic = 0x42446B52;  // "RkDB"
constexpr uint64_t kHeaderSeed = 0x48;
constexpr size_t kValueHead = 8;  // check word and length

// Four sizes to each power of two, from 64 on.
size_t size_class(size_t bytes)
{
    size_t power = 64;
    if (bytes <= power) return power;
    while (power * 2 < bytes) power *= 2;
    const size_t step = power / 4;
    return power + (bytes - power + step - 1) / step * step;
}

}  // namespace

std::string Header::encode() const
{
    std::string out(kSize, '\0');
    store32(&out[4], kMagic);
    store32(&out[8], kFormatVersion);
    store32(&out[12], root);
    store32(&out[16], next_page);
    store32(&out[20], free_page);
    store64(&out[32], values);
    for (size_t i = 0; i < counts.size(); ++i) store64(&out[kCountsAt + 8 * i], counts[i]);
    store32(out.data(), check_word(std::string_view(out).substr(4), kHeaderSeed));
    return out;
}

Result<Header> Header::decode(std::string_view bytes)
{
    if (bytes.size() < 12 || load32(&bytes[4]) != kMagic)
        return Error{Code::corrupt, "not a store of ours"};
    if (const uint32_t version = load32(&bytes[8]); version > kFormatVersion)
        return Error{Code::unsupported,
                     cat("format ", version, " is newer than this program's ", kFormatVersion)};
    if (bytes.size() != kSize || load32(&bytes[0]) != check_word(bytes.substr(4), kHeaderSeed))
        return Error{Code::corrupt, "header: check word"};
    Header h;
    h.root = load32(&bytes[12]);
    h.next_page = load32(&bytes[16]);
    h.free_page = load32(&bytes[20]);
    h.values = load64(&bytes[32]);
    for (size_t i = 0; i < h.counts.size(); ++i) h.counts[i] = load64(&bytes[kCountsAt + 8 * i]);
    return h;
}

std::string page_key(uint32_t number)
{
    std::string key(5, 'P');
    store32(&key[1], number);
    return key;
}

void make_value_key(std::string_view key, std::string& out)
{
    out.assign(1, 'V');
    out.append(key);
}

void encode_value(std::string_view key, std::string_view value, std::string& out)
{
    const size_t with_key = 1 + key.size();
    out.assign(size_class(with_key + kValueHead + value.size()) - with_key, '\0');
    store32(&out[4], static_cast<uint32_t>(value.size()));
    out.replace(kValueHead, value.size(), value);
    const std::string_view checked(&out[4], 4 + value.size());
    store32(out.data(), check_word(checked, check_word(key, 0)));
}

Result<std::string_view> decode_value(std::string_view key, std::string_view record)
{
    const Error bad{Code::corrupt, "value record: check word"};
    if (record.size() < kValueHead) return bad;
    const size_t size = load32(&record[4]);
    if (size > record.size() - kValueHead) return bad;
    if (load32(record.data()) != check_word(record.substr(4, 4 + size), check_word(key, 0)))
        return bad;
    return record.substr(kValueHead, size);
}

}  // namespace rookery::db
