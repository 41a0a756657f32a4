// The lines that are typed: with editing, history and completion on a terminal where libedit was
// found, else as they come. One at a time in a process; one thread.
#ifndef ROOKERY_IMAP_ADMIN_CYRADM_LINE_INPUT_H
#define ROOKERY_IMAP_ADMIN_CYRADM_LINE_INPUT_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::cyradm {

class LineInput {
 public:
    using Complete = std::function<std::vector<std::string>(std::string_view line)>;

    LineInput(Complete complete, bool on_terminal);
    ~LineInput();
    LineInput(const LineInput&) = delete;
    LineInput& operator=(const LineInput&) = delete;
    // Without its line end; none at the end of the input. The prompt is printed in any case, as
    // scripts that read cyradm expect.
    std::optional<std::string> next(const std::string& prompt);

 private:
    struct Editor;
    std::unique_ptr<Editor> editor_;  // null: lines as they come
    std::string held_;
};

}  // namespace rookery::cyradm

#endif
