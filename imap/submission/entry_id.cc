#include "imap/submission/entry_id.h"

#include <random>

#include "imap/submission/entry_format.h"
#include "lib/base/strings.h"

namespace rookery::submission {
namespace {

constexpr size_t kBatchBytes = 8;

}  // namespace

std::string queue_directory(const config::Config& config)
{
    return cat(config.configdirectory(), "/submission");
}

std::string new_batch()
{
    std::random_device random;
    std::string bytes;
    for (size_t i = 0; i < kBatchBytes; i++) bytes += static_cast<char>(random() & 0xff);
    return hex(bytes);
}

std::string entry_id(std::string_view batch, size_t number)
{
    return cat(batch, '-', number);
}

Result<EntryId> parse_entry_id(std::string_view id)
{
    const Error wrong{Code::not_found, "not the id of a mail"};
    const std::string_view batch = id.substr(0, id.find('-'));
    if (batch.size() == id.size() || batch.size() != 2 * kBatchBytes) return wrong;
    if (const auto bytes = unhex(batch); !bytes || hex(*bytes) != batch) return wrong;
    const auto number = to_number<size_t>(id.substr(batch.size() + 1), kMaxMails);
    if (!number || *number == 0 || entry_id(batch, *number) != id) return wrong;
    return EntryId{std::string(batch), *number};
}

}  // namespace rookery::submission
