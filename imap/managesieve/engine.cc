// The loop of a ManageSieve session, its command table, and where a command is done.
#include "imap/managesieve/engine.h"

#include <algorithm>
#include <chrono>

#include "imap/managesieve/relay.h"
#include "imap/session/client_wait.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::managesieve {
namespace {

constexpr Milliseconds kMinTimeout = std::chrono::minutes(30);

enum class Takes : unsigned char { nothing, text, sasl, script, number };
enum class When : unsigned char { always, before_login, after_login };
// What the command is to other servers (doc/protocols/managesieve.md 3).
struct Where {
    bool referred = false;    // a client whose scripts are elsewhere is told so
    bool relayed = false;     // or the command is passed on
    bool at_scripts = false;  // here it needs the user's scripts
    bool changes = false;     // and changes them
};
constexpr Where kHere{false, false, false, false};
constexpr Where kReads{true, true, true, false};
constexpr Where kChanges{true, true, true, true};

}  // namespace

struct Engine::Row {
    std::string_view verb;
    When when;
    Where where;
    Takes first;
    Takes second;
    size_t needed;       // arguments, at least
    bool for_anonymous;  // who may but have scripts checked
    void (Engine::*run)(const Arguments& arguments);
};

Engine::Engine(Parts parts)
    : config_(parts.config),
      kit_(parts.kit),
      client_(parts.client),
      directory_(parts.directory),
      backends_(parts.backends),
      extensions_(parts.extensions),
      reader_(parts.client),
      max_script_(static_cast<size_t>(parts.config.sieve_maxscriptsize()) * 1024)
{
    client_.set_timeout(std::max<Milliseconds>(config_.timeout(), kMinTimeout));
}

void Engine::run()
{
    if (auto down = kit_.shutdown_text()) return end_session(Word::bye, {}, *down);
    greet();
    while (!ended_ && client_.ok() && wait_for_command()) one_command();
    session::SessionKit::count_traffic(client_);
    if (auto why = session::SessionKit::why_given_up(client_))
        client_.last_word(reply(Word::bye, "TRYLATER", *why));
    backends_.drop_all();
    if (client_.ok()) client_.close();
}

void Engine::greet()
{
    say_capabilities();
    ok();
}

void Engine::end_session(Word word, std::string_view code, std::string_view text)
{
    client_.put(reply(word, code, text));
    if (auto flushed = client_.flush(); !flushed)
        log::info("client is gone", {{"reason", flushed.error()}});
    ended_ = true;
}

void Engine::come_again()
{
    end_session(Word::bye, "TRYLATER", session::kComeAgain);
}

// False when the session is over. Pipelined commands are answered together.
bool Engine::wait_for_command()
{
    session::SessionKit::count_traffic(client_);
    if (logged_in()) client_.set_deadline(Deadline::after(client_.timeout()).or_told_to_end());
    if (client_.has_input() && !signals::terminate_pending()) return true;
    if (!client_.flush()) return false;
    client_.release_buffers();
    service::scoreboard::set_state("idle");
    session::Wait wait;
    wait.in_session = logged_in();
    for (;;) {
        wait.idle = client_.wait_deadline();
        wait.alarm = backends_.close_idle();
        switch (session::wait_for_client(kit_, client_, wait)) {
            case session::Woken::client: return true;
            case session::Woken::gone: return false;
            case session::Woken::told_to_end:
                end_session(Word::bye, "TRYLATER", "Server is going down");
                return false;
            case session::Woken::come_again: come_again(); return false;
            case session::Woken::idle:
                end_session(Word::bye, {}, "Disconnected for inactivity");
                return false;
            case session::Woken::other:
            case session::Woken::alarm: break;
        }
    }
}

// --- a command

void Engine::one_command()
{
    Arguments arguments;
    const Row* row = read_command(arguments);
    if (row == nullptr) return;
    if (auto down = kit_.shutdown_text()) return end_session(Word::bye, {}, *down);
    errors_ = 0;
    service::counters::add(service::counters::Kind::commands);
    service::scoreboard::set_state(row->verb);
    const service::counters::Timed timed;
    dispatch(*row, arguments);
}

