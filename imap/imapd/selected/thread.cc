#include "imap/imapd/selected/thread.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "imap/imapd/selected/message_header.h"
#include "imap/imapd/selected/sort.h"
#include "lib/text/order_keys.h"

namespace rookery::imapd {
namespace {

// How many steps may be spent in looking for loops.
constexpr uint64_t kMaxSteps = 50'000'000;
// How many IDs of messages that were not seen yet are kept, and how many bytes of IDs in all.
constexpr size_t kMaxNamed = 500'000;
constexpr size_t kMaxIdBytes = 64u << 20;

struct HashOfText {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// A number for each different text, from 1; 0 is the empty one.
class Numbers {
 public:
    uint32_t number_of(std::string_view text)
    {
        if (text.empty()) return 0;
        const auto known = numbers_.find(text);
        if (known != numbers_.end()) return known->second;
        const auto next = static_cast<uint32_t>(numbers_.size() + 1);
        numbers_.emplace(text, next);
        return next;
    }
    size_t size() const { return numbers_.size() + 1; }

 private:
    std::unordered_map<std::string, uint32_t, HashOfText, std::equal_to<>> numbers_;
};

struct Subject {
    uint32_t key = 0;  // by which it is compared
    bool is_reply = false;
};

// RFC 5256, REFERENCES. Node 0 is above all; a node without a message is one that was only named.
class References {
 public:
    References(mailbox::Mailbox& mailbox, bool by_subject)
        : mailbox_(mailbox), by_subject_(by_subject), nodes_(1)
    {
    }

    // Step 1.
    Status add(uint32_t sequence)
    {
        TRY_ASSIGN(const int64_t sent, sent_time(mailbox_, sequence));
        const int64_t came = mailbox_.message(sequence).internaldate;
        TRY_ASSIGN(const text::OrderKeys keys,
                   MessageHeader::or_empty(mailbox_.order_keys(sequence)));
        uint32_t node = keys.id.empty() ? 0 : node_of(keys.id);
        if (node == 0 || nodes_[node].message != 0) node = new_node();
        nodes_[node].message = sequence;
        messages_++;
        nodes_[node].sent = sent;
        nodes_[node].came = came;
        if (by_subject_) nodes_[node].subject = {subjects_.number_of(keys.subject), keys.is_reply};
        uint32_t above = 0;
        std::string_view ancestors = keys.ancestors;
        while (const auto id = text::take_id(ancestors)) {
            const uint32_t next = node_of(*id);
            if (next == 0) continue;
            if (above != 0 && nodes_[next].parent == 0) link(above, next);
            above = next;
        }
        // What a message says itself of its parent counts more than what others said.
        if (above != 0 && above != node && !is_above(node, above)) {
            unlink(node);
            link(above, node);
        }
        return success();
    }

    ThreadTree run()
    {
        prune();
        sort_all();
        if (by_subject_) {
            gather();
            sort_all();
        }
        ThreadTree tree;
        tree.nodes.resize(nodes_.size());
        for (size_t i = 0; i < nodes_.size(); i++) {
            tree.nodes[i].message = nodes_[i].message;
            tree.nodes[i].children = std::move(nodes_[i].children);
        }
        return tree;
    }

 private:
    struct Node {
        uint32_t message = 0;
        uint32_t parent = 0;
        uint32_t below = 0;  // how many nodes have it as their parent, in step 1
        int64_t sent = 0;
        int64_t came = 0;
        Subject subject;
        bool is_placed = false;  // below another root, in step 5
        std::vector<uint32_t> children;
    };

    uint32_t new_node()
    {
        nodes_.emplace_back();
        return static_cast<uint32_t>(nodes_.size() - 1);
    }

    // 0: there are too many.
    uint32_t node_of(std::string_view id)
    {
        const auto known = by_id_.find(id);
        if (known != by_id_.end()) return known->second;
        if (nodes_.size() - messages_ > kMaxNamed || id_bytes_ + id.size() > kMaxIdBytes) return 0;
        id_bytes_ += id.size();
        return by_id_[std::string(id)] = new_node();
    }

