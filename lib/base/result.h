// The vocabulary of failure: Result<T>, Status and Error.
//
// Everything that can fail returns Result<T> (a value or an Error) or Status (nothing or an Error).
// An Error is a Code from a closed set, which each protocol maps to its own replies in one table,
// and a text for the person who reads the log. Access to a value that is not there ends the
// process. No exceptions are used. Thread rule: values, no sharing.
#ifndef ROOKERY_LIB_BASE_RESULT_H
#define ROOKERY_LIB_BASE_RESULT_H

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace rookery {

enum class Code : unsigned char {
    not_found,    // the name, key or message does not exist
    exists,       // it exists already
    denied,       // rights or identity do not allow it
    over_quota,   // a quota would be exceeded
    bad_name,     // not a legal mailbox name or user id
    unavailable,  // a server or service cannot be reached now
    maintenance,  // an administrator has taken that server out of use; text is for its users
    no_master,    // the mupdate master cannot be reached, and this needs it
    behind,       // the local list may be stale: a temporary answer, never "does not exist"
    busy,         // locked, or too many of them
    io,           // an operating system call failed; text names it
    no_space,     // disk full
    corrupt,      // stored data fails its checks
    syntax,       // the input does not follow its grammar
    limit,        // the input is larger, longer or deeper than allowed
    timeout,      // the deadline passed
    closed,       // the other end closed the connection
    unsupported,  // understood, not possible here
    reserved,     // the mailbox name is reserved, its mailbox is not active yet
    moved,        // the mailbox is on, or moving to, another server
    config,       // the configuration is wrong
};

std::string_view code_name(Code code);

struct Error {
    Code code;
    std::string text;
};

// errno as an Error: ENOSPC and EDQUOT become no_space, ENOENT not_found, EEXIST exists,
// everything else io. What the system does not allow this process is no denial of a client's rights
// (EACCES, EPERM): an administrator must mend it. The text is "what: strerror".
Error errno_error(std::string_view what);
Error errno_error(std::string_view what, int error_number);

[[noreturn]] void panic(std::string_view what);

struct Void {};

template <class T = Void>
class [[nodiscard]] Result {
 public:
    Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return v_.index() == 0; }
    bool ok() const { return v_.index() == 0; }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    T& value() &
    {
        if (!ok()) panic("Result has no value: " + std::get<1>(v_).text);
        return *std::get_if<0>(&v_);
    }
    const T& value() const&
    {
        if (!ok()) panic("Result has no value: " + std::get<1>(v_).text);
        return *std::get_if<0>(&v_);
    }
    T value_or(T fallback) const { return ok() ? *std::get_if<0>(&v_) : std::move(fallback); }

    const Error& error() const&
    {
        if (ok()) panic("Result has no error");
        return *std::get_if<1>(&v_);
    }
    Error&& error() &&
    {
        if (ok()) panic("Result has no error");
        return std::move(*std::get_if<1>(&v_));
    }
    bool is(Code code) const { return !ok() && std::get_if<1>(&v_)->code == code; }

 private:
    std::variant<T, Error> v_;
};

using Status = Result<Void>;

inline Status success()
{
    return Void{};
}

}  // namespace rookery

#define ROOKERY_CONCAT2(a, b) a##b
#define ROOKERY_CONCAT(a, b) ROOKERY_CONCAT2(a, b)

// TRY(expr): return the error of expr from this function, else go on.
#define TRY(expr)                                                \
    do {                                                         \
        auto try_result_ = (expr);                               \
        if (!try_result_) return std::move(try_result_).error(); \
    } while (false)

// TRY_ASSIGN(auto x, expr): the value of expr in x, or return its error.
#define TRY_ASSIGN(decl, expr) TRY_ASSIGN_(decl, expr, ROOKERY_CONCAT(try_assign_, __LINE__))
#define TRY_ASSIGN_(decl, expr, name)          \
    auto name = (expr);                        \
    if (!name) return std::move(name).error(); \
    decl = *std::move(name)

#endif
