// A conversation with a server that is watched, and then led by hand (mupdatetest(1)).
//
// Transcript writes each line of a login to the standard output, "S: " before the server's and "C:
// " before ours. converse() passes on what comes after it as it is: the server's bytes to the
// standard output, the input's to the server, with CRLF for a bare LF; at the end of the input it
// sends logout, or closes its half of the connection where that is empty. It returns when the
// server has closed.
// Codes: io, timeout. One thread.
#ifndef ROOKERY_IMAP_ADMIN_CONVERSATION_H
#define ROOKERY_IMAP_ADMIN_CONVERSATION_H

#include <memory>
#include <string_view>

#include "imap/backend/login_policy.h"
#include "lib/base/result.h"
#include "lib/stream/layer.h"
#include "lib/stream/stream.h"

namespace rookery::admin {

// Whole lines with a prefix.
class LinePrinter {
 public:
    explicit LinePrinter(std::string_view prefix) : prefix_(prefix) {}
    void add(std::string_view bytes);
    void end_line();

 private:
    std::string_view prefix_;
    bool in_line_ = false;
};

class Transcript final : public backend::LoginTranscript {
 public:
    std::unique_ptr<stream::Layer> show(std::unique_ptr<stream::Layer> below) override;
    void hide() override;

 private:
    class Shown;

    LinePrinter server_{"S: "};
    LinePrinter client_{"C: "};
    int shown_ = 0;  // the number of the layer that is shown
};

Status converse(stream::Stream& stream, int input, std::string_view logout);

}  // namespace rookery::admin

#endif
