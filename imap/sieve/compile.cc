// Two passes. The parser makes a tree of names and arguments; the checker walks it, finds each name
// among the rows that are in force at that point, and turns the tree into nodes. `require` puts
// rows in force; so does a test of ihave, whose extensions a script uses only where it was true.
#include "imap/sieve/compile.h"

#include <algorithm>
#include <utility>

#include "imap/sieve/extension_table.h"
#include "imap/sieve/parser.h"
#include "imap/sieve/regex.h"
#include "imap/sieve/variable_text.h"
#include "lib/base/strings.h"

namespace rookery::sieve {
namespace {

constexpr std::string_view kCharacters = "encoded-character";

std::string describe(Kind kind)
{
    switch (kind) {
        case Kind::none: return "nothing";
        case Kind::number: return "a number";
        case Kind::string: return "a string";
        case Kind::strings: break;
    }
    return "a string list";
}

bool fits(Kind kind, const tree::Argument& a)
{
    using enum tree::Argument::Kind;
    switch (kind) {
        case Kind::none: return false;
        case Kind::number: return a.kind == number;
        case Kind::string: return a.kind == string;
        case Kind::strings: break;
    }
    return a.kind == string || a.kind == string_list;
}

// Tags that any row may bring: their own objects, since a node points to its tags.
constexpr Tag kComparatorTag{"comparator", Kind::string, "comparator"};
constexpr Tag kMatchTag{"match", Kind::none, "match type"};
constexpr Tag kRelationTag{"match", Kind::string, "match type"};

class Checker {
 public:
    Checker(const Limits& limits, ScriptErrors& errors) : errors_(errors)
    {
        program_.limits = limits;
        for (size_t i = 0; i < extension_table().size(); ++i)
            if (extension_table()[i].capability.empty()) program_.capabilities.set(i);
    }

    void start(const std::vector<tree::Command>& commands)
    {
        program_.block = block(commands, true);
    }
    Program take() { return std::move(program_); }

 private:
    struct Failure {
        Position at;
        std::string text;
    };

    template <class F>
    void each_row(F f) const
    {
        const auto table = extension_table();
        for (size_t i = 0; i < table.size(); ++i)
            if (program_.capabilities[i] && table[i].extension != nullptr) f(*table[i].extension);
    }

    bool in_force(std::string_view capability) const
    {
        return has_capability(program_, capability);
    }

    const Command* find(std::string_view name, bool is_test) const
    {
        const Command* found = nullptr;
        each_row([&](const Extension& e) {
            for (const auto& c : is_test ? e.tests : e.commands)
                if (c.name == name) found = &c;
        });
        return found;
    }

    // The row that only a test of ihave has put in force, for the run to look at.
    std::optional<size_t> asked_for(std::string_view name, bool is_test) const
    {
        if (asked_.none()) return std::nullopt;
        const auto place = find_extension(wanted_for(name, is_test));
        return place && asked_[*place] ? place : std::nullopt;
    }

    // The capability that a script must require to use the name.
    static std::string_view wanted_for(std::string_view name, bool is_test)
    {
        for (const auto& row : extension_table()) {
            if (row.extension == nullptr) continue;
            for (const auto& c : is_test ? row.extension->tests : row.extension->commands)
                if (c.name == name) return row.capability;
        }
        return {};
    }

    bool fail(Position at, std::string text)
    {
        failure_ = {at, std::move(text)};
        return false;
    }

    std::vector<Node> block(const std::vector<tree::Command>& commands, bool is_top = false)
    {
        std::vector<Node> out;
        Role before = Role::require;
        for (const auto& c : commands) {
            if (errors_.full()) break;
            Node node;
            const Command* row = find(c.name, false);
            const Role role = row == nullptr ? Role::plain : row->role;
            if (role == Role::require) {
                if (!is_top || before != Role::require)
                    errors_.add(c.at, "'require' must stand before all other commands");
                require(c);
                continue;
            }
            if ((role == Role::elsif || role == Role::else_) && before != Role::if_ &&
                before != Role::elsif)
                errors_.add(c.at, cat('\'', c.name, "' must follow 'if' or 'elsif'"));
            before = role;
            out.push_back(checked(c, false));
        }
        return out;
    }

