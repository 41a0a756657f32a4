#include "imap/imapd/selected/message_set.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::imapd {
uint32_t first_from(const mailbox::Mailbox& mailbox, uint32_t uid)
{
    uint32_t low = 1;
    uint32_t high = mailbox.exists() + 1;
    while (low < high) {
        const uint32_t mid = low + (high - low) / 2;
        if (mailbox.uid(mid) < uid)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

Result<std::vector<uint32_t>> messages_of(const mailbox::Mailbox& mailbox, model::SequenceSet set,
                                          bool by_uid, const model::SequenceSet& saved)
{
    if (set.is_saved_result()) return messages_of(mailbox, saved, true);
    const uint32_t exists = mailbox.exists();
    std::vector<uint32_t> out;
    if (by_uid) {
        set.resolve(exists == 0 ? 0 : mailbox.uid(exists));
        for (const auto& range : set.ranges()) {
            for (uint32_t n = first_from(mailbox, range.first); n <= exists; n++) {
                if (mailbox.uid(n) > range.last) break;
                out.push_back(n);
            }
        }
        return out;
    }
    set.resolve(exists);
    if (set.empty() || set.ranges().back().last > exists)
        return Error{Code::syntax, "Invalid message sequence number"};
    for (const auto& range : set.ranges())
        for (uint32_t n = range.first; n <= range.last; n++) out.push_back(n);
    return out;
}

std::string number_set(std::span<const uint32_t> numbers)
{
    std::string out;
    for (size_t i = 0; i < numbers.size();) {
        size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) last++;
        if (!out.empty()) out.push_back(',');
        append_to(out, numbers[i]);
        if (last > i) cat_to(out, ':', numbers[last]);
        i = last + 1;
    }
    return out;
}

std::string uid_set(const mailbox::Mailbox& mailbox, std::span<const uint32_t> sequences)
{
    std::vector<uint32_t> uids;
    uids.reserve(sequences.size());
    for (uint32_t n : sequences) uids.push_back(mailbox.uid(n));
    return number_set(uids);
}

std::string wire_flags(const mailbox::MessageInfo& message,
                       const std::vector<std::string>& keywords, bool with_recent)
{
    std::string out = "(";
    auto add = [&out](std::string_view flag) {
        if (out.size() > 1) out.push_back(' ');
        out.append(flag);
    };
    if (message.recent && with_recent) add("\\Recent");
    const std::string system = model::system_flags_to_string(message.system_flags);
    if (!system.empty()) add(system);
    const size_t known = std::min(keywords.size(), model::kMaxKeywords);
    for (size_t i = 0; i < known; i++)
        if (message.keywords[i] && !keywords[i].empty()) add(keywords[i]);
    out.push_back(')');
    return out;
}

std::string email_id(std::string_view guid)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr size_t kBytes = 12;
    std::string out = "M";
    for (char c : guid.substr(0, kBytes)) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15]);
    }
    return out;
}

std::string wire_known_flags(const std::vector<std::string>& keywords)
{
    std::string out = "(\\Answered \\Flagged \\Draft \\Deleted \\Seen";
    for (const auto& k : keywords)
        if (!k.empty()) cat_to(out, ' ', k);
    out.push_back(')');
    return out;
}

}  // namespace rookery::imapd
