#include "imap/pop3/relay.h"

#include <chrono>

#include "imap/pop3/reply.h"
#include "imap/session/message_lines.h"
#include "lib/base/strings.h"

namespace rookery::pop3 {
namespace {

constexpr Milliseconds kKeepAlive = std::chrono::minutes(1);
constexpr std::string_view kErr = "-ERR ";

bool is_word(std::string_view line, std::string_view word)
{
    return line == word || (line.starts_with(word) && line[word.size()] == ' ');
}

bool is_ok(std::string_view line)
{
    return is_word(line, "+OK");
}

}  // namespace

std::string to_line(const Command& command)
{
    std::string line(command.verb->name);
    for (size_t i = 0; i < command.count; ++i)
        if (command.has_numbers())
            cat_to(line, ' ', command.numbers[i]);
        else
            cat_to(line, ' ', command.words[i]);
    return line;
}

Result<std::string> Relay::open(const std::string& server, const ServerNow& server_now)
{
    auto made = backends_.get(server);
    if (made.is(Code::moved)) {
        // Not there, or not just now.
        if (const auto now = server_now(); now && *now != server) made = backends_.get(*now);
    }
    if (!made) return std::move(made).error();
    backend_ = *made;
    // It lasts as long as the session: the pool is not to end it for its being idle.
    backend_->set_selected(true);
    used_ = monotonic_now();
    return ok(backend_->welcome());
}

std::string Relay::refusal(const Error& error)
{
    const size_t at = error.text.rfind(cat(kErr, '['));
    const bool is_servers = error.code == Code::busy || error.code == Code::moved;
    if (!is_servers || at == error.text.npos) return error_reply(error);
    const std::string_view text = std::string_view(error.text).substr(at + kErr.size());
    // That there is no such maildrop is never final: the list has it there (doc/rules.md 5.1).
    if (starts_with_nocase(text, "[SYS/PERM]"))
        return err("SYS/TEMP", "The maildrop cannot be opened now, try again later");
    return err({}, text);
}

Status Relay::pass(const Command& command)
{
    // How long an answer takes is up to who reads it, as long as he goes on.
    client_.set_deadline(Deadline::never().or_told_to_end());
    auto line = ask(to_line(command));
    if (!line) return lost(std::move(line).error());
    client_.put(*line, "\r\n");
    if (command.has_many_lines() && is_ok(*line)) {
        if (Status copied = session::copy_lines(backend_->stream(), client_); !copied) {
            client_.fail(Error{Code::closed, copied.error().text});
            return lost(std::move(copied).error());
        }
    }
    // The server is not to blame for it.
    if (!client_.ok())
        abandon();
    else
        backend_->end_command();
    return success();
}

Status Relay::keep_alive()
{
    if (monotonic_now() - used_ < kKeepAlive) return success();
    auto line = ask("NOOP");
    if (!line) return lost(std::move(line).error());
    backend_->end_command();
    return success();
}

Result<std::string> Relay::quit()
{
    TRY(require_silent());
    backend_->set_selected(false);
    auto last = backends_.hand_on(backend_);
    if (last.is(Code::unsupported)) {
        last = ask("QUIT");
        if (last) backend_->end_command();
        backends_.drop(backend_);
    }
    backend_ = nullptr;
    // It said no, and that is an answer.
    if (last.is(Code::denied)) last = last.error().text;
    if (!last) return last;
    return cat(*last, "\r\n");
}

void Relay::abandon()
{
    if (backend_ != nullptr) backends_.drop(backend_);
    backend_ = nullptr;
}

// What it has said without being asked would be taken for an answer.
Status Relay::require_silent()
{
    if (backend_ == nullptr) return Error{Code::closed, "the connection is lost"};
    if (backend_->is_silent()) return success();
    return lost(Error{Code::closed, cat(backend_->server(), " has ended the session")});
}

// Sends a command and gives the first line of its answer, without CRLF.
Result<std::string> Relay::ask(std::string_view line)
{
    TRY(require_silent());
    backend_->begin_command();
    used_ = monotonic_now();
    backend_->stream().put(line, "\r\n");
    TRY(backend_->stream().flush());
    return read_status();
}

Result<std::string> Relay::read_status()
{
    TRY_ASSIGN(std::string line, backend_->stream().read_line(kMaxStatusLine));
    const bool is_clean = line.find_first_of(std::string_view("\r\0", 2)) == line.npos;
    if (is_clean && (is_ok(line) || is_word(line, "-ERR"))) return line;
    return Error{Code::syntax, cat(backend_->server(), ": no answer: ", line.substr(0, 100))};
}

Status Relay::lost(Error error)
{
    abandon();
    return error;
}

}  // namespace rookery::pop3