    // Or is that not to be told any more? A node with nothing below it is above none.
    bool is_above(uint32_t node, uint32_t other)
    {
        if (nodes_[node].below == 0) return false;
        for (uint32_t at = other; at != 0; at = nodes_[at].parent) {
            if (at == node || steps_ >= kMaxSteps) return true;
            steps_++;
        }
        return false;
    }

    void link(uint32_t above, uint32_t node)
    {
        if (above == node || is_above(node, above)) return;
        nodes_[node].parent = above;
        nodes_[above].below++;
    }

    void unlink(uint32_t node)
    {
        if (nodes_[node].parent != 0) nodes_[nodes_[node].parent].below--;
        nodes_[node].parent = 0;
    }

    // Steps 2 and 3: who is named only goes, and those below take his place; at the top he stays if
    // there are several of them.
    void prune()
    {
        std::vector<uint32_t> path;
        for (uint32_t node = 1; node < nodes_.size(); node++) {
            if (nodes_[node].message == 0) continue;
            uint32_t at = nodes_[node].parent;
            path.clear();
            while (at != 0 && nodes_[at].message == 0 && nodes_[at].parent != 0) {
                path.push_back(at);
                at = nodes_[at].parent;
            }
            for (uint32_t passed : path) nodes_[passed].parent = at;
            nodes_[node].parent = at;
            if (at != 0) nodes_[at].children.push_back(node);
        }
        for (uint32_t node = 1; node < nodes_.size(); node++) {
            Node& n = nodes_[node];
            if (n.message != 0 && n.parent == 0) nodes_[0].children.push_back(node);
            if (n.message != 0 || n.parent != 0 || n.children.empty()) continue;
            const bool single = n.children.size() == 1;
            nodes_[0].children.push_back(single ? n.children.front() : node);
        }
    }

    int64_t sent_of(uint32_t node) const
    {
        const Node& n = nodes_[node];
        return n.message != 0 || n.children.empty() ? n.sent : nodes_[n.children.front()].sent;
    }

    uint32_t number_of(uint32_t node) const
    {
        const Node& n = nodes_[node];
        return n.message != 0 || n.children.empty() ? n.message
                                                    : nodes_[n.children.front()].message;
    }

    void sort_siblings(uint32_t node)
    {
        auto& list = nodes_[node].children;
        std::sort(list.begin(), list.end(), [this](uint32_t a, uint32_t b) {
            return std::pair(sent_of(a), number_of(a)) < std::pair(sent_of(b), number_of(b));
        });
    }

    // Steps 4 and 6. Those without a message are among the roots only, and have the date of the
    // first below them.
    void sort_all()
    {
        for (uint32_t node = 1; node < nodes_.size(); node++) sort_siblings(node);
        if (by_subject_)
            sort_siblings(0);
        else
            sort_by_newest();
    }

    void sort_by_newest()
    {
        std::vector<std::pair<std::pair<int64_t, uint32_t>, uint32_t>> roots;
        std::vector<uint32_t> left;
        for (uint32_t root : nodes_[0].children) {
            std::pair<int64_t, uint32_t> newest{INT64_MIN, 0};
            left.assign(1, root);
            while (!left.empty()) {
                const Node& n = nodes_[left.back()];
                left.pop_back();
                if (n.message != 0) newest = std::max(newest, std::pair(n.came, n.message));
                left.insert(left.end(), n.children.begin(), n.children.end());
            }
            roots.emplace_back(newest, root);
        }
        std::sort(roots.begin(), roots.end());
        for (size_t i = 0; i < roots.size(); i++) nodes_[0].children[i] = roots[i].second;
    }

    const Subject& subject_at(uint32_t node) const
    {
        const Node& n = nodes_[node];
        return n.message != 0 ? n.subject : nodes_[n.children.front()].subject;
    }