const Engine::Row* Engine::find_row(std::string_view verb)
{
    using enum Takes;
    using enum When;
    static constexpr Row kTable[] = {
        {"AUTHENTICATE", always, kHere, text, sasl, 1, true, &Engine::authenticate},
        {"CAPABILITY", always, {.referred = true}, nothing, nothing, 0, true, &Engine::capability},
        {"CHECKSCRIPT",
         after_login,
         {.relayed = true},
         script,
         nothing,
         1,
         true,
         &Engine::check_script},
        {"DELETESCRIPT", after_login, kChanges, text, nothing, 1, false, &Engine::delete_script},
        {"GETSCRIPT", after_login, kReads, text, nothing, 1, false, &Engine::get_script},
        {"HAVESPACE", after_login, kReads, text, number, 2, false, &Engine::have_space},
        {"LISTSCRIPTS", after_login, kReads, nothing, nothing, 0, false, &Engine::list_scripts},
        {"LOGOUT", always, kHere, nothing, nothing, 0, true, &Engine::logout},
        {"NOOP", always, kHere, text, nothing, 0, true, &Engine::noop},
        {"PUTSCRIPT", after_login, kChanges, text, script, 2, true, &Engine::put_script},
        {"RENAMESCRIPT", after_login, kChanges, text, text, 2, false, &Engine::rename_script},
        {"SETACTIVE", after_login, kChanges, text, nothing, 1, false, &Engine::set_active},
        {"STARTTLS", before_login, kHere, nothing, nothing, 0, true, &Engine::starttls},
        {"UNAUTHENTICATE", after_login, kHere, nothing, nothing, 0, true, &Engine::unauthenticate},
        {"X-SESSION", before_login, kHere, text, nothing, 1, true, &Engine::session},
    };
    const auto* row = std::find_if(std::begin(kTable), std::end(kTable),
                                   [&](const Row& r) { return r.verb == verb; });
    return row == std::end(kTable) ? nullptr : row;
}

// Null: it was no command, and has been answered.
const Engine::Row* Engine::read_command(Arguments& arguments)
{
    auto verb = reader_.verb();
    if (!verb) return bad(verb.error()), nullptr;
    const Row* row = find_row(*verb);
    const bool is_now = row != nullptr && (row->when == When::always ||
                                           (row->when == When::after_login) == logged_in());
    if (!is_now) {
        if (Status skipped = reader_.skip(); !skipped) return bad(skipped.error()), nullptr;
        bad(Error{Code::syntax, row == nullptr                   ? "No such command"
                                : row->when == When::after_login ? "Please authenticate first"
                                                                 : "Not after a login"});
        return nullptr;
    }
    for (size_t i = 0; i < 2; ++i) {
        auto more = reader_.has_argument();
        if (!more) return bad(more.error()), nullptr;
        if (!*more && i >= row->needed) return row;
        if (!*more) return bad(Error{Code::syntax, "More arguments were expected"}), nullptr;
        if (Status read = read_argument(*row, i, arguments); !read)
            return bad(read.error()), nullptr;
    }
    if (Status end = reader_.end(); !end) return bad(end.error()), nullptr;
    return row;
}

Status Engine::read_argument(const Row& row, size_t index, Arguments& arguments)
{
    ++arguments.count;
    std::string& into = index == 0 ? arguments.first : arguments.second;
    switch (index == 0 ? row.first : row.second) {
        case Takes::nothing: {
            TRY(reader_.skip());
            return Error{Code::syntax, "Fewer arguments were expected"};
        }
        case Takes::text: {
            auto text = reader_.string(CommandReader::kMaxQuoted);
            if (!text) return std::move(text).error();
            into = *std::move(text);
            return success();
        }
        case Takes::sasl: {
            TRY_ASSIGN(into, reader_.string(session::kMaxSaslLine));
            return success();
        }
        case Takes::script: {
            auto text = reader_.string(max_script_);
            // The one string whose length is a quota.
            if (text.is(Code::limit) && !reader_.is_lost())
                return Error{Code::over_quota,
                             cat("A script may have ", config_.sieve_maxscriptsize(), " kB")};
            TRY_ASSIGN(into, text);
            return success();
        }
        case Takes::number: break;
    }
    TRY_ASSIGN(arguments.number, reader_.number());
    return success();
}

// What the client said was no command of ours.
void Engine::bad(const Error& error)
{
    if (!client_.ok()) return;
    service::counters::add(service::counters::Kind::command_failures);
    if (reader_.is_lost()) return end_session(Word::bye, {}, error.text);
    if (error.code == Code::over_quota) return no("QUOTA/MAXSIZE", error.text);
    if (++errors_ >= kMaxErrors) return end_session(Word::bye, {}, "Too many errors");
    client_.put(reply(Word::no, {}, error.text));
}

// --- where it is done

