// One mail to the sendmail program: sendmail -i -f SENDER -- RECIPIENT ...
//
// No shell. The message is its standard input, as a nameless file that is whole, with LF line ends,
// without its Return-Path, which is for whoever delivers it. What the program's end means is
// decided here: 0 is sent; what is the fault of this mail (EX_DATAERR, EX_NOUSER, EX_NOHOST,
// EX_UNAVAILABLE, by which sendmail and Postfix refuse a message that is too large or not allowed)
// is refused; all else an administrator or time can mend: a missing program, a wrong configuration,
// a signal, no end within kTimeout, an end before all of the message was read. One thread; waits
// for its own child only, whatever else a process has or does with SIGCHLD.
#ifndef ROOKERY_IMAP_SUBMISSION_SENDMAIL_H
#define ROOKERY_IMAP_SUBMISSION_SENDMAIL_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/submission/sent.h"
#include "lib/base/clock.h"

namespace rookery::submission {

inline constexpr Seconds kSendTimeout{60};

struct SendmailCall {
    std::string program;
    std::string from;  // "" = <>
    std::vector<std::string> to;
    std::string_view message;  // with CRLF
    std::string directory;     // where that file is made
    Milliseconds timeout = kSendTimeout;
};

// The reason of a failure: the program's own first line if it said any.
Sent run_sendmail(const SendmailCall& call);

// The message as it goes in, piece by piece: "" at the end.
class MessageFeed {
 public:
    explicit MessageFeed(std::string_view message) : rest_(message) {}
    // Some more of it, "" at the end. Valid until the next call.
    std::string_view next();

 private:
    void take_line(std::string_view line);
    std::string_view rest_;
    std::string out_;
    bool in_header_ = true;
    bool skipping_ = false;
    bool inside_line_ = false;
};

}  // namespace rookery::submission

#endif
