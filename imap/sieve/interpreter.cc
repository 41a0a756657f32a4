// block() walks the nodes and keeps `if` chains; everything else is done by the rows. An action
// that is the same as one before is merged into it: a mailbox gets a message once, with the flags
// of the last one (RFC 5228 2.10.3, RFC 5232 3), and the mailbox of `keep` is a mailbox like
// others.
#include "imap/sieve/interpreter.h"

#include <algorithm>

#include "imap/sieve/extension_table.h"
#include "imap/sieve/match.h"
#include "imap/sieve/regex.h"
#include "lib/base/strings.h"

namespace rookery::sieve {
namespace {

bool same_mailbox(std::string_view a, std::string_view b)
{
    return a == b || (equal_nocase(a, "INBOX") && equal_nocase(b, "INBOX"));
}

bool is_chain(Role role)
{
    return role == Role::if_ || role == Role::elsif || role == Role::else_;
}

template <class T>
size_t count(const Actions& actions)
{
    return static_cast<size_t>(
        std::count_if(actions.list.begin(), actions.list.end(),
                      [](const Action& a) { return std::holds_alternative<T>(a.what); }));
}

}  // namespace

Result<Actions> Interpreter::run(const Program& program)
{
    Scope scope;
    scope_ = &scope;
    program_ = &program;
    TRY(block(program.block));
    if (implicit_keep_) TRY(act(Keep{flags_}));
    TRY(check_conflicts());
    return std::move(actions_);
}

Status Interpreter::charge(uint64_t cost)
{
    used_ += cost;
    if (used_ <= limits_.instructions) return success();
    return Error{Code::limit, "the script takes too long"};
}

Result<Flow> Interpreter::block(const std::vector<Node>& nodes)
{
    bool done = false;  // a branch of this `if` was taken
    for (const auto& node : nodes) {
        TRY(charge());
        TRY(check_use(node));
        const Role role = node.command->role;
        if (!is_chain(role)) {
            TRY_ASSIGN(Flow flow, node.command->run(*this, node));
            if (flow != Flow::next) return flow;
            continue;
        }
        if (role == Role::if_) done = false;
        if (done) continue;
        if (role != Role::else_) {
            TRY_ASSIGN(done, test(node.tests[0]));
        }
        if (!done && role != Role::else_) continue;
        TRY_ASSIGN(Flow flow, block(node.block));
        if (flow != Flow::next) return flow;
    }
    return Flow::next;
}

// What compile() let pass because of ihave.
Status Interpreter::check_use(const Node& node) const
{
    if (node.command == nullptr) return Error{Code::syntax, node.problem};
    if (!node.asked || scope_->asked[*node.asked]) return success();
    return Error{Code::syntax, cat('\'', node.command->name, "' needs require or ihave before it")};
}

Result<bool> Interpreter::test(const Node& node)
{
    TRY(charge());
    TRY(check_use(node));
    return node.command->test(*this, node);
}

Result<bool> Interpreter::compare(const Node& node, const std::vector<std::string>& values,
                                  const std::vector<std::string>& keys)
{
    if (node.match.kind == MatchKind::count) {
        const std::string number = cat(values.size());
        for (const auto& key : keys) {
            TRY(charge());
            if (holds(node.match.relation,
                      sieve::compare(node.match.comparator->kind, number, key)))
                return true;
        }
        return false;
    }
    if (node.match.kind == MatchKind::regex) return compare_regex(node, values, keys);
    for (const auto& value : values)
        for (const auto& key : keys) {
            TRY_ASSIGN(bool found, compare_one(node, value, key));
            if (found) return true;
        }
    return false;
}

Result<bool> Interpreter::compare_body(const Node& node, const std::vector<std::string>& values,
                                       const std::vector<std::string>& keys)
{
    in_body_ = true;
    auto found = compare(node, values, keys);
    in_body_ = false;
    return found;
}

Result<bool> Interpreter::compare_one(const Node& node, const std::string& value,
                                      const std::string& key)
{
    const std::string_view v = cut(value, in_body_ ? limits_.body_size : limits_.subject_size);
    const auto comparator = node.match.comparator->kind;
    TRY(charge(1 + v.size() / 4096));
    switch (node.match.kind) {
        case MatchKind::is: return sieve::compare(comparator, v, key) == 0;
        case MatchKind::contains: return contains(comparator, v, key);
        case MatchKind::value:
            return holds(node.match.relation, sieve::compare(comparator, v, key));
        case MatchKind::list: {
            TRY_ASSIGN(bool found, environment_.list_contains(key, std::string(v)));
            if (found && program_->has_variables) scope_->captures.assign(1, std::string(v));
            return found;
        }
        case MatchKind::matches: break;
        case MatchKind::count:
        case MatchKind::regex: return false;
    }
    if (key.size() > limits_.pattern_size) return Error{Code::limit, "a pattern is too long"};
    TRY(charge(v.size() * key.size() / 65536));
    const bool captured = program_->has_variables && !in_body_;
    std::vector<std::string> captures;
    if (!matches(comparator, v, key, captured ? &captures : nullptr)) return false;
    if (captured) scope_->captures = std::move(captures);
    return true;
}

// Key by key: one expression at a time is in memory.
Result<bool> Interpreter::compare_regex(const Node& node, const std::vector<std::string>& values,
                                        const std::vector<std::string>& keys)
{
    const bool captured = program_->has_variables && !in_body_;
    for (const auto& key : keys) {
        if (key.size() > limits_.pattern_size) return Error{Code::limit, "a pattern is too long"};
        TRY(charge(1 + key.size() / 8));
        TRY_ASSIGN(const Regex regex, Regex::compile(node.match.comparator->kind, key));
        TRY(charge(regex.size() / 16));
        for (const auto& value : values) {
            const auto v = cut(value, in_body_ ? limits_.body_size : limits_.subject_size);
            TRY(charge(1 + v.size() * regex.size() / 8192));
            if (regex.search(v, captured ? &scope_->captures : nullptr)) return true;
        }
    }
    return false;
}

std::string Interpreter::text(const std::string& s) const
{
    if (!program_->has_variables || s.find("${") == std::string::npos) return s;
    return expand_variables(s, limits_.string_size,
                            [this](const VariableName& name) { return value_of(name); });
}

std::vector<std::string> Interpreter::texts(const Value& value) const
{
    std::vector<std::string> out;
    out.reserve(value.strings.size());
    for (const auto& s : value.strings) out.push_back(text(s));
    return out;
}

std::string_view Interpreter::value_of(const VariableName& name) const
{
    if (name.kind == VariableName::Kind::match)
        return name.number < scope_->captures.size()
                   ? std::string_view(scope_->captures[name.number])
                   : std::string_view();
    const bool is_global =
        name.kind == VariableName::Kind::global || scope_->globals.count(name.name) != 0;
    const auto& all = is_global ? globals_ : scope_->variables;
    const auto found = all.find(name.name);
    return found == all.end() ? std::string_view() : std::string_view(found->second);
}

std::string Interpreter::variable(std::string_view name) const
{
    auto parsed = parse_variable_name(name);
    return parsed ? std::string(value_of(*parsed)) : std::string();
}

Status Interpreter::set_variable(std::string_view name, std::string_view value)
{
    TRY_ASSIGN(VariableName parsed, parse_variable_name(name));
    if (parsed.kind == VariableName::Kind::match)
        return Error{Code::syntax, "a match variable cannot be set"};
    const bool is_global =
        parsed.kind == VariableName::Kind::global || scope_->globals.count(parsed.name) != 0;
    auto& all = is_global ? globals_ : scope_->variables;
    if (all.size() >= limits_.variables && all.count(parsed.name) == 0)
        return Error{Code::limit, "too many variables"};
    all[parsed.name] = std::string(cut(value, limits_.variable_size));
    return success();
}

Status Interpreter::make_global(std::string_view name)
{
    TRY_ASSIGN(VariableName parsed, parse_variable_name(name));
    if (scope_->variables.count(parsed.name) != 0)
        return Error{Code::syntax, cat("\"", name, "\" was set before it was made global")};
    if (scope_->globals.size() >= limits_.variables)
        return Error{Code::limit, "too many variables"};
    scope_->globals.insert(parsed.name);
    return success();
}

bool Interpreter::is_keep_mailbox(const Action& action)
{
    if (std::holds_alternative<Keep>(action.what)) return true;
    const auto* into = std::get_if<FileInto>(&action.what);
    return into != nullptr && into->to.special_use.empty() && into->to.mailbox_id.empty() &&
           same_mailbox(into->to.mailbox, environment_.keep_mailbox());
}

// Whether the action is one that is in the list already, which then has the new one's flags.
bool Interpreter::merged(decltype(Action::what)& what)
{
    const Action added{what, actions_.edits.size()};
    const bool to_keep = is_keep_mailbox(added);
    for (auto& old : actions_.list) {
        auto* into = std::get_if<FileInto>(&old.what);
        const auto* to = std::get_if<FileInto>(&what);
        if (into != nullptr && to != nullptr && same_mailbox(into->to.mailbox, to->to.mailbox) &&
            into->to.special_use == to->to.special_use &&
            into->to.mailbox_id == to->to.mailbox_id) {
            into->to.flags = to->to.flags;
            into->to.create = into->to.create || to->to.create;
        } else if (to_keep && is_keep_mailbox(old)) {
            const auto& flags = to != nullptr ? to->to.flags : std::get_if<Keep>(&what)->flags;
            (into != nullptr ? into->to.flags : std::get_if<Keep>(&old.what)->flags) = flags;
        } else if (const auto* r = std::get_if<Redirect>(&what); r != nullptr) {
            const auto* before = std::get_if<Redirect>(&old.what);
            if (before == nullptr || !equal_nocase(before->address, r->address) ||
                before->list != r->list)
                continue;
        } else if (!std::holds_alternative<Discard>(what) ||
                   !std::holds_alternative<Discard>(old.what)) {
            continue;
        }
        old.edits = added.edits;
        return true;
    }
    return false;
}

Status Interpreter::act(decltype(Action::what) what)
{
    if (merged(what)) return success();
    if (actions_.list.size() >= limits_.actions) return Error{Code::limit, "too many actions"};
    if (std::holds_alternative<Redirect>(what) && count<Redirect>(actions_) >= limits_.redirects)
        return Error{Code::limit, "too many redirects"};
    actions_.list.push_back({std::move(what), actions_.edits.size()});
    return success();
}

Status Interpreter::once(std::string_view action)
{
    if (done_once_.emplace(action).second) return success();
    return Error{Code::syntax, cat('\'', action, "' can be used only once")};
}

Status Interpreter::edit(HeaderEdit edit)
{
    if (actions_.edits.size() >= limits_.edits)
        return Error{Code::limit, "too many changes of the header"};
    if (edit.is_deletion)
        message_.remove(edit.name, edit.index);
    else
        message_.add(edit.name, edit.value, edit.last);
    actions_.edits.push_back(std::move(edit));
    return success();
}

Status Interpreter::mark(DuplicateMark mark)
{
    for (const auto& old : actions_.duplicates)
        if (old.handle == mark.handle && old.id == mark.id) return success();
    if (actions_.duplicates.size() >= limits_.actions)
        return Error{Code::limit, "too many duplicates are looked for"};
    actions_.duplicates.push_back(std::move(mark));
    return success();
}

bool Interpreter::ask_for(const std::vector<std::string>& capabilities)
{
    for (const auto& name : capabilities)
        if (!can_be_had(name) && !has_capability(*program_, name)) return false;
    for (const auto& name : capabilities)
        if (const auto place = find_extension(name)) scope_->asked.set(*place);
    return true;
}

// RFC 5429 2.4, RFC 5230 4.7.
Status Interpreter::check_conflicts() const
{
    const size_t rejects = count<Reject>(actions_);
    if (rejects > 1) return Error{Code::syntax, "a message can be rejected only once"};
    if (rejects == 0) return success();
    if (done_once_.count("vacation") != 0)
        return Error{Code::syntax, "'reject' and 'vacation' cannot be used together"};
    if (count<Keep>(actions_) + count<FileInto>(actions_) + count<Redirect>(actions_) != 0)
        return Error{Code::syntax,
                     "'reject' cannot be used together with keep, fileinto or redirect"};
    return success();
}

Result<bool> Interpreter::count_include(const std::string& key)
{
    if (++includes_ > limits_.includes) return Error{Code::limit, "too many scripts are included"};
    return included_.insert(key).second;
}

Result<Flow> Interpreter::include(const Program& program, const std::string& key)
{
    if (std::find(including_.begin(), including_.end(), key) != including_.end())
        return Error{Code::syntax, cat("the script ", key, " includes itself")};
    if (including_.size() >= limits_.include_depth)
        return Error{Code::limit, "scripts include each other too deeply"};
    // A part is all that the script sees. The first is the whole, with the edits.
    const text::Part* const part = std::exchange(part_, nullptr);
    MessageView* const outer = view_;
    std::optional<MessageView> inner;
    if (part != nullptr && part != &outer->structure().root) {
        const auto bytes =
            outer->bytes().substr(part->header_begin, part->end - part->header_begin);
        view_ = &inner.emplace(bytes);
    }
    auto flow = run_included(program, key);
    view_ = outer;
    part_ = part;
    return flow;
}

Result<Flow> Interpreter::run_included(const Program& program, const std::string& key)
{
    Scope scope;
    Scope* const outer = std::exchange(scope_, &scope);
    const Program* const caller = std::exchange(program_, &program);
    including_.push_back(key);
    auto flow = block(program.block);
    including_.pop_back();
    scope_ = outer;
    program_ = caller;
    if (!flow) return std::move(flow).error();
    return *flow == Flow::stop ? Flow::stop : Flow::next;
}

}  // namespace rookery::sieve
