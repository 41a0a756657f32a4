#include "imap/imapd/selected/select_parse.h"

#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

// RFC 7162 7: a client names what it knows, so '*' is not allowed.
Result<model::SequenceSet> known_set(CommandReader& reader)
{
    TRY_ASSIGN(model::SequenceSet set, reader.sequence_set());
    if (set.has_star()) return Error{Code::syntax, "'*' is not allowed in QRESYNC parameters"};
    return set;
}

// "(" uidvalidity SP modseq [SP known-uids] [SP "(" sequence-set SP uid-set ")"] ")". The last only
// saves bytes, and is not needed.
Result<Resync> resync_parameter(CommandReader& reader, bool& has_numbers)
{
    Resync resync;
    TRY(reader.space());
    TRY(reader.expect('('));
    TRY_ASSIGN(resync.uidvalidity, reader.nz_number());
    TRY(reader.space());
    TRY_ASSIGN(resync.modseq, reader.number64());
    TRY_ASSIGN(bool more, reader.accept(' '));
    if (more) {
        TRY_ASSIGN(const char next, reader.peek());
        if (next != '(') {
            TRY_ASSIGN(resync.known, known_set(reader));
            TRY_ASSIGN(more, reader.accept(' '));
        }
    }
    if (more) {
        has_numbers = true;
        TRY(reader.expect('('));
        TRY(known_set(reader));
        TRY(reader.space());
        TRY(known_set(reader));
        TRY(reader.expect(')'));
    }
    TRY(reader.expect(')'));
    return resync;
}

}  // namespace

Result<SelectParameters> parse_select_parameters(CommandReader& reader)
{
    SelectParameters p;
    TRY_ASSIGN(bool more, reader.accept(' '));
    if (more) TRY(reader.expect('('));
    while (more) {
        TRY_ASSIGN(const std::string name, reader.attribute());
        if (name == "CONDSTORE") {
            p.condstore = true;
        } else if (name == "QRESYNC") {
            TRY_ASSIGN(p.qresync, resync_parameter(reader, p.has_numbers));
        } else {
            return Error{Code::syntax, cat("Unknown SELECT parameter ", name)};
        }
        TRY_ASSIGN(more, reader.accept(' '));
        if (!more) TRY(reader.expect(')'));
    }
    TRY(reader.end_of_line());
    return p;
}

std::string to_string(const SelectParameters& parameters)
{
    std::string out;
    if (parameters.condstore) out = "CONDSTORE";
    if (parameters.qresync) {
        const Resync& r = *parameters.qresync;
        cat_to(out, out.empty() ? "" : " ", "QRESYNC (", r.uidvalidity, ' ', r.modseq);
        if (r.known) cat_to(out, ' ', r.known->to_string());
        out += ')';
    }
    return out.empty() ? out : cat(" (", out, ')');
}

}  // namespace rookery::imapd
