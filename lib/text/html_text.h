// The words of an HTML document: without tags, comments, scripts and style, its character
// references read.
//
// As browsers do, anything is taken for HTML: what is not closed ends with the document. Blocks,
// cells and line ends are told from each other by a space or a line end. Quoted text
// (BLOCKQUOTE) is left out if that is asked for. Never fails. Values.
#ifndef ROOKERY_LIB_TEXT_HTML_TEXT_H
#define ROOKERY_LIB_TEXT_HTML_TEXT_H

#include <string>
#include <string_view>

namespace rookery::text {

enum class Quotes : bool { kept, left_out };

// UTF-8 in and out. Not much more than max bytes.
std::string html_text(std::string_view html, Quotes quotes, size_t max);

}  // namespace rookery::text

#endif
