// Layout: check word 0, number 4, kind 8, level 9, keys 10 (16 bits), link 12, length of the prefix
// 16, low end of the heap 18, bytes lost in the heap 20, zero 22, slots from 24 upwards (16 bits
// each, in key order), cells from the end downwards. The prefix is the first thing in the heap, at
// the very end of the page. All numbers little-endian.
#include "lib/db/page.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lib/base/strings.h"

namespace rookery::db {
namespace {

constexpr uint16_t kHasValue = 0x8000;

template <class T>
T load(const char* p)
{
    T n = 0;
    std::memcpy(&n, p, sizeof n);
    if constexpr (std::endian::native == std::endian::big) {
        T swapped = 0;
        for (size_t i = 0; i < sizeof n; ++i)
            swapped = static_cast<T>(swapped << 8) | ((n >> (8 * i)) & 0xff);
        n = swapped;
    }
    return n;
}

template <class T>
void store(char* p, T n)
{
    for (size_t i = 0; i < sizeof n; ++i) p[i] = static_cast<char>((n >> (8 * i)) & 0xff);
}

size_t common_length(std::string_view a, std::string_view b)
{
    const size_t most = std::min(a.size(), b.size());
    size_t n = 0;
    while (n < most && a[n] == b[n]) ++n;
    return n;
}

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

}  // namespace

uint16_t load16(const char* p)
{
    return load<uint16_t>(p);
}
uint32_t load32(const char* p)
{
    return load<uint32_t>(p);
}
uint64_t load64(const char* p)
{
    return load<uint64_t>(p);
}
void store16(char* p, uint16_t n)
{
    store(p, n);
}
void store32(char* p, uint32_t n)
{
    store(p, n);
}
void store64(char* p, uint64_t n)
{
    store(p, n);
}

uint32_t check_word(std::string_view bytes, uint64_t seed)
{
    uint64_t lane[4];
    for (uint64_t i = 0; i < 4; ++i) lane[i] = seed + (i + 1) * kMultiplier;
    const auto mix = [&](const char* block) {
        for (size_t i = 0; i < 4; ++i)
            lane[i] = std::rotl((lane[i] ^ load64(block + 8 * i)) * kMultiplier, 29);
    };
    size_t at = 0;
    for (; at + 32 <= bytes.size(); at += 32) mix(bytes.data() + at);
    char tail[32] = {};
    if (at < bytes.size()) std::memcpy(tail, bytes.data() + at, bytes.size() - at);
    mix(tail);
    uint64_t all = bytes.size();
    for (uint64_t l : lane) all = std::rotl((all ^ l) * kMultiplier, 31);
    return static_cast<uint32_t>(all ^ (all >> 32));
}

void Page::init(uint32_t number, Kind kind, uint8_t level)
{
    bytes_.fill(0);
    store32(&bytes_[4], number);
    bytes_[8] = static_cast<char>(kind);
    bytes_[9] = static_cast<char>(level);
    store16(&bytes_[18], kSize);
}

Status Page::read_from(std::string_view bytes, uint32_t number)
{
    const auto bad = [&](std::string_view why) {
        return Error{Code::corrupt, cat("page ", number, ": ", why)};
    };
    if (bytes.size() != kSize) return bad("wrong size");
    std::memcpy(bytes_.data(), bytes.data(), kSize);
    if (load32(bytes_.data()) != check_word(bytes.substr(4), number)) return bad("check word");
    if (this->number() != number) return bad("wrong number");
    if (kind() != Kind::leaf && kind() != Kind::inner && kind() != Kind::free) return bad("kind");
    if (auto cells = verify_cells(); !cells) return bad(cells.error().text);
    return success();
}

Status Page::verify_cells() const
{
    const auto bad = [](std::string_view why) { return Error{Code::corrupt, std::string(why)}; };
    const size_t low = kHeader + 2 * size();
    if (heap() > kSize || low > heap()) return bad("slots");
    if (load16(&bytes_[16]) > kSize - heap()) return bad("prefix");
    for (size_t i = 0; i < size(); ++i) {
        const size_t at = slot(i);
        if (at < low || at + cell_head() > kSize) return bad("slot");
        if (at + cell_head() + (load16(&bytes_[at]) & ~kHasValue) > kSize) return bad("cell");
    }
    return success();
}

std::string_view Page::seal()
{
    const std::string_view all(bytes_.data(), kSize);
    store32(bytes_.data(), check_word(all.substr(4), number()));
    return all;
}

std::string_view Page::prefix() const
{
    const size_t length = load16(&bytes_[16]);
    return {&bytes_[kSize - 1] + 1 - length, length};
}

std::string_view Page::suffix(size_t i) const
{
    const char* cell = &bytes_[slot(i)];
    return {cell + cell_head(), static_cast<size_t>(load16(cell) & ~kHasValue)};
}

void Page::append_key(size_t i, std::string& out) const
{
    out.append(prefix());
    out.append(suffix(i));
}

std::string Page::key(size_t i) const
{
    std::string out;
    append_key(i, out);
    return out;
}

bool Page::has_value(size_t i) const
{
    return (load16(&bytes_[slot(i)]) & kHasValue) != 0;
}

void Page::set_has_value(size_t i, bool on)
{
    char* cell = &bytes_[slot(i)];
    const auto length = static_cast<uint16_t>(load16(cell) & ~kHasValue);
    store16(cell, static_cast<uint16_t>(length | (on ? kHasValue : 0)));
}

uint32_t Page::child(size_t i) const
{
    return i == 0 ? link() : load32(&bytes_[slot(i - 1)] + 2);
}

Page::Place Page::find(std::string_view key) const
{
    const std::string_view common = prefix();
    const int side = key.substr(0, common.size()).compare(common);
    if (side != 0) return {side < 0 ? 0 : size(), false};
    key.remove_prefix(common.size());
    size_t low = 0;
    size_t high = size();
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = suffix(middle).compare(key);
        if (order == 0) return {middle, true};
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return {low, false};
}

size_t Page::child_index(std::string_view key) const
{
    const Place place = find(key);
    return place.index + (place.equal ? 1 : 0);
}

void Page::write_cell(size_t at, std::string_view suffix, uint32_t child, bool has_value)
{
    char* cell = &bytes_[at];
    store16(cell, static_cast<uint16_t>(suffix.size() | (has_value ? kHasValue : 0)));
    if (kind() == Kind::inner) store32(cell + 2, child);
    if (!suffix.empty()) std::memcpy(cell + cell_head(), suffix.data(), suffix.size());
}

bool Page::insert(size_t at, std::string_view key, uint32_t child, bool has_value)
{
    const std::string_view common = prefix();
    const bool shares = size() > 0 && key.starts_with(common);
    const size_t need = cell_head() + key.size() - (shares ? common.size() : 0);
    if (!shares || kHeader + 2 * size() + 2 + need > heap()) {
        if (shares && used() + 2 + need > kSize) return false;
        std::vector<Cell> all = cells();
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(at),
                   Cell{std::string(key), child, has_value});
        return rebuild(all);
    }
    const size_t cell = heap() - need;
    write_cell(cell, key.substr(common.size()), child, has_value);
    store16(&bytes_[18], static_cast<uint16_t>(cell));
    char* slots = &bytes_[kHeader];
    std::memmove(slots + 2 * at + 2, slots + 2 * at, 2 * (size() - at));
    store16(slots + 2 * at, static_cast<uint16_t>(cell));
    store16(&bytes_[10], static_cast<uint16_t>(size() + 1));
    return true;
}

