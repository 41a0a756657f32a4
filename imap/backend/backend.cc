// A connection to another server after its login, and between two sessions.
#include "imap/backend/backend.h"

#include <algorithm>

#include "imap/backend/connector.h"
#include "lib/base/strings.h"

namespace rookery::backend {
namespace {

constexpr Milliseconds kLogoutTimeout{2000};

}  // namespace

Backend::Backend(const Dialect& dialect, std::string server, std::unique_ptr<Link> link)
    : dialect_(dialect), server_(std::move(server)), link_(std::move(link))
{
}

Backend::~Backend() = default;

Result<std::unique_ptr<Backend>> Backend::connect(const config::Config& config,
                                                  const Dialect& dialect, const std::string& server,
                                                  const ConnectOptions& options)
{
    auto made = Connector(config, dialect, server, options).run();
    // A process that was replaced meanwhile lets nobody in; its successor is there already.
    if (made.is(Code::closed)) made = Connector(config, dialect, server, options).run();
    // A peer that goes away during the login could not be reached.
    if (made.is(Code::closed)) return Error{Code::unavailable, made.error().text};
    if (!made) return std::move(made).error();
    return std::unique_ptr<Backend>(new Backend(dialect, server, *std::move(made)));
}

Result<std::string> Backend::unauthenticate()
{
    if (dialect_.unauthenticate == nullptr || !has_capability(dialect_.unauthenticate_capability))
        return Error{Code::unsupported, cat(server_, " does not offer that its user leaves it")};
    if (link_->sasl || link_->compressed)
        return Error{Code::unsupported, cat(server_, " is under a layer of its user")};
    const bool in_order =
        !in_command() && !doubtful_ && link_->stream.ok() && link_->stream.unflushed() == 0;
    // Of a selected mailbox there may be news at any time, to the end of UNSELECT.
    if (!in_order || (selected_ ? !has_capability("UNSELECT") : !is_silent()))
        return Error{Code::syntax, cat("the session with ", server_, " did not end in order")};
    link_->stream.set_deadline(Deadline::after(
        dialect_.unauthenticate_commits ? link_->stream.timeout() : kLogoutTimeout));
    watched_ = 0;
    const std::string unselect = std::exchange(selected_, false) ? next_tag() : std::string();
    // After an error logout() says nothing more to a server that commits: QUIT might do again what
    // has failed.
    TRY_ASSIGN(std::string line,
               dialect_.unauthenticate(link_->stream, next_tag(), unselect, link_->capabilities));
    has_user_ = false;
    if (dialect_.capabilities_stay) std::swap(link_->capabilities, link_->other_capabilities);
    link_->stream.set_deadline(Deadline::never());
    link_->stream.release_buffers();
    return line;
}

Result<std::unique_ptr<Backend>> Backend::login_again(std::unique_ptr<Backend> left,
                                                      const config::Config& config,
                                                      const ConnectOptions& options)
{
    const Dialect& dialect = left->dialect();
    const std::string server = left->server();
    Connector connector(config, dialect, server, options);
    TRY_ASSIGN(left->link_, connector.run_again(std::move(left->link_)));
    left->has_user_ = true;
    return left;
}

bool Backend::has_capability(std::string_view name) const
{
    return link_->has_capability(name);
}

bool Backend::has_capability_family(std::string_view name) const
{
    return std::any_of(link_->capabilities.begin(), link_->capabilities.end(),
                       [&](const std::string& c) {
                           return starts_with_nocase(c, name) &&
                                  (c.size() == name.size() || c[name.size()] == '=');
                       });
}

int Backend::strength() const
{
    return (link_->tls ? link_->tls->bits : 0) + (link_->sasl ? link_->sasl->ssf() : 0);
}

std::string Backend::next_tag()
{
    return cat(link_->tag_prefix, ++tag_counter_);
}

bool Backend::is_silent()
{
    if (!link_->stream.ok()) return false;
    auto input = link_->stream.wait_input(Deadline::after(Milliseconds(0)));
    return input && !*input;
}

bool Backend::is_alive()
{
    if (!link_->stream.ok()) return false;
    auto input = link_->stream.wait_input(Deadline::after(Milliseconds(0)));
    if (!input) return false;
    if (!*input) return true;
    // Something is there, which an idle peer sends only to say good-bye, or the end of file.
    if (!link_->stream.peek()) return false;
    return !starts_with_nocase(link_->stream.buffered(), "* BYE") &&
           !starts_with_nocase(link_->stream.buffered(), "421 ");
}

void Backend::logout()
{
    // To a server that waits for the rest of a literal the line would be a part of it.
    const bool commits = dialect_.unauthenticate_commits && has_user_;
    if (link_->stream.ok() && !in_command() && !commits) {
        link_->stream.set_deadline(Deadline::after(kLogoutTimeout));
        link_->stream.put(dialect_.logout);
    }
    link_->stream.close();
}

std::unique_ptr<Backend> backend_for_test(const Dialect& dialect, std::string server,
                                          stream::Stream stream,
                                          std::vector<std::string> capabilities)
{
    auto link = std::make_unique<Link>(std::move(stream));
    link->capabilities = std::move(capabilities);
    link->tag_prefix = "TEST";
    return std::unique_ptr<Backend>(new Backend(dialect, std::move(server), std::move(link)));
}

}  // namespace rookery::backend
