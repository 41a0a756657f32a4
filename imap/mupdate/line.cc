#include "imap/mupdate/line.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::mupdate {

bool Line::holds(const Position& at) const
{
    if (at.epoch == 0) return false;
    if (at.epoch == epoch) return true;
    return std::any_of(before.begin(), before.end(), [&](const Position& end) {
        return end.epoch == at.epoch && end.serial >= at.serial;
    });
}

void Line::note_end(const Position& end)
{
    if (end.epoch == 0) return;
    std::erase_if(before, [&](const Position& p) { return p.epoch == end.epoch; });
    before.push_back(end);
    if (before.size() > kMaxBefore) before.erase(before.begin());
}

void Line::begin(uint64_t next, const Position& end)
{
    note_end(end);
    epoch = next;
}

std::string Line::to_text() const
{
    std::string out;
    for (const Position& p : before) cat_to(out, out.empty() ? "" : " ", mupdate::to_text(p));
    return out;
}

std::vector<Position> Line::parse(std::string_view text)
{
    std::vector<uint64_t> numbers;
    for (std::string_view word : split(text, ' ', false))
        if (auto n = to_number<uint64_t>(word)) numbers.push_back(*n);
    std::vector<Position> out;
    for (size_t i = 0; i + 1 < numbers.size(); i += 2) out.push_back({numbers[i], numbers[i + 1]});
    return out;
}

std::string to_text(const Position& at)
{
    return cat(at.epoch, ' ', at.serial);
}

std::optional<Position> parse_position(std::string_view text)
{
    auto positions = Line::parse(text);
    if (positions.size() != 1 || to_text(positions[0]) != text) return std::nullopt;
    return positions[0];
}

}  // namespace rookery::mupdate
