#include "imap/admin/tools/tar.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr size_t kWriteBuffer = 1u << 20;
constexpr size_t kMaxExtended = 64u << 10;
constexpr size_t kNameField = 100;
constexpr uint64_t kMaxOctalSize = (uint64_t{1} << 33) - 1;

using Block = std::array<char, kTarBlock>;

// Where the fields lie.
struct Field {
    size_t at, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12},
    kTime{136, 12}, kSum{148, 8}, kType{156, 1}, kMagic{257, 8}, kPrefix{345, 155};

void put_octal(Block& block, Field field, uint64_t n)
{
    for (size_t i = field.size - 1; i-- > 0; n >>= 3)
        block[field.at + i] = static_cast<char>('0' + (n & 7));
}

std::string_view text_of(const Block& block, Field field)
{
    const std::string_view all(block.data() + field.at, field.size);
    return all.substr(0, all.find('\0'));
}

// Octal, or as GNU tar writes what has no room, in base 256.
uint64_t number_of(const Block& block, Field field)
{
    uint64_t n = 0;
    if ((block[field.at] & '\x80') != 0) {
        for (size_t i = field.size - 8; i < field.size; i++)
            n = n << 8 | static_cast<unsigned char>(block[field.at + i]);
        return n;
    }
    for (const char c : trim(text_of(block, field))) {
        if (c < '0' || c > '7') break;
        n = n << 3 | static_cast<uint64_t>(c - '0');
    }
    return n;
}

uint64_t sum_of(const Block& block)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < block.size(); i++) {
        const bool own = i >= kSum.at && i < kSum.at + kSum.size;
        sum += own ? ' ' : static_cast<unsigned char>(block[i]);
    }
    return sum;
}

Block header(std::string_view name, uint64_t size, int64_t time, char type)
{
    Block block{};
    std::copy_n(name.begin(), std::min(name.size(), kName.size), block.begin() + kName.at);
    put_octal(block, kMode, 0600);
    put_octal(block, kUser, 0);
    put_octal(block, kGroup, 0);
    put_octal(block, kSize, size);
    put_octal(block, kTime, static_cast<uint64_t>(std::clamp<int64_t>(time, 0, kMaxOctalSize)));
    block[kType.at] = type;
    memcpy(block.data() + kMagic.at,
           "ustar\0"
           "00",
           kMagic.size);
    put_octal(block, {kSum.at, kSum.size - 1}, sum_of(block));
    block[kSum.at + kSum.size - 1] = ' ';
    return block;
}

// "<length> key=value\n", where the length counts itself.
std::string extended(std::string_view key, std::string_view value)
{
    const std::string rest = cat(' ', key, '=', value, '\n');
    size_t length = rest.size() + 1;
    while (cat(length).size() + rest.size() != length) length = cat(length).size() + rest.size();
    return cat(length, rest);
}

size_t padding_of(uint64_t size)
{
    return (kTarBlock - size % kTarBlock) % kTarBlock;
}

}  // namespace

Status TarWriter::put(std::string_view bytes)
{
    buffer_ += bytes;
    if (buffer_.size() < kWriteBuffer) return success();
    TRY(write_all(fd_, buffer_));
    buffer_.clear();
    return success();
}

Status TarWriter::put_padded(std::string_view bytes)
{
    TRY(put(bytes));
    return put(std::string(padding_of(bytes.size()), '\0'));
}

Status TarWriter::add(std::string_view name, std::string_view bytes, int64_t time)
{
    if (name.size() > kMaxTarName || bytes.size() > kMaxOctalSize)
        return Error{Code::limit, cat(name, ": too long for the archive")};
    if (name.size() > kNameField) {
        const std::string record = extended("path", name);
        const Block block = header("pax", record.size(), time, 'x');
        TRY(put({block.data(), block.size()}));
        TRY(put_padded(record));
    }
    const Block block = header(name, bytes.size(), time, '0');
    TRY(put({block.data(), block.size()}));
    return put_padded(bytes);
}

Status TarWriter::finish()
{
    TRY(put(std::string(2 * kTarBlock, '\0')));
    TRY(write_all(fd_, buffer_));
    buffer_.clear();
    return success();
}

Status TarReader::fill(std::span<char> into)
{
    for (size_t got = 0; got < into.size();) {
        const ssize_t n = ::read(fd_, into.data() + got, into.size() - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("read");
        if (n == 0) return Error{Code::closed, "the archive is cut off"};
        got += static_cast<size_t>(n);
        position_ += static_cast<uint64_t>(n);
    }
    return success();
}

uint64_t TarReader::size() const
{
    struct stat st {};
    return ::fstat(fd_, &st) == 0 && S_ISREG(st.st_mode) ? static_cast<uint64_t>(st.st_size) : 0;
}

Status TarReader::skip_member()
{
    std::vector<char> scratch(64u << 10);
    for (uint64_t rest = left_ + padding_; rest > 0;) {
        const size_t some = std::min<uint64_t>(rest, scratch.size());
        TRY(fill({scratch.data(), some}));
        rest -= some;
    }
    left_ = padding_ = 0;
    return success();
}

Status TarReader::take_extended(std::string_view records, TarMember& member)
{
    while (!records.empty()) {
        const size_t space = records.find(' ');
        const auto length = to_number<size_t>(records.substr(0, space), records.size());
        if (!length || space == records.npos || *length <= space + 1)
            return Error{Code::corrupt, "an extended header that is none"};
        std::string_view record = records.substr(space + 1, *length - space - 1);
        if (record.ends_with('\n')) record.remove_suffix(1);
        const size_t equals = record.find('=');
        if (record.substr(0, equals) == "path" && equals != record.npos)
            member.name = record.substr(equals + 1);
        records.remove_prefix(*length);
    }
    return success();
}

Result<std::optional<TarMember>> TarReader::next()
{
    TarMember member;
    for (;;) {
        TRY(skip_member());
        Block block{};
        TRY(fill(block));
        if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; }))
            return std::optional<TarMember>();
        if (number_of(block, kSum) != sum_of(block))
            return Error{Code::corrupt, "this is no archive, or it is damaged"};
        left_ = number_of(block, kSize);
        padding_ = padding_of(left_);
        const char type = block[kType.at];
        if (type == 'x' || type == 'L') {
            TRY_ASSIGN(const std::string text, read_all(kMaxExtended));
            if (type == 'L')
                member.name = text.substr(0, text.find('\0'));
            else
                TRY(take_extended(text, member));
            continue;
        }
        if (type != '0' && type != '\0') {
            member.name.clear();
            continue;
        }
        const std::string_view prefix = text_of(block, kPrefix);
        if (member.name.empty())
            member.name = cat(prefix, prefix.empty() ? "" : "/", text_of(block, kName));
        if (member.name.starts_with("./")) member.name.erase(0, 2);
        if (member.name.size() > kMaxTarName) return Error{Code::limit, "a name is too long"};
        member.size = left_;
        member.time = static_cast<int64_t>(number_of(block, kTime));
        return std::optional(std::move(member));
    }
}

Result<size_t> TarReader::read(std::span<char> into)
{
    const size_t some = std::min<uint64_t>(left_, into.size());
    TRY(fill(into.first(some)));
    left_ -= some;
    return some;
}

Result<std::string> TarReader::read_all(size_t max)
{
    if (left_ > max) return Error{Code::limit, "a member is too large"};
    std::string bytes(left_, '\0');
    TRY(fill(bytes));
    left_ = 0;
    return bytes;
}

}  // namespace rookery::admin
