// The file of a mailbox's annotations. doc/formats/annotations.md.
//
// Pure. decode fails with corrupt (checksum, form) or unsupported (another version); encode with
// limit (more than kMaxAnnotationBytes, a control character in a name).
#ifndef ROOKERY_IMAP_STORE_ANNOTATION_FORMAT_H
#define ROOKERY_IMAP_STORE_ANNOTATION_FORMAT_H

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/annotations.h"
#include "lib/base/result.h"

namespace rookery::store {

inline constexpr const char* kAnnotationsName = "rookery.annotations";
inline constexpr std::string_view kAnnotationsFirstLine = "rookery annotations 1\n";
// A value and its name, and the words around them.
inline constexpr size_t kMaxAnnotationsFile = 2 * mailbox::kMaxAnnotationBytes;

Result<std::string> encode_annotations(std::span<const mailbox::Annotation> annotations);
Result<std::vector<mailbox::Annotation>> decode_annotations(std::string_view text);

}  // namespace rookery::store

#endif