    // A node, whatever is wrong with it: that goes to the errors, or with ihave into the node.
    Node checked(const tree::Command& c, bool is_test)
    {
        Node node;
        node.at = c.at;
        if (convert(c, is_test, node)) return node;
        Node bad;
        bad.at = failure_.at;
        bad.problem = failure_.text;
        if (!in_force("ihave") || !may_be_missing_) errors_.add(failure_.at, failure_.text);
        may_be_missing_ = false;
        return bad;
    }

    void require(const tree::Command& c)
    {
        if (c.arguments.size() != 1 || !fits(Kind::strings, c.arguments[0]) || c.has_block ||
            !c.tests.empty()) {
            errors_.add(c.at, "'require' expects one string list");
            return;
        }
        for (const auto& name : c.arguments[0].strings)
            if (!enable(name))
                errors_.add(c.arguments[0].at, cat("the extension \"", name, "\" is not known"));
    }

    // RFC 5463 4: all or none.
    void enable_all(const std::vector<std::string>& capabilities)
    {
        if (!std::all_of(capabilities.begin(), capabilities.end(), can_be_had)) return;
        for (const auto& capability : capabilities) {
            const auto place = find_extension(capability);
            if (place && !program_.capabilities[*place]) asked_.set(*place);
            enable(capability);
        }
    }

    bool enable(std::string_view capability)
    {
        if (is_always_there(capability)) return true;
        const auto place = find_extension(capability);
        if (!place || capability.empty()) return false;
        program_.capabilities.set(*place);
        if (capability == "variables") program_.has_variables = true;
        return true;
    }

    bool convert(const tree::Command& c, bool is_test, Node& node)
    {
        node.command = find(c.name, is_test);
        node.asked = asked_for(c.name, is_test);
        if (node.command == nullptr) return unknown(c, is_test);
        const Command& row = *node.command;
        node.match.comparator = find_comparator("i;ascii-casemap");
        size_t next = 0;
        if (!tags(c, row, node, next) || !positional(c, row, node, next)) return false;
        if (!tests(c, row, node)) return false;
        if ((row.takes & takes_block) != 0 && !c.has_block)
            return fail(c.at, cat('\'', c.name, "' expects a block"));
        if ((row.takes & takes_block) == 0 && c.has_block)
            return fail(c.at, cat('\'', c.name, "' takes no block: expected ';'"));
        if (!patterns(c, row, node)) return false;
        if (row.check != nullptr)
            if (auto good = row.check(node, program_); !good) return fail(c.at, good.error().text);
        if (row.role == Role::ihave) enable_all(node.arguments[0].strings);
        if (!loops(row, node)) return false;
        node.block = block(c.block);
        if (row.role == Role::loop) loops_.pop_back();
        return true;
    }

    bool unknown(const tree::Command& c, bool is_test)
    {
        may_be_missing_ = true;
        const std::string_view wanted = wanted_for(c.name, is_test);
        if (!wanted.empty())
            return fail(c.at, cat('\'', c.name, "' needs require \"", wanted, '"'));
        return fail(c.at, cat("unknown ", is_test ? "test" : "command", " '", c.name, '\''));
    }

    // Everything up to the first argument without a colon.
    bool tags(const tree::Command& c, const Command& row, Node& node, size_t& next)
    {
        while (next < c.arguments.size() && c.arguments[next].kind == tree::Argument::Kind::tag) {
            const auto& a = c.arguments[next++];
            const Tag* tag = find_tag(row, a.strings[0], node);
            if (tag == nullptr) {
                may_be_missing_ = true;
                return fail(a.at, cat('\'', c.name, "' has no tag ':", a.strings[0], '\''));
            }
            for (const auto& use : node.tags)
                if (use.tag == tag || (!tag->group.empty() && use.tag->group == tag->group))
                    return fail(a.at, cat("':", a.strings[0], "' is one tag too many: ",
                                          tag->group.empty() ? tag->name : tag->group,
                                          " was given already"));
            TagUse use{tag, {}};
            if (tag->parameter != Kind::none) {
                if (next >= c.arguments.size() || !fits(tag->parameter, c.arguments[next]))
                    return fail(a.at,
                                cat("':", a.strings[0], "' expects ", describe(tag->parameter)));
                if (!value(c.arguments[next++], use.value)) return false;
            }
            if (!match_tag(a, use, node)) return false;
            node.tags.push_back(std::move(use));
        }
        return combination(c, row, node);
    }

