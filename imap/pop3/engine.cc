// The loop of a POP3 session, what does each verb, and the maildrop's commands.
#include "imap/pop3/engine.h"

#include <algorithm>

#include "imap/pop3/reply.h"
#include "imap/session/client_wait.h"
#include "imap/session/message_lines.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::pop3 {
namespace {

constexpr Milliseconds kRestAfter(500);
constexpr size_t kMaxSkip = 1 << 20;  // of a line that is too long

constexpr std::string_view kNotRemoved = "some deleted messages not removed";

}  // namespace

struct Engine::Row {
    std::string_view verb;
    void (Engine::*run)(const Command& command);
};

Engine::Engine(Parts parts)
    : config_(parts.config),
      kit_(parts.kit),
      client_(parts.client),
      directory_(parts.directory),
      backends_(parts.backends),
      store_(parts.store),
      make_user_(std::move(parts.make_user)),
      home_(parts.config, parts.directory, parts.store != nullptr)
{
    client_.set_timeout(std::max<Milliseconds>(config_.poptimeout(), parts.least_timeout));
}

void Engine::run()
{
    if (auto down = kit_.shutdown_text()) return end_session(err("SYS/TEMP", *down));
    greet();
    while (!ended_ && client_.ok() && wait_for_command()) one_command();
    session::SessionKit::count_traffic(client_);
    if (auto why = session::SessionKit::why_given_up(client_))
        client_.last_word(err("SYS/TEMP", *why));
    log_counts();
    user_.reset();
    backends_.drop_all();
    if (client_.ok()) client_.close();
}

void Engine::end_session(std::string_view last_line)
{
    client_.put(last_line);
    if (auto flushed = client_.flush(); !flushed)
        log::info("client is gone", {{"reason", flushed.error()}});
    ended_ = true;
}

void Engine::come_again()
{
    end_session(err("SYS/TEMP", session::kComeAgain));
}

// False when the session is over. Pipelined commands are answered together.
bool Engine::wait_for_command()
{
    session::SessionKit::count_traffic(client_);
    if (logged_in()) client_.set_deadline(Deadline::after(client_.timeout()).or_told_to_end());
    if (client_.has_input() && !signals::terminate_pending()) return true;
    if (!client_.flush()) return false;
    service::scoreboard::set_state("idle");
    session::Wait wait;
    // Who asks for one message after another would have it all made again each time.
    wait.alarm = Deadline::after(kRestAfter);
    wait.in_session = logged_in();
    for (;;) {
        wait.idle = client_.wait_deadline();
        switch (session::wait_for_client(kit_, client_, wait)) {
            case session::Woken::client: return true;
            case session::Woken::gone: return false;
            case session::Woken::told_to_end:
                end_session(err("SYS/TEMP", "Server is going down"));
                return false;
            case session::Woken::come_again: come_again(); return false;
            case session::Woken::idle:
                end_session(err("SYS/TEMP", "Disconnected for inactivity"));
                return false;
            case session::Woken::other: break;
            case session::Woken::alarm:
                if (!wait.alarm.passed()) break;
                rest();
                wait.alarm = Deadline::never();
                break;
        }
    }
}

// Holds little while its client is idle.
void Engine::rest()
{
    client_.release_buffers();
    if (logged_in() && user_->maildrop) user_->maildrop->rest();
}

// --- a command

void Engine::one_command()
{
    auto line = client_.read_line(session::kMaxSaslLine);
    if (line.is(Code::limit) && client_.ok()) {
        if (!client_.skip_line(kMaxSkip)) return end_session(err({}, "The line is too long"));
        return bad(Error{Code::limit, "The line is too long"});
    }
    if (!line) return;
    if (auto down = kit_.shutdown_text()) return end_session(err("SYS/TEMP", *down));
    const auto command = parse(*line);
    if (!command) return bad(command.error());
    if (command->verb == nullptr) return bad(Error{Code::syntax, "No such command"});
    if (!is_now(*command->verb))
        return bad(Error{Code::syntax, logged_in() ? "Not after a login" : "Please log in first"});
    errors_ = 0;
    service::counters::add(service::counters::Kind::commands);
    service::scoreboard::set_state(command->verb->name);
    const service::counters::Timed timed;
    dispatch(*command);
}

