#include "imap/nntp/relay.h"

#include "imap/session/message_lines.h"
#include "lib/base/strings.h"

namespace rookery::nntp {

Status Relay::lost(const std::string& server, Error error)
{
    if (backend::Backend* backend = backends_.find(server)) backends_.drop(backend);
    if (kept_ == server) kept_.clear();
    return error;
}

void Relay::keep(const std::string& server)
{
    if (backend::Backend* before = backends_.find(kept_)) before->set_selected(false);
    if (backend::Backend* now = backends_.find(server)) now->set_selected(true);
    kept_ = server;
}

Result<Answer> Relay::ask(const std::string& server, const Command& command)
{
    return ask(server, to_line(command));
}

Result<Answer> Relay::ask(const std::string& server, std::string_view line)
{
    TRY_ASSIGN(backend::Backend* const backend, backends_.get(server));
    // What it has said without being asked would be taken for an answer.
    if (!backend->is_silent())
        return lost(server, Error{Code::closed, cat(server, " has ended the session")}).error();
    backend->begin_command();
    backend->stream().put(line, "\r\n");
    auto flushed = backend->stream().flush();
    if (!flushed) return lost(server, std::move(flushed).error()).error();
    auto status = read_answer(backend->stream(), server);
    if (!status) return lost(server, std::move(status).error()).error();
    // 400: it goes.
    if (status->code == 400) return lost(server, Error{Code::closed, status->line}).error();
    backend->end_command();
    return status;
}

Status Relay::pass_on(const std::string& server, const Command& command, const Answer& first)
{
    client_.put(first.line, "\r\n");
    if (command.verb->lines == 0 || first.code != command.verb->lines) return success();
    // How long an answer takes is up to who reads it, as long as he goes on.
    client_.set_deadline(Deadline::never().or_told_to_end());
    backend::Backend* const backend = backends_.find(server);
    if (Status copied = session::copy_lines(backend->stream(), client_); !copied) {
        client_.fail(Error{Code::closed, copied.error().text});
        return lost(server, std::move(copied).error());
    }
    // The server is not to blame for it.
    if (!client_.ok()) backends_.drop(backend);
    return success();
}

Status Relay::each_line(const std::string& server,
                        const std::function<void(std::string_view)>& each)
{
    backend::Backend* const backend = backends_.find(server);
    for (;;) {
        auto line = backend->stream().read_line(kMaxListLine);
        if (!line) return lost(server, std::move(line).error());
        if (*line == ".") return success();
        each(std::string_view(*line).substr(line->starts_with('.') ? 1 : 0));
    }
}

}  // namespace rookery::nntp