    const Tag* find_tag(const Command& row, std::string_view name, Node& node) const
    {
        for (const auto& tag : row.tags)
            if (tag.name == name) return &tag;
        const Tag* found = nullptr;
        if ((row.takes & takes_match) != 0 && name == kComparatorTag.name) return &kComparatorTag;
        each_row([&](const Extension& e) {
            for (const auto& added : e.tags)
                if (added.tag.name == name &&
                    std::find(added.commands.begin(), added.commands.end(), row.name) !=
                        added.commands.end())
                    found = &added.tag;
            if ((row.takes & takes_match) != 0)
                for (const auto& type : e.match_types)
                    if (type.name == name &&
                        (type.kind != MatchKind::list || (row.takes & takes_list) != 0)) {
                        node.match.kind = type.kind;
                        found = type.has_relation ? &kRelationTag : &kMatchTag;
                    }
            if ((row.takes & takes_address_part) != 0)
                for (const auto& part : e.address_parts)
                    if (part.name == name) found = &part;
        });
        return found;
    }

    const Comparator* find_comparator(std::string_view name) const
    {
        const Comparator* found = nullptr;
        each_row([&](const Extension& e) {
            for (const auto& c : e.comparators)
                if (c.name == name) found = &c;
        });
        return found;
    }

    bool match_tag(const tree::Argument& a, const TagUse& use, Node& node)
    {
        if (use.tag == &kComparatorTag) {
            node.match.comparator = find_comparator(use.value.strings[0]);
            if (node.match.comparator != nullptr) return true;
            may_be_missing_ = true;
            return fail(a.at, cat("the comparator \"", use.value.strings[0],
                                  "\" is not known, or not required"));
        }
        if (use.tag != &kRelationTag) return true;
        constexpr std::string_view kRelations[] = {"gt", "ge", "lt", "le", "eq", "ne"};
        const std::string relation = to_lower(use.value.strings[0]);
        for (size_t i = 0; i < std::size(kRelations); ++i)
            if (kRelations[i] == relation) {
                node.match.relation = static_cast<Relation>(i);
                return true;
            }
        return fail(a.at,
                    cat("\"", relation, "\" is no relation: expected gt, ge, lt, le, eq, ne"));
    }

    bool combination(const tree::Command& c, const Command& row, const Node& node)
    {
        for (const auto& tag : row.tags) {
            if (!tag.required) continue;
            const bool there =
                std::any_of(node.tags.begin(), node.tags.end(), [&](const TagUse& use) {
                    return use.tag == &tag || (!tag.group.empty() && use.tag->group == tag.group);
                });
            if (!there) return fail(c.at, cat('\'', c.name, "' expects ':", tag.name, '\''));
        }
        for (const auto& use : node.tags)
            if (!use.tag->needs.empty() && !node.has(use.tag->needs))
                return fail(c.at, cat("':", use.tag->name, "' needs ':", use.tag->needs, '\''));
        if (node.match.kind == MatchKind::list && node.has(kComparatorTag.name))
            return fail(c.at, "':list' cannot be used with a comparator");
        const bool substrings = node.match.kind == MatchKind::contains ||
                                node.match.kind == MatchKind::matches ||
                                node.match.kind == MatchKind::regex;
        if (substrings && !node.match.comparator->has_substrings)
            return fail(
                c.at,
                cat("the comparator \"", node.match.comparator->name, "\" cannot be used with ",
                    node.match.kind == MatchKind::regex ? ":regex" : ":contains and :matches"));
        return true;
    }

    bool positional(const tree::Command& c, const Command& row, Node& node, size_t next)
    {
        std::span<const Kind> kinds = row.arguments;
        const size_t given = c.arguments.size() - next;
        const bool one_less = given + 1 == kinds.size();
        if (one_less && (row.takes & first_is_optional) != 0) kinds = kinds.subspan(1);
        if (one_less && (row.takes & last_is_optional) != 0) kinds = kinds.first(given);
        for (size_t i = next; i < c.arguments.size(); ++i)
            if (c.arguments[i].kind == tree::Argument::Kind::tag)
                return fail(c.arguments[i].at, "tags must stand before other arguments");
        if (given > kinds.size())
            return fail(c.arguments[next + kinds.size()].at,
                        cat('\'', c.name, "' takes no argument here: it expects ", kinds.size()));
        for (size_t i = 0; i < kinds.size(); ++i) {
            const bool missing = i >= given;
            if (missing || !fits(kinds[i], c.arguments[next + i]))
                return fail(
                    missing ? c.at : c.arguments[next + i].at,
                    cat('\'', c.name, "' expects ", describe(kinds[i]), " as argument ", i + 1));
            Value v;
            if (!value(c.arguments[next + i], v)) return false;
            node.arguments.push_back(std::move(v));
        }
        return true;
    }