bool Engine::is_now(const Verb& verb) const
{
    switch (verb.when) {
        case When::authorization: return !logged_in();
        case When::transaction: return logged_in();
        case When::always: break;
    }
    return true;
}

void Engine::dispatch(const Command& command)
{
    if (logged_in() && user_->relay && command.verb->at == At::maildrop) return pass_on(command);
    static constexpr Row kTable[] = {
        {"APOP", &Engine::apop},         {"AUTH", &Engine::auth}, {"CAPA", &Engine::capa},
        {"DELE", &Engine::dele},         {"LANG", &Engine::lang}, {"LIST", &Engine::list},
        {"NOOP", &Engine::noop},         {"PASS", &Engine::pass}, {"QUIT", &Engine::quit},
        {"RETR", &Engine::retr},         {"RSET", &Engine::rset}, {"STAT", &Engine::stat},
        {"STLS", &Engine::stls},         {"TOP", &Engine::top},   {"UIDL", &Engine::uidl},
        {"USER", &Engine::user},         {"UTF8", &Engine::utf8}, {"X-REUSE", &Engine::reuse},
        {"X-SESSION", &Engine::session},
    };
    const auto* row = std::find_if(std::begin(kTable), std::end(kTable),
                                   [&](const Row& r) { return r.verb == command.verb->name; });
    (this->*row->run)(command);
}

void Engine::pass_on(const Command& command)
{
    if (const Status passed = user_->relay->pass(command); !passed) backend_lost(passed.error());
}

// Where part of an answer was said, nothing more can be.
void Engine::backend_lost(const Error& error)
{
    service::counters::add(service::counters::Kind::backend_failures);
    log::warning("the server of a maildrop is lost",
                 {{"user", user_->who.userid}, {"reason", error}});
    if (client_.ok()) end_session(err("SYS/TEMP", "The server of the maildrop is lost"));
}

// What the client said was no command of ours.
void Engine::bad(const Error& error)
{
    if (!client_.ok()) return;
    service::counters::add(service::counters::Kind::command_failures);
    if (++errors_ >= kMaxErrors) return end_session(err({}, "Too many errors"));
    client_.put(err({}, error.text));
}

void Engine::refuse(const Error& error)
{
    service::counters::add(service::counters::Kind::command_failures);
    if (is_trouble(error.code))
        log::warning(
            "a command failed",
            {{"user", logged_in() ? std::string_view(user_->who.userid) : ""}, {"reason", error}});
    client_.put(error_reply(error));
}

// --- the maildrop

void Engine::noop(const Command&)
{
    if (user_->relay) {
        if (const Status alive = user_->relay->keep_alive(); !alive)
            return backend_lost(alive.error());
    }
    client_.put(ok({}));
}

void Engine::stat(const Command&)
{
    const Maildrop::Sum sum = maildrop().sum();
    client_.put(ok(cat(sum.messages, ' ', sum.octets)));
}

void Engine::list(const Command& command)
{
    if (!command.has_many_lines()) {
        const auto octets = maildrop().octets(command.numbers[0]);
        if (!octets) return refuse(octets.error());
        return client_.put(ok(cat(command.numbers[0], ' ', *octets)));
    }
    client_.put(ok("Numbers and sizes follow"));
    for (uint32_t i = 1; i <= maildrop().last() && client_.ok(); ++i)
        if (const auto octets = maildrop().octets(i)) client_.put(i, ' ', *octets, "\r\n");
    client_.put(".\r\n");
}

void Engine::uidl(const Command& command)
{
    if (!command.has_many_lines()) {
        const auto id = maildrop().unique_id(command.numbers[0]);
        if (!id) return refuse(id.error());
        return client_.put(ok(cat(command.numbers[0], ' ', *id)));
    }
    client_.put(ok("Numbers and unique ids follow"));
    for (uint32_t i = 1; i <= maildrop().last() && client_.ok(); ++i)
        if (const auto id = maildrop().unique_id(i)) client_.put(i, ' ', *id, "\r\n");
    client_.put(".\r\n");
}

