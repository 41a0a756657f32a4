#include "imap/mboxlist/list_walker.h"

#include <algorithm>
#include <map>

#include "lib/base/strings.h"
#include "lib/text/mutf7.h"
#include "lib/text/utf8.h"

namespace rookery::mboxlist {
namespace {

using model::EntryState;

constexpr char kHierarchy = '\x1f';
constexpr std::string_view kInbox = "INBOX";
constexpr std::string_view kUsers = "user\x1f";

// The first key behind all that begin with prefix; "" if there is none.
std::string behind(std::string prefix)
{
    while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
    if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

// The first key behind a mailbox and everything below it.
std::string behind_tree(const std::string& key)
{
    return key + static_cast<char>(kHierarchy + 1);
}

// The beginning of an external name as keys have it.
std::string key_part(std::string_view external, char separator)
{
    std::string out(external);
    for (char& c : out) {
        if (c == separator)
            c = kHierarchy;
        else if (c == '^')
            c = '.';
    }
    return out;
}

// One begins with the other.
bool compatible(std::string_view a, std::string_view b)
{
    return a.starts_with(b) || b.starts_with(a);
}

// How many bytes of a client's name are the word INBOX, which has no case.
size_t inbox_length(std::string_view name, char separator)
{
    const bool is = name.starts_with(kInbox) &&
                    (name.size() == kInbox.size() || name[kInbox.size()] == separator);
    return is ? kInbox.size() : 0;
}

// What is ASCII alone is modified UTF-7.
std::string as_utf8(std::string_view text)
{
    if (!text::is_ascii(text)) return std::string(text);
    return text::mutf7_to_utf8(text).value_or(std::string(text));
}

Result<std::vector<ListPattern>> compile_all(std::string_view reference,
                                             std::span<const std::string> patterns, char separator)
{
    if (patterns.size() > kMaxListPatterns) return Error{Code::limit, "Too many mailbox patterns"};
    std::vector<ListPattern> out;
    for (const auto& pattern : patterns) {
        const bool utf8 = !text::is_ascii(reference) || !text::is_ascii(pattern);
        const std::string joined =
            utf8 ? join_reference(as_utf8(reference), as_utf8(pattern), separator)
                 : join_reference(reference, pattern, separator);
        TRY_ASSIGN(ListPattern one, ListPattern::compile(joined, separator));
        out.push_back(std::move(one));
    }
    return out;
}

void run_all(const std::vector<ListPattern>& patterns, std::string_view name, char separator,
             std::vector<ListPattern::Level>& levels)
{
    levels.clear();
    const size_t nocase = inbox_length(name, separator);
    for (const auto& pattern : patterns) pattern.run(name, nocase, levels);
}

}  // namespace

ListWalker::ListWalker(Directory& directory, const model::Namespace& names,
                       const auth::Identity& who, const model::AccessOptions& access)
    : directory_(directory), names_(names), who_(who), access_(access)
{
    who_.proxy_admin = false;  // sees what an ordinary user sees
    if (auto inbox = names_.inbox()) {
        own_key_ = inbox->key();
        domain_prefix_ = own_key_.substr(0, own_key_.find('\x1d') + 1);
    }
}

bool ListWalker::is_visible(const MailboxEntry& entry) const
{
    return model::is_listed(who_, entry, access_);
}

// A range of keys for what a literal beginning of client names can stand for.
void ListWalker::add_plain_range(std::string_view key_prefix, std::string_view external,
                                 std::vector<Segment>& out) const
{
    const std::string low = cat(domain_prefix_, key_prefix, key_part(external, names_.separator()));
    out.push_back({low, behind(low), false});
}

// What a literal beginning says behind the own INBOX, if own names are written as their keys are
// and nothing else is written so.
std::optional<std::string_view> ListWalker::own_part(std::string_view literal) const
{
    if (own_key_.empty()) return std::nullopt;
    const bool says_inbox = starts_with_nocase(literal, kInbox);
    if (!names_.is_alternative()) {
        const bool below = says_inbox && literal.size() > kInbox.size() &&
                           literal[kInbox.size()] == names_.separator();
        return below ? std::optional(literal.substr(kInbox.size() + 1)) : std::nullopt;
    }
    const bool may_be_inbox = says_inbox || starts_with_nocase(kInbox, literal);
    if (may_be_inbox || compatible(literal, names_.options().altprefix)) return std::nullopt;
    return literal;
}

void ListWalker::add_ranges(const std::string& literal, std::vector<Segment>& out) const
{
    const auto& options = names_.options();
    const char separator = names_.separator();
    if (!names_.is_alternative() && own_part(literal)) return;
    // An administrator of all domains names them at the end: nothing is known of the beginning.
    if (options.virtdomains && domain_prefix_.empty() && !names_.is_alternative()) {
        out.push_back({"", "", false});
        return;
    }
    if (!names_.is_alternative()) {
        add_plain_range("", literal, out);
        return;
    }
    const std::string users = cat(options.userprefix, separator);
    const std::string shared = cat(options.sharedprefix, separator);
    if (compatible(literal, users))
        add_plain_range(
            kUsers, std::string_view(literal).substr(std::min(literal.size(), users.size())), out);
    if (compatible(literal, shared))
        add_plain_range(
            "", std::string_view(literal).substr(std::min(literal.size(), shared.size())), out);
}

// From the first that a pattern can mean to the last.
ListWalker::Segment ListWalker::own_segment() const
{
    const std::string end = behind_tree(own_key_);
    Segment own{end, own_key_, true};
    for (const auto& pattern : patterns_) {
        const auto part = own_part(pattern.literal_prefix());
        if (!part) return {own_key_, end, true};
        std::string low = cat(own_key_, kHierarchy, key_part(*part, names_.separator()));
        own.high = std::max(own.high, behind(low));
        own.low = std::min(own.low, std::move(low));
    }
    return own;
}

// Disjoint, in order, without the own tree, which comes first.
std::vector<ListWalker::Segment> ListWalker::segments() const
{
    std::vector<Segment> ranges;
    for (const auto& pattern : patterns_) add_ranges(pattern.literal_prefix(), ranges);
    std::sort(ranges.begin(), ranges.end(),
              [](const Segment& a, const Segment& b) { return a.low < b.low; });
    std::vector<Segment> merged;
    for (auto& range : ranges) {
        if (merged.empty() || (!merged.back().high.empty() && merged.back().high < range.low))
            merged.push_back(std::move(range));
        else if (!merged.back().high.empty() &&
                 (range.high.empty() || range.high > merged.back().high))
            merged.back().high = std::move(range.high);
    }
    if (own_key_.empty()) return merged;
    const std::string own_end = behind_tree(own_key_);
    std::vector<Segment> out{own_segment()};
    for (const auto& range : merged) {
        // What lies before the own tree, and what lies behind it.
        const std::string before =
            range.high.empty() || range.high > own_key_ ? own_key_ : range.high;
        if (range.low < before) out.push_back({range.low, before, false});
        const std::string from = std::max(range.low, own_end);
        if (range.high.empty() || from < range.high) out.push_back({from, range.high, false});
    }
    return out;
}

Status ListWalker::list(std::string_view reference, std::span<const std::string> patterns,
                        const EachItem& each)
{
    TRY_ASSIGN(patterns_, compile_all(reference, patterns, names_.separator()));
    each_ = &each;
    levels_given_.clear();
    stopped_ = false;
    for (const auto& segment : segments()) {
        TRY(walk(segment));
        flush("", "");
        if (stopped_) break;
    }
    return success();
}

Status ListWalker::walk(const Segment& segment)
{
    const auto one = [&](const MailboxEntry& entry) { return visit(segment, entry); };
    if (segment.own || who_.admin) return directory_.scan(segment.low, one);
    std::vector<std::string> identifiers{who_.userid, "anyone"};
    for (const auto& group : who_.groups.names()) identifiers.push_back("group:" + group);
    return directory_.scan_identifiers(identifiers, one);
}

// On to the first key >= this one, within the segment.
Next ListWalker::after(const Segment& segment, const std::string& key)
{
    if (key.empty() || (!segment.high.empty() && key >= segment.high)) return Next::stop();
    return Next::seek(key);
}

// One entry of the list, in key order, and where to go on. What lies outside the segment or in
// another domain is passed over by a seek. A mailbox that matches is not given out at once but
// waits: whether it has children shows with the next one. Levels above it that are no mailboxes
// are given first. Then the patterns tell from which level on nothing below can match, and the walk
// goes on behind that tree.
Next ListWalker::visit(const Segment& segment, const MailboxEntry& entry)
{
    if (entry.elsewhere) return visit(segment, entry.seen());
    const std::string key = entry.name.key();
    if (key < segment.low) return Next::seek(segment.low);
    if (!segment.high.empty() && key >= segment.high) return Next::stop();
    if (!is_visible(entry)) return Next::go_on();
    const auto external = names_.to_external(entry.name);
    if (!external) {
        const size_t domain = key.find('\x1d');  // another domain is passed over as a whole
        const bool foreign =
            domain != std::string::npos && key.substr(0, domain + 1) != domain_prefix_;
        return foreign ? after(segment, key.substr(0, domain) + '\x1e') : Next::go_on();
    }
    if (!flush(key, *external)) return Next::stop();
    run_all(patterns_, *external, names_.separator(), levels_);
    const bool matched = levels_.back().matches;
    // A domain at the end of a name belongs to all its levels, which then are not prefixes.
    const bool has_domain = names_.options().virtdomains && !entry.name.domain().empty() &&
                            external->ends_with(cat('@', entry.name.domain()));
    if (!has_domain && !give_levels(*external)) return Next::stop();
    if (matched) {
        waiting_ = entry;
        waiting_name_ = *external;
        waiting_key_ = key;
        waiting_has_domain_ = has_domain;
    }
    if (has_domain) return Next::go_on();

    // The highest level below which nothing can match; in the list it is the key with as many
    // components less. The own tree's top level has no key of its own in the alternative namespace,
    // nor has the one of the shared mailboxes.
    if (names_.is_alternative() && segment.own) {
        // INBOX is not above the others, nor is a folder that clashes above its own children.
        if (key == own_key_) return Next::go_on();
        const std::string clash = cat(names_.options().altprefix, names_.separator());
        if (external->starts_with(clash)) return Next::go_on();
    }
    size_t dead = 0;
    while (dead < levels_.size() && levels_[dead].alive) ++dead;
    if (dead == levels_.size()) return Next::go_on();
    std::string top = key;
    for (size_t i = levels_.size() - 1; i > dead; --i) {
        const size_t cut = top.rfind(kHierarchy);
        const bool all_shared = cut == std::string::npos;
        if (all_shared) {
            const std::string users = cat(domain_prefix_, kUsers);
            return key < users ? after(segment, users) : Next::stop();
        }
        if (segment.own && cut < own_key_.size()) break;
        if (segment.own && names_.is_alternative() && cut == own_key_.size()) break;
        top.resize(cut);
    }
    if (matched && top == key) return Next::go_on();  // one more, for its children
    return after(segment, behind_tree(top));
}

// Gives out the mailbox that waits; false if that was enough.
bool ListWalker::flush(std::string_view next_key, std::string_view next_name)
{
    if (!waiting_) return !stopped_;
    ListItem item{waiting_name_, &*waiting_, false};
    item.has_children =
        next_key.starts_with(waiting_key_ + kHierarchy) &&
        (waiting_has_domain_ || next_name.starts_with(waiting_name_ + names_.separator()));
    if (waiting_key_ == own_key_ && names_.is_alternative()) {
        // Here the other own mailboxes stand beside INBOX; below it are those of a folder INBOX.
        const std::string below = cat(own_key_, kHierarchy, kInbox, kHierarchy);
        item.has_children = false;
        const Status looked = directory_.scan(below, [&](const MailboxEntry& entry) {
            if (!entry.name.key().starts_with(below)) return Next::stop();
            item.has_children = is_visible(entry);
            return item.has_children ? Next::stop() : Next::go_on();
        });
        if (!looked) item.has_children = false;
    }
    const bool more = (*each_)(item);
    waiting_.reset();
    if (!more) stopped_ = true;
    return more;
}

// Levels above a name that match and are no mailboxes, once each.
bool ListWalker::give_levels(const std::string& name)
{
    for (size_t i = 0; i + 1 < levels_.size(); ++i) {
        if (!levels_[i].matches_as_level) continue;
        std::string level = name.substr(0, levels_[i].length);
        if (levels_given_.contains(level)) continue;
        levels_given_.insert(level);
        if (is_mailbox(level)) continue;
        if (!(*each_)(ListItem{std::move(level), nullptr, true})) {
            stopped_ = true;
            return false;
        }
    }
    return true;
}

bool ListWalker::is_mailbox(std::string_view external)
{
    auto name = names_.to_internal(external);
    if (!name || names_.to_external(*name) != external) return false;
    auto entry = directory_.lookup(*name);
    return entry && is_visible(*entry);
}

bool has_children(Directory& directory, const model::Namespace& names, const auth::Identity& who,
                  const model::AccessOptions& access, const std::string& external)
{
    bool found = false;
    const std::string below = external + names.separator();
    const std::string patterns[] = {below + '%'};
    ListWalker walker(directory, names, who, access);
    const Status looked = walker.list("", patterns, [&](const ListItem& item) {
        found = item.name.starts_with(below);  // a '*' in the name stands for anything
        return !found;
    });
    return looked.ok() && found;
}

Status list_subscribed(std::span<const MailboxName> subscribed, const model::Namespace& names,
                       std::string_view reference, std::span<const std::string> patterns,
                       const std::function<bool(const SubscribedItem&)>& each)
{
    const char separator = names.separator();
    TRY_ASSIGN(const auto compiled, compile_all(reference, patterns, separator));
    struct One {
        std::string name;
        const MailboxName* subscribed;
    };
    std::vector<One> all;
    std::map<std::string, bool> known;  // -> whether it matches
    std::vector<ListPattern::Level> levels;
    for (const auto& name : subscribed)
        if (auto external = names.to_external(name)) {
            run_all(compiled, *external, separator, levels);
            known.emplace(*external, levels.back().matches);
            all.push_back({*std::move(external), &name});
        }
    const auto any_below = [&](const std::string& name, bool only_others) {
        const std::string below = name + separator;
        for (auto one = known.lower_bound(below); one != known.end(); ++one) {
            if (!one->first.starts_with(below)) return false;
            if (!only_others || !one->second) return true;
        }
        return false;
    };
    std::set<std::string> given;
    for (const auto& one : all) {
        run_all(compiled, one.name, separator, levels);
        for (size_t i = 0; i + 1 < levels.size(); ++i) {
            if (!levels[i].matches) continue;
            std::string level = one.name.substr(0, levels[i].length);
            if (known.contains(level) || !given.insert(level).second) continue;
            const bool hides_others = any_below(level, true);
            if (!each({std::move(level), nullptr, true, levels[i].matches_as_level, hides_others}))
                return success();
        }
        if (!levels.back().matches) continue;
        if (!each({one.name, one.subscribed, any_below(one.name, false)})) return success();
    }
    return success();
}

}  // namespace rookery::mboxlist