    // Step 5.
    void gather()
    {
        std::vector<uint32_t> table(subjects_.size());  // by subject; 0: there is none
        for (uint32_t root : nodes_[0].children) {
            const Subject& subject = subject_at(root);
            if (subject.key == 0) continue;
            uint32_t& first = table[subject.key];
            const bool is_better =
                first == 0 ||
                (nodes_[first].message != 0 &&
                 (nodes_[root].message == 0 || (subject_at(first).is_reply && !subject.is_reply)));
            if (is_better) first = root;
        }
        const std::vector<uint32_t> roots = std::move(nodes_[0].children);
        std::vector<uint32_t> top;
        for (uint32_t root : roots) {
            if (nodes_[root].is_placed) continue;
            uint32_t& first = table[subject_at(root).key];
            if (first == 0 || first == root)
                top.push_back(root);
            else if (const uint32_t above = put_with(first, root); above != first)
                top.push_back(first = above);
        }
        std::erase_if(top, [this](uint32_t root) { return nodes_[root].is_placed; });
        nodes_[0].children = std::move(top);
    }

    // A root to the one that has its subject already; gives that, or a new one above both.
    uint32_t put_with(uint32_t first, uint32_t root)
    {
        nodes_[root].is_placed = true;
        if (nodes_[first].message == 0 && nodes_[root].message == 0) {
            const auto& more = nodes_[root].children;
            nodes_[first].children.insert(nodes_[first].children.end(), more.begin(), more.end());
            return first;
        }
        const bool answers = nodes_[root].subject.is_reply && !nodes_[first].subject.is_reply;
        if (nodes_[first].message == 0 || answers) {
            nodes_[first].children.push_back(root);
            return first;
        }
        nodes_[first].is_placed = true;
        const uint32_t above = new_node();
        nodes_[above].children = {first, root};
        return above;
    }

    mailbox::Mailbox& mailbox_;
    bool by_subject_;
    std::vector<Node> nodes_;
    std::unordered_map<std::string, uint32_t, HashOfText, std::equal_to<>> by_id_;
    Numbers subjects_;
    uint64_t steps_ = 0;
    size_t messages_ = 0;
    size_t id_bytes_ = 0;
};

// By base subject and date; the first of a conversation is above the others.
Result<ThreadTree> by_subject(mailbox::Mailbox& mailbox, std::span<const uint32_t> found)
{
    std::vector<std::pair<int64_t, uint32_t>> sent;
    TRY_ASSIGN(const std::vector<uint32_t> subjects,
               mailbox.ranks(text::OrderText::subject, found));
    for (const uint32_t sequence : found) {
        TRY_ASSIGN(const int64_t time, sent_time(mailbox, sequence));
        sent.emplace_back(time, static_cast<uint32_t>(sent.size()));
    }
    std::sort(sent.begin(), sent.end());
    ThreadTree tree;
    tree.nodes.resize(1);
    // By subject; 0: there is none yet.
    std::unordered_map<uint32_t, uint32_t> roots;
    for (const auto& [time, place] : sent) {
        const auto node = static_cast<uint32_t>(tree.nodes.size());
        uint32_t& root = roots[subjects[place]];
        tree.nodes.push_back({found[place], {}});
        tree.nodes[root].children.push_back(node);  // or of none
        if (root == 0) root = node;
    }
    return tree;
}

}  // namespace

Result<ThreadTree> thread_messages(mailbox::Mailbox& mailbox, ThreadAlgorithm algorithm,
                                   std::span<const uint32_t> found)
{
    if (algorithm == ThreadAlgorithm::ordered_subject) return by_subject(mailbox, found);
    References references(mailbox, algorithm == ThreadAlgorithm::references);
    for (uint32_t sequence : found) TRY(references.add(sequence));
    return references.run();
}

}  // namespace rookery::imapd