void Engine::retr(const Command& command)
{
    send(command.numbers[0], std::nullopt);
}

void Engine::top(const Command& command)
{
    send(command.numbers[0], command.numbers[1]);
}

void Engine::send(uint32_t number, std::optional<uint32_t> body_lines)
{
    const auto content = maildrop().content(number);
    if (!content) return no_message(number, content.error());
    const std::string_view whole = (*content)->bytes();
    const std::string_view message = body_lines ? session::top_of(whole, *body_lines) : whole;
    client_.put(ok("Message follows"));
    if (session::send_message(client_, message))
        maildrop().sent(number, !body_lines, message.size());
}

// A mailbox that has left has left no damage.
void Engine::no_message(uint32_t number, const Error& error)
{
    if (error.code != Code::not_found) {
        const Status here = home_.may_change(user_->who, maildrop().entry(), model::Rights());
        if (!here) return refuse(Error{Code::moved, here.error().text});
    }
    if (error.code == Code::corrupt)
        return refuse(Error{error.code, cat("Message ", number, " is damaged")});
    refuse(error);
}

void Engine::dele(const Command& command)
{
    if (!maildrop().has(command.numbers[0]))
        return refuse(Error{Code::not_found, "No such message"});
    // What else there is to say is said at QUIT: it may change until then.
    if (home_.heeds_rights()) {
        auto may = home_.may_change(user_->who, maildrop().entry(), model::Rights::delete_message);
        if (may.is(Code::denied)) return refuse(may.error());
    }
    if (auto marked = maildrop().mark_deleted(command.numbers[0]); !marked)
        return refuse(marked.error());
    client_.put(ok("Marked as deleted"));
}

void Engine::rset(const Command&)
{
    maildrop().reset();
    client_.put(ok({}));
}

// --- the end

// The UPDATE state (RFC 1939 6). The lock is released before the client hears of it: it may come
// again at once. Gives the answer.
std::string Engine::leave_maildrop(std::string_view good_bye)
{
    const auto may = [this](model::Rights right) {
        return [this, right] { return home_.may_change(user_->who, maildrop().entry(), right); };
    };
    const Status done =
        maildrop().commit(may(model::Rights::delete_message), may(model::Rights::seen));
    log_counts();
    if (!done) {
        service::counters::add(service::counters::Kind::command_failures);
        log::warning(kNotRemoved, {{"user", user_->who.userid},
                                   {"mailbox", maildrop().entry().name.internal()},
                                   {"session", kit_.session_id()},
                                   {"reason", done.error()}});
    }
    user_.reset();
    if (done) return ok(good_bye);
    return err(done.is(Code::denied) ? "SYS/PERM" : "SYS/TEMP", kNotRemoved);
}

void Engine::quit(const Command&)
{
    if (!logged_in()) return end_session(ok("Bye"));
    if (user_->relay) {
        const auto last = user_->relay->quit();
        return last ? end_session(*last) : backend_lost(last.error());
    }
    end_session(leave_maildrop("Bye"));
}

// A layer of SASL cannot be taken off.
bool Engine::may_hand_on() const
{
    return logged_in() && user_->maildrop && user_->who.relayed && !has_layer_;
}

void Engine::reuse(const Command&)
{
    if (!may_hand_on()) return bad(Error{Code::syntax, "No such command"});
    const std::string answer = leave_maildrop("Bye");
    if (!answer.starts_with("+OK")) return end_session(answer);
    backends_.set_user({});
    challenge_.clear();  // the greeting's, and there is no other one
    kit_.logged_out(client_);
    client_.put(answer);
}

void Engine::log_counts() const
{
    if (!logged_in() || !user_->maildrop) return;
    const Maildrop::Counts& counts = user_->maildrop->counts();
    log::notice("counts", {{"user", user_->who.userid},
                           {"retr", counts.retrieved},
                           {"top", counts.tops},
                           {"dele", counts.deleted},
                           {"bytes", counts.octets},
                           {"session", kit_.session_id()}});
}

}  // namespace rookery::pop3