void Page::remove(size_t at)
{
    const size_t lost = cell_head() + suffix(at).size();
    char* slots = &bytes_[kHeader];
    std::memmove(slots + 2 * at, slots + 2 * at + 2, 2 * (size() - at - 1));
    store16(&bytes_[10], static_cast<uint16_t>(size() - 1));
    store16(&bytes_[20], static_cast<uint16_t>(load16(&bytes_[20]) + lost));
}

size_t Page::used() const
{
    return kHeader + 2 * size() + (kSize - heap()) - load16(&bytes_[20]);
}

std::vector<Page::Cell> Page::cells() const
{
    std::vector<Cell> out;
    out.reserve(size() + 1);
    for (size_t i = 0; i < size(); ++i)
        out.push_back(Cell{key(i), kind() == Kind::inner ? child(i + 1) : 0, has_value(i)});
    return out;
}

bool Page::rebuild(std::span<const Cell> cells)
{
    size_t common = 0;
    if (!cells.empty()) common = common_length(cells.front().key, cells.back().key);
    size_t total = kHeader + common;
    for (const auto& cell : cells) total += 2 + cell_head() + cell.key.size() - common;
    if (total > kSize) return false;
    const uint32_t kept_link = link();
    init(number(), kind(), level());
    set_link(kept_link);
    size_t heap_end = kSize - common;
    if (common > 0) std::memcpy(&bytes_[heap_end], cells.front().key.data(), common);
    store16(&bytes_[16], static_cast<uint16_t>(common));
    size_t index = 0;
    for (const auto& cell : cells) {
        heap_end -= cell_head() + cell.key.size() - common;
        write_cell(heap_end, std::string_view(cell.key).substr(common), cell.child, cell.has_value);
        store16(&bytes_[kHeader + 2 * index++], static_cast<uint16_t>(heap_end));
    }
    store16(&bytes_[10], static_cast<uint16_t>(index));
    store16(&bytes_[18], static_cast<uint16_t>(heap_end));
    return true;
}

std::string separator_between(std::string_view below, std::string_view from)
{
    return std::string(from.substr(0, common_length(below, from) + 1));
}

}  // namespace rookery::db
