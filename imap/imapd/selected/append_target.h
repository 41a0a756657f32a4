// AppendTarget: where a transfer between servers (transfer.h) puts messages: all or none.
//
// message() announces one and says whether it is wanted; the caller then writes exactly size bytes.
// refusal() says why not. After a failure: give_up() while the target is well, or failed(). One
// thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_APPEND_TARGET_H
#define ROOKERY_IMAP_IMAPD_SELECTED_APPEND_TARGET_H

#include <cstdint>
#include <string_view>

#include "imap/imapd/relay/channel.h"

namespace rookery::imapd {

class AppendTarget {
 public:
    virtual ~AppendTarget() = default;
    // flags and date as FETCH gives them, without parentheses and quotes.
    virtual Result<bool> message(std::string_view flags, std::string_view internaldate,
                                 uint64_t size) = 0;
    virtual Status write(std::string_view bytes) = 0;
    virtual const Answer& refusal() const = 0;
    // With APPENDUID, if the target has UIDs to tell.
    virtual Result<Answer> commit() = 0;
    virtual void give_up() = 0;
    virtual Completion failed(const Error& error) = 0;
};

}  // namespace rookery::imapd

#endif
