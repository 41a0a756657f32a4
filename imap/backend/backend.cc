// A connection to another server after its login, and between two sessions.
#include "imap/backend/backend.h"

#include <algorithm>

#include "imap/backend/connector.h"
#include "lib/base/strings.h"

namespace rookery::backend {
namespace {

constexpr Milliseconds kLogoutTimeout{2000};

bool contains_nocase(const std::vector<std::string>& list, std::string_view name)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& c) { return equal_nocase(c, name); });
}

}  // namespace

Backend::Backend(const Dialect& dialect, std::string server, stream::Stream stream)
    : dialect_(dialect), server_(std::move(server)), stream_(std::move(stream))
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
    return made;
}

Status Backend::unauthenticate()
{
    if (dialect_.unauthenticate == nullptr || !has_capability("UNAUTHENTICATE"))
        return Error{Code::unsupported, cat(server_, " does not offer UNAUTHENTICATE")};
    const bool in_order = !in_command() && !doubtful_ && !sasl_ && !compressed_ && stream_.ok() &&
                          stream_.unflushed() == 0;
    // Of a selected mailbox there may be news at any time, to the end of UNSELECT.
    if (!in_order || (selected_ ? !has_capability("UNSELECT") : !is_silent()))
        return Error{Code::syntax, cat("the session with ", server_, " did not end in order")};
    stream_.set_deadline(Deadline::after(kLogoutTimeout));
    const std::string unselect = std::exchange(selected_, false) ? next_tag() : std::string();
    TRY(dialect_.unauthenticate(stream_, next_tag(), unselect, capabilities_));
    stream_.set_deadline(Deadline::never());
    stream_.release_buffers();
    return success();
}

Result<std::unique_ptr<Backend>> Backend::login_again(std::unique_ptr<Backend> left,
                                                      const config::Config& config,
                                                      const ConnectOptions& options)
{
    const Dialect& dialect = left->dialect();
    const std::string server = left->server();
    return Connector(config, dialect, server, options).run_again(std::move(left));
}

bool Backend::has_capability(std::string_view name) const
{
    return contains_nocase(capabilities_, name);
}

bool Backend::has_capability_family(std::string_view name) const
{
    return std::any_of(capabilities_.begin(), capabilities_.end(), [&](const std::string& c) {
        return starts_with_nocase(c, name) && (c.size() == name.size() || c[name.size()] == '=');
    });
}

int Backend::strength() const
{
    return (tls_ ? tls_->bits : 0) + (sasl_ ? sasl_->ssf() : 0);
}

std::string Backend::next_tag()
{
    return cat(tag_prefix_, ++tag_counter_);
}

bool Backend::is_silent()
{
    if (!stream_.ok()) return false;
    auto input = stream_.wait_input(Deadline::after(Milliseconds(0)));
    return input && !*input;
}

bool Backend::is_alive()
{
    if (!stream_.ok()) return false;
    auto input = stream_.wait_input(Deadline::after(Milliseconds(0)));
    if (!input) return false;
    if (!*input) return true;
    // Something is there, which an idle peer sends only to say good-bye, or the end of file.
    if (!stream_.peek()) return false;
    return !starts_with_nocase(stream_.buffered(), "* BYE") &&
           !starts_with_nocase(stream_.buffered(), "421 ");
}

void Backend::logout()
{
    // To a server that waits for the rest of a literal the line would be a part of it.
    if (stream_.ok() && !in_command()) {
        stream_.set_deadline(Deadline::after(kLogoutTimeout));
        stream_.put(dialect_.logout);
    }
    stream_.close();
}

std::unique_ptr<Backend> backend_for_test(const Dialect& dialect, std::string server,
                                          stream::Stream stream,
                                          std::vector<std::string> capabilities)
{
    std::unique_ptr<Backend> made(new Backend(dialect, std::move(server), std::move(stream)));
    made->capabilities_ = std::move(capabilities);
    made->tag_prefix_ = "TEST";
    return made;
}

}  // namespace rookery::backend
