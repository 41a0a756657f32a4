#include "imap/store/local_annotations.h"

#include <algorithm>
#include <tuple>

#include "imap/mboxlist/events.h"
#include "imap/store/annotation_format.h"
#include "imap/store/header_file.h"
#include "lib/base/strings.h"

namespace rookery::store {
namespace {

using mailbox::Annotation;
using mailbox::AnnotationChange;

bool in_order(const Annotation& a, const Annotation& b)
{
    return std::tie(a.entry, a.userid) < std::tie(b.entry, b.userid);
}

Result<std::vector<Annotation>> read_annotations(int directory)
{
    auto text = read_in(directory, kAnnotationsName, kMaxAnnotationsFile);
    if (text.is(Code::not_found)) return std::vector<Annotation>();
    if (!text) return std::move(text).error();
    return decode_annotations(*text);
}

Status write_annotations(int directory, std::span<const Annotation> annotations)
{
    TRY_ASSIGN(std::string text, encode_annotations(annotations));
    return replace_in(directory, kAnnotationsName, text);
}

Status check(const AnnotationChange& change)
{
    if (change.entry.size() > mailbox::kMaxAnnotationName)
        return Error{Code::limit, "annotation: name too long"};
    if (change.value && change.value->size() > mailbox::kMaxAnnotationValue)
        return Error{Code::limit, "annotation: value too long"};
    return success();
}

void apply(std::vector<Annotation>& all, const AnnotationChange& change)
{
    Annotation made{change.entry, change.userid, change.value.value_or("")};
    auto at = std::lower_bound(all.begin(), all.end(), made, in_order);
    const bool there = at != all.end() && !in_order(made, *at);
    if (!change.value) {
        if (there) all.erase(at);
    } else if (there) {
        at->value = std::move(made.value);
    } else {
        all.insert(at, std::move(made));
    }
}

size_t count_of(const std::vector<Annotation>& all, const std::string& userid)
{
    return static_cast<size_t>(std::count_if(
        all.begin(), all.end(), [&](const Annotation& a) { return a.userid == userid; }));
}

}  // namespace

Result<std::vector<Annotation>> LocalAnnotations::list(const model::MailboxEntry& mailbox)
{
    TRY_ASSIGN(Fd directory, store_.open_directory(mailbox));
    return read_annotations(directory.get());
}

Status LocalAnnotations::set(const model::MailboxEntry& mailbox,
                             std::span<const AnnotationChange> changes)
{
    for (const AnnotationChange& change : changes) TRY(check(change));
    TRY_ASSIGN(Fd directory, store_.open_directory(mailbox));
    TRY_ASSIGN(MailboxWriter writer,
               MailboxWriter::open(store_.options().paths, directory.get(), name_hash_of(mailbox),
                                   store_.options().lock_wait));
    TRY_ASSIGN(auto all, read_annotations(directory.get()));
    for (const AnnotationChange& change : changes) apply(all, change);
    // Where there are too many (a file from elsewhere) some may still be taken away.
    for (const AnnotationChange& change : changes)
        if (change.value && count_of(all, change.userid) > mailbox::kMaxAnnotations)
            return Error{Code::limit, "annotations: too many"};
    TRY(write_annotations(directory.get(), all));
    mboxlist::tell_annotations(store_.options().idle_directory, mailbox.name);
    return success();
}

}  // namespace rookery::store
