#include "imap/delivery/edited_message.h"

#include <vector>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using delivery::edit_message;
using sieve::HeaderEdit;

const std::string kMessage =
    "Return-Path: <a@b>\r\nSubject: one\r\nX: 1\r\n folded\r\nno field\r\nx: 2\r\n\r\nbody\r\n";

HeaderEdit added(const char* name, const char* value, bool last = false)
{
    return {.is_deletion = false, .name = name, .value = value, .last = last};
}

HeaderEdit deleted(const char* name, size_t index)
{
    return {.is_deletion = true, .name = name, .value = "", .index = index};
}

START_TEST(edits_change_what_they_name_and_nothing_else)
{
    const struct {
        std::vector<HeaderEdit> edits;
        const char* header;
    } table[] = {
        {{}, "Return-Path: <a@b>\r\nSubject: one\r\nX: 1\r\n folded\r\nno field\r\nx: 2\r\n\r\n"},
        {{added("Y", "new")},
         "Return-Path: <a@b>\r\nY: new\r\nSubject: one\r\nX: 1\r\n folded\r\nno field\r\nx: 2\r\n"
         "\r\n"},
        {{added("Y", "new", true)},
         "Return-Path: <a@b>\r\nSubject: one\r\nX: 1\r\n folded\r\nno field\r\nx: 2\r\nY: new\r\n"
         "\r\n"},
        {{deleted("x", 1)}, "Return-Path: <a@b>\r\nSubject: one\r\nno field\r\nx: 2\r\n\r\n"},
        {{deleted("X", 2)},
         "Return-Path: <a@b>\r\nSubject: one\r\nX: 1\r\n folded\r\nno field\r\n\r\n"},
        {{deleted("X", 3), deleted("z", 1)},
         "Return-Path: <a@b>\r\nSubject: one\r\nX: 1\r\n folded\r\nno field\r\nx: 2\r\n\r\n"},
        {{deleted("return-path", 1), added("A", "b"), deleted("Subject", 1)},
         "A: b\r\nX: 1\r\n folded\r\nno field\r\nx: 2\r\n\r\n"},
    };
    for (const auto& row : table) {
        const auto edited = edit_message(kMessage, row.edits);
        ASSERT_EQ_TEXT(edited.header, row.header);
        ASSERT_EQ_TEXT(edited.body, "body\r\n");
    }
}
END_TEST

START_TEST(a_message_without_a_body_or_a_header_is_edited_too)
{
    const std::vector<HeaderEdit> edits = {added("Y", "\xc3\xa4")};
    ASSERT_EQ_TEXT(edit_message("A: b", edits).header, "Y: =?UTF-8?B?w6Q=?=\r\nA: b\r\n\r\n");
    ASSERT_EQ_TEXT(edit_message("\r\nbody", edits).header, "Y: =?UTF-8?B?w6Q=?=\r\n\r\n");
    ASSERT_EQ_TEXT(edit_message("\r\nbody", edits).body, "body");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/delivery/edited_message");
    TCase* c = tcase_create("all");
    tcase_add_test(c, edits_change_what_they_name_and_nothing_else);
    tcase_add_test(c, a_message_without_a_body_or_a_header_is_edited_too);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
