// Interpreter: one run of a program over one message, as the rows of the table of extensions see
// it.
//
// Holds everything that changes while a script runs: actions so far, variables, flags, the edited
// header, what is left of the limits. Made by run() and gone after it. Codes: limit, syntax (an
// error that only the run can find), and what the environment returns. One thread.
#ifndef ROOKERY_IMAP_SIEVE_INTERPRETER_H
#define ROOKERY_IMAP_SIEVE_INTERPRETER_H

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imap/sieve/actions.h"
#include "imap/sieve/environment.h"
#include "imap/sieve/extension.h"
#include "imap/sieve/message_view.h"
#include "imap/sieve/program.h"
#include "imap/sieve/variable_text.h"
#include "lib/base/result.h"

namespace rookery::sieve {

class Interpreter {
 public:
    Interpreter(Environment& environment, const Limits& limits)
        : environment_(environment), limits_(limits), message_(environment.message())
    {
    }

    Interpreter(const Interpreter&) = delete;
    Interpreter& operator=(const Interpreter&) = delete;

    Result<Actions> run(const Program& program);

    Environment& environment() { return environment_; }
    const Limits& limits() const { return limits_; }
    const Program& program() const { return *program_; }
    // The message, or within a script that was included for a part that part (RFC 6609 3.6).
    MessageView& message() { return *view_; }
    // The message itself: what edits are of.
    MessageView& whole() { return message_; }

    // Each command, test and comparison costs; Code::limit when it is used up.
    Status charge(uint64_t cost = 1);
    Result<Flow> block(const std::vector<Node>& nodes);
    Result<bool> test(const Node& node);
    // Any of the values with any of the keys, by the node's match type; :count counts the values.
    Result<bool> compare(const Node& node, const std::vector<std::string>& values,
                         const std::vector<std::string>& keys);

    // The same of a body: more of it is looked at, and no match variable is set (RFC 5173 6).
    Result<bool> compare_body(const Node& node, const std::vector<std::string>& values,
                              const std::vector<std::string>& keys);

    // Strings with their variables filled in.
    std::string text(const std::string& s) const;
    std::string text(const Value& value) const { return text(value.strings[0]); }
    std::vector<std::string> texts(const Value& value) const;
    // Code::limit: one variable too many. Code::syntax: not a name that can be set.
    Status set_variable(std::string_view name, std::string_view value);
    std::string variable(std::string_view name) const;
    Status make_global(std::string_view name);  // RFC 6609 3.4.1

    Status act(decltype(Action::what) what);
    Status edit(HeaderEdit edit);
    // Code::limit: more than Limits::actions.
    Status mark(DuplicateMark mark);
    // Code::syntax the second time: the action may be used once in a run.
    Status once(std::string_view action);
    void cancel_keep() { implicit_keep_ = false; }
    // The internal variable of RFC 5232, which is what keep and fileinto use without :flags.
    std::vector<std::string>& flags() { return flags_; }

    // RFC 6609: the program with its own variables.
    // A script that is being run already, by its key, is Code::syntax.
    Result<Flow> include(const Program& program, const std::string& key);
    // True the first time; limit after Limits::includes.
    Result<bool> count_include(const std::string& key);

    // The parts that a foreverpart goes through; null: the message itself (RFC 5703).
    const text::Part* part() const { return part_; }
    // ihave: all of them can be had, and may be used from now on.
    bool ask_for(const std::vector<std::string>& capabilities);
    void set_part(const text::Part* part) { part_ = part; }
    // Which loop a break is to leave; "" is the nearest.
    const std::string& loop_to_leave() const { return loop_to_leave_; }
    void leave_loop(std::string name) { loop_to_leave_ = std::move(name); }

 private:
    struct Scope {
        std::map<std::string, std::string> variables;
        std::set<std::string> globals;
        std::vector<std::string> captures;
        Capabilities asked;
    };

    Result<Flow> run_included(const Program& program, const std::string& key);
    Result<bool> compare_one(const Node& node, const std::string& value, const std::string& key);
    Result<bool> compare_regex(const Node& node, const std::vector<std::string>& values,
                               const std::vector<std::string>& keys);
    Status check_use(const Node& node) const;
    std::string_view value_of(const VariableName& name) const;
    bool merged(decltype(Action::what)& what);
    bool is_keep_mailbox(const Action& action);
    Status check_conflicts() const;

    Environment& environment_;
    const Limits& limits_;
    MessageView message_;
    MessageView* view_ = &message_;
    const Program* program_ = nullptr;
    uint64_t used_ = 0;
    bool implicit_keep_ = true;
    Actions actions_;
    std::vector<std::string> flags_;
    Scope* scope_ = nullptr;
    std::map<std::string, std::string> globals_;
    std::vector<std::string> including_;
    size_t includes_ = 0;
    std::set<std::string> included_;
    const text::Part* part_ = nullptr;
    std::string loop_to_leave_;
    std::set<std::string, std::less<>> done_once_;
    bool in_body_ = false;
};

}  // namespace rookery::sieve

#endif
