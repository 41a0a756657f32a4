#include "lib/text/sections.h"

namespace rookery::text {
namespace {

constexpr char kVersion = 1;
constexpr size_t kMaxDepth = 200;  // of a table that is read

enum class Kind : unsigned char { leaf = 0, multipart = 1, message = 2 };

void put_varint(std::string& out, uint64_t n)
{
    while (n >= 0x80) {
        out.push_back(static_cast<char>(n | 0x80));
        n >>= 7;
    }
    out.push_back(static_cast<char>(n));
}

void put_part(std::string& out, const Part& part)
{
    const Kind kind = part.is_multipart() ? Kind::multipart
                      : part.is_message() ? Kind::message
                                          : Kind::leaf;
    out.push_back(static_cast<char>(kind));
    put_varint(out, part.header_begin);
    put_varint(out, part.body_begin - part.header_begin);
    put_varint(out, part.body_size());
    if (kind == Kind::multipart) put_varint(out, part.children.size());
    for (const auto& child : part.children) put_part(out, child);
}

Error corrupt()
{
    return Error{Code::corrupt, "section table"};
}

struct Node {
    Kind kind = Kind::leaf;
    SectionSpan header;
    SectionSpan body;
    uint64_t children = 0;
};

// Reads nodes one after the other.
class Reader {
 public:
    explicit Reader(std::string_view table) : in_(table) {}

    Status begin()
    {
        if (in_.empty() || in_[0] != kVersion) return corrupt();
        in_.remove_prefix(1);
        return success();
    }

    Result<Node> node()
    {
        if (in_.empty()) return corrupt();
        const auto kind = static_cast<unsigned char>(in_[0]);
        if (kind > 2) return corrupt();
        in_.remove_prefix(1);
        Node n;
        n.kind = static_cast<Kind>(kind);
        TRY_ASSIGN(n.header.offset, varint());
        TRY_ASSIGN(n.header.size, varint());
        TRY_ASSIGN(n.body.size, varint());
        constexpr uint64_t kMax = uint64_t{1} << 62;
        if (n.header.offset > kMax || n.header.size > kMax || n.body.size > kMax) return corrupt();
        n.body.offset = n.header.offset + n.header.size;
        if (n.kind == Kind::message) n.children = 1;
        if (n.kind == Kind::multipart) {
            TRY_ASSIGN(n.children, varint());
        }
        return n;
    }

    // Passes over the children of a node that was read.
    Status skip_children(const Node& of, size_t depth = 0)
    {
        if (depth > kMaxDepth || of.children > in_.size()) return corrupt();
        for (uint64_t i = 0; i < of.children; i++) {
            TRY_ASSIGN(const Node child, node());
            TRY(skip_children(child, depth + 1));
        }
        return success();
    }

 private:
    Result<uint64_t> varint()
    {
        uint64_t n = 0;
        for (unsigned shift = 0; shift < 63; shift += 7) {
            if (in_.empty()) return corrupt();
            const auto b = static_cast<unsigned char>(in_[0]);
            in_.remove_prefix(1);
            n |= uint64_t{b & 0x7fu} << shift;
            if ((b & 0x80) == 0) return n;
        }
        return corrupt();
    }

    std::string_view in_;
};

}  // namespace

std::string sections(const Message& message)
{
    std::string out(1, kVersion);
    put_part(out, message.root);
    return out;
}

Result<std::optional<SectionSpan>> find_section(std::string_view table,
                                                std::span<const uint32_t> path, SectionText what)
{
    using Found = std::optional<SectionSpan>;
    Reader in(table);
    TRY(in.begin());
    TRY_ASSIGN(Node at, in.node());
    if (path.empty()) {
        if (what == SectionText::header || what == SectionText::mime) return Found(at.header);
        if (what == SectionText::text) return Found(at.body);
        return Found(SectionSpan{at.header.offset, at.header.size + at.body.size});
    }
    // at is a message while as_message: its part 1 is itself, unless it is a multipart.
    bool as_message = true;
    for (uint32_t n : path) {
        if (n == 0) return Found();
        if (!as_message && at.kind == Kind::message) {
            TRY_ASSIGN(at, in.node());
            as_message = true;
        }
        if (at.kind == Kind::multipart) {
            if (n > at.children) return Found();
            for (uint32_t i = 1; i < n; i++) {
                TRY_ASSIGN(const Node before, in.node());
                TRY(in.skip_children(before));
            }
            TRY_ASSIGN(at, in.node());
        } else if (!as_message || n != 1) {
            return Found();
        }
        as_message = false;
    }
    if (what == SectionText::whole) return Found(at.body);
    if (what == SectionText::mime) return Found(at.header);
    if (at.kind != Kind::message) return Found();
    TRY_ASSIGN(const Node inner, in.node());
    return Found(what == SectionText::header ? inner.header : inner.body);
}

}  // namespace rookery::text