    bool value(const tree::Argument& a, Value& out)
    {
        out.number = a.number;
        out.strings = a.strings;
        for (auto& s : out.strings) {
            if (in_force(kCharacters)) {
                auto decoded = decode_characters(s);
                if (!decoded) return fail(a.at, decoded.error().text);
                s = *std::move(decoded);
            }
            if (!program_.has_variables) continue;
            if (auto good = check_variables(s, in_force("include")); !good)
                return fail(a.at, good.error().text);
        }
        return true;
    }

    // RFC 5703 3: which loops a command is in is known from the text.
    bool loops(const Command& row, const Node& node)
    {
        const Value* name = node.tag("name");
        if (row.role == Role::loop) loops_.push_back(name != nullptr ? name->strings[0] : "");
        if ((row.role == Role::in_loop || row.role == Role::leave_loop) && loops_.empty())
            return fail(node.at, cat('\'', row.name, "' is used outside of 'foreverypart'"));
        if (row.role != Role::leave_loop || name == nullptr) return true;
        if (std::find(loops_.begin(), loops_.end(), name->strings[0]) != loops_.end()) return true;
        return fail(node.at, cat("no loop around 'break' has the name \"", name->strings[0], '"'));
    }

    bool tests(const tree::Command& c, const Command& row, Node& node)
    {
        if ((row.takes & (takes_test | takes_tests)) == 0) {
            if (c.tests.empty()) return true;
            return fail(c.tests[0].at, cat('\'', c.name, "' takes no test"));
        }
        if (c.tests.empty()) return fail(c.at, cat('\'', c.name, "' expects a test"));
        if ((row.takes & takes_test) != 0 && c.has_test_list)
            return fail(c.tests[0].at, cat('\'', c.name, "' expects one test, not a list"));
        if ((row.takes & takes_tests) != 0 && !c.has_test_list)
            return fail(c.tests[0].at, cat('\'', c.name, "' expects a list of tests in ( )"));
        for (const auto& test : c.tests) node.tests.push_back(checked(test, true));
        return true;
    }

    bool patterns(const tree::Command& c, const Command& row, const Node& node)
    {
        const MatchKind kind = node.match.kind;
        if ((row.takes & takes_match) == 0 ||
            (kind != MatchKind::matches && kind != MatchKind::regex))
            return true;
        const auto& keys = node.arguments.back().strings;
        for (size_t i = 0; i < keys.size(); ++i) {
            if (!is_constant(keys[i], program_)) continue;
            const auto& written = c.arguments.back();
            const Position at = i < written.places.size() ? written.places[i] : written.at;
            if (keys[i].size() > program_.limits.pattern_size)
                return fail(at, cat("a pattern is too long: at most ", program_.limits.pattern_size,
                                    " bytes"));
            if (kind != MatchKind::regex) continue;
            auto regex = Regex::compile(node.match.comparator->kind, keys[i]);
            if (!regex) return fail(at, regex.error().text);
            regex_size_ += regex->size();
            if (regex_size_ > program_.limits.regex_size)
                return fail(at, "the regular expressions of the script are too large together");
        }
        return true;
    }

    Program program_;
    Capabilities asked_;  // those of its capabilities that ihave put there
    ScriptErrors& errors_;
    Failure failure_;
    uint64_t regex_size_ = 0;
    std::vector<std::string> loops_;  // the names of those around the command at hand
    bool may_be_missing_ = false;     // the failure is one that ihave lets pass
};

}  // namespace

Compiled compile(std::string_view script, const Limits& limits)
{
    ScriptErrors errors(limits.errors);
    const std::vector<tree::Command> commands = tree::parse(script, limits, errors);
    Checker checker(limits, errors);
    checker.start(commands);
    Compiled out;
    if (errors.empty())
        out.program = std::make_unique<const Program>(checker.take());
    else
        out.errors = errors.take();
    return out;
}

}  // namespace rookery::sieve
