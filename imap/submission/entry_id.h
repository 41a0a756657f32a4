// Ids of mails, and the names of their files (doc/formats/submission.md).
//
// An id is "<batch>-<number>": 16 hexadecimal digits of one put(), and which of its mails, from 1.
// Codes: not_found (it is no id). Pure but for new_batch().
#ifndef ROOKERY_IMAP_SUBMISSION_ENTRY_ID_H
#define ROOKERY_IMAP_SUBMISSION_ENTRY_ID_H

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::submission {

inline constexpr std::string_view kMailSuffix = ".mail";
inline constexpr std::string_view kStateSuffix = ".state";
// Behind the batch: it is not finished, and none of its mails counts.
inline constexpr std::string_view kNewSuffix = ".new";
inline constexpr std::string_view kDamagedSuffix = ".damaged";

struct EntryId {
    std::string batch;
    size_t number = 0;
};

std::string queue_directory(const config::Config& config);
std::string new_batch();
std::string entry_id(std::string_view batch, size_t number);
// Ids come from an administrator too, and become the names of files.
Result<EntryId> parse_entry_id(std::string_view id);

}  // namespace rookery::submission

#endif