void Engine::dispatch(const Row& row, const Arguments& arguments)
{
    const bool is_somewhere = row.where.referred || row.where.relayed || row.where.at_scripts;
    if (!logged_in() || !is_somewhere) return (this->*row.run)(arguments);
    if (verifies_only()) {
        if (!row.for_anonymous) return no({}, "Only to check scripts");
        return (this->*row.run)(arguments);
    }
    auto home = find_home(config_, directory_, *who_);
    if (!home && !row.where.at_scripts) return (this->*row.run)(arguments);
    if (!home) return homeless(home.error());
    if (!home->server.empty()) return elsewhere(row, arguments, home->server);
    if (!row.where.at_scripts) return (this->*row.run)(arguments);
    scripts_ = std::move(home->scripts);
    at_home(row, arguments);
    scripts_.reset();
}

// Whether they may be changed is asked under their lock: whoever takes the user elsewhere says so
// in the list first, and then waits for the lock.
void Engine::at_home(const Row& row, const Arguments& arguments)
{
    if (!row.where.changes) return (this->*row.run)(arguments);
    auto held = scripts_->lock();
    if (!held) return no(held.error());
    auto still = find_home(config_, directory_, *who_);
    if (still && !still->server.empty()) still = Error{Code::moved, still->server};
    if (still && !still->changeable) still = std::move(still->changeable).error();
    if (!still) return homeless(still.error());
    (this->*row.run)(arguments);
}

// The user was there at the login: a server that knows of its own mailboxes only cannot say more.
void Engine::homeless(const Error& error)
{
    if (error.code != Code::not_found) return no(error);
    end_session(Word::bye, "TRYLATER", "The mailbox is not here any more, please connect again");
}

void Engine::elsewhere(const Row& row, const Arguments& arguments, const std::string& server)
{
    // Two lists that name each other's server would send a client round for ever.
    if (who_->relayed) return no(Error{Code::moved, server});
    if (const auto host = referral_host(config_, server)) {
        if (!row.where.referred) return (this->*row.run)(arguments);
        log::info("referral", {{"user", who_->userid}, {"server", *host}});
        return end_session(Word::bye, cat("REFERRAL ", to_string(cat("sieve://", *host))),
                           "Try Remote.");
    }
    if (!row.where.relayed) return (this->*row.run)(arguments);
    pass_on(row, arguments, server);
}

void Engine::pass_on(const Row& row, const Arguments& arguments, const std::string& server)
{
    std::string command(row.verb);
    if (arguments.count > 0) cat_to(command, ' ', to_client_string(arguments.first));
    if (arguments.count > 1) {
        command += ' ';
        if (row.second == Takes::number)
            cat_to(command, arguments.number);
        else
            command += to_client_string(arguments.second);
    }
    command += "\r\n";
    service::scoreboard::set_backend(server);
    auto given = relay(backends_, server, command);
    if (given.is(Code::denied) || given.is(Code::closed)) {
        // It let nobody in for the user, or said BYE: the user may be at another server by now.
        if (const auto now = server_now(); now && *now != server)
            given = relay(backends_, *now, command);
    }
    service::scoreboard::set_backend("");
    if (given) return client_.put(*given);
    service::counters::add(service::counters::Kind::backend_failures);
    // Whatever a server says of our login there is no word about the client.
    no(given.is(Code::maintenance) ? given.error() : Error{Code::unavailable, given.error().text});
}

// The server that has the user's scripts, after the list has caught up; none: here, or not known.
std::optional<std::string> Engine::server_now()
{
    if (!directory_.catch_up()) return std::nullopt;
    const auto home = find_home(config_, directory_, *who_);
    if (!home || home->server.empty()) return std::nullopt;
    return home->server;
}

// --- answers

void Engine::ok(std::string_view code, std::string_view text)
{
    client_.put(reply(Word::ok, code, text));
}

void Engine::no(std::string_view code, std::string_view text)
{
    service::counters::add(service::counters::Kind::command_failures);
    client_.put(reply(Word::no, code, text));
}

void Engine::no(const Error& error)
{
    service::counters::add(service::counters::Kind::command_failures);
    if (is_trouble(error.code))
        log::warning("a command failed",
                     {{"user", who_ ? std::string_view(who_->userid) : std::string_view()},
                      {"reason", error}});
    client_.put(error_reply(error));
}

void Engine::answer(const Status& done)
{
    if (!done) return no(done.error());
    ok();
}

}  // namespace rookery::managesieve
