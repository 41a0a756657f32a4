// A message on its way: what is done to its header, and where it is kept.
#include "imap/delivery/message_filter.h"
#include "imap/delivery/spooled_message.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using delivery::FilterOptions;
using delivery::MessageFilter;
using delivery::SpooledMessage;

FilterOptions options()
{
    FilterOptions o;
    o.front = "Return-Path: <s@x>\r\n";
    o.message_id = "<made@here>";
    o.date = "Tue, 24 Nov 2026 03:42:40 +0000";
    return o;
}

Result<std::string> filtered(const std::string& text, size_t piece, FilterOptions o,
                             std::string* id = nullptr)
{
    test::TempDir dir;
    SpooledMessage message(dir.path());
    MessageFilter filter(message, std::move(o));
    for (size_t at = 0; at < text.size(); at += piece)
        filter.add(std::string_view(text).substr(at, piece));
    TRY(filter.finish());
    if (id != nullptr) *id = filter.message_id();
    TRY_ASSIGN(std::string_view bytes, message.map());
    return std::string(bytes);
}

START_TEST(a_spooled_message_grows_out_of_memory)
{
    test::TempDir dir;
    SpooledMessage message(dir.path());
    std::string all;
    for (size_t piece : {size_t{1}, SpooledMessage::kInMemory - 1, size_t{1}, size_t{100'000}}) {
        ASSERT_OK(message.write(std::string(piece, static_cast<char>('a' + all.size() % 26))));
        all.append(piece, static_cast<char>('a' + all.size() % 26));
        ASSERT_OK(message.map());
        ck_assert(*message.map() == all);
        ck_assert_uint_eq(message.size(), all.size());
    }
    // A directory that is not there matters to a large one only.
    SpooledMessage nowhere(dir.file("missing"));
    ASSERT_OK(nowhere.write("small"));
    ck_assert(!nowhere.write(std::string(SpooledMessage::kInMemory, 'x')).ok());
}
END_TEST

START_TEST(fields_are_added_and_removed)
{
    const std::string full =
        "Received: from a\r\nreturn-path: <evil@x>\r\n folded\r\nMessage-Id:\r\n <1@x>\r\n"
        "Date: now\r\nSubject: x\r\n\r\nReturn-Path: body\r\n";
    const std::string added =
        "Message-ID: <made@here>\r\nDate: Tue, 24 Nov 2026 03:42:40 +0000\r\n\r\n";
    for (size_t piece = 1; piece < 40; ++piece) {
        std::string id;
        ASSERT_EQ_TEXT(*filtered(full, piece, options(), &id),
                       "Return-Path: <s@x>\r\nReceived: from a\r\nMessage-Id:\r\n <1@x>\r\n"
                       "Date: now\r\nSubject: x\r\n\r\nReturn-Path: body\r\n");
        ASSERT_EQ_TEXT(id, "<1@x>");
        ASSERT_EQ_TEXT(*filtered("Subject: x\r\n\r\nb\r\n", piece, options(), &id),
                       "Return-Path: <s@x>\r\nSubject: x\r\n" + added + "b\r\n");
        ASSERT_EQ_TEXT(id, "<made@here>");
        ASSERT_EQ_TEXT(*filtered("X: y\r\n", piece, options()),
                       "Return-Path: <s@x>\r\nX: y\r\n" + added);
    }
    ASSERT_OK(filtered("", 1, options()));
}
END_TEST

START_TEST(what_no_mailbox_takes_is_refused)
{
    const std::string nul("a\0b", 3);
    ASSERT_CODE(filtered("X: y\r\n\r\n" + nul + "\r\n", 5, options()), Code::syntax);
    ASSERT_CODE(filtered("X: " + nul + "\r\n\r\n", 5, options()), Code::syntax);
    FilterOptions small = options();
    small.max_size = 1000;
    ASSERT_CODE(filtered("X: y\r\n\r\n" + std::string(1000, 'b') + "\r\n", 50, small), Code::limit);
    ASSERT_OK(filtered("X: y\r\n\r\n" + std::string(800, 'b') + "\r\n", 50, small));
    for (const char* text : {"Hello world\r\n", "A: b\r\nHello\r\n\r\n", " A: b\r\n\r\n"})
        for (size_t piece : {size_t{1}, size_t{50}})
            ASSERT_CODE(filtered(text, piece, options()), Code::syntax);
    std::string loop;
    for (int i = 0; i < 101; ++i) loop += "Received: again\r\n";
    ASSERT_CODE(filtered(loop + "\r\n", 50, options()), Code::syntax);
}
END_TEST

START_TEST(eight_bit_headers_by_the_options)
{
    const std::string text = "Subject: \xc3\xa4\r\nDate: d\r\nMessage-ID: <i>\r\n\r\n\xc3\xa4\r\n";
    auto munged = filtered(text, 7, options());
    ck_assert(munged->find("Subject: XX\r\n") != std::string::npos);
    ck_assert(munged->ends_with("\xc3\xa4\r\n"));
    FilterOptions keep = options();
    keep.munge_8bit = false;
    ck_assert(filtered(text, 7, keep)->find("Subject: \xc3\xa4\r\n") != std::string::npos);
    FilterOptions reject = options();
    reject.reject_8bit = true;
    ASSERT_CODE(filtered(text, 7, reject), Code::syntax);
}
END_TEST

START_TEST(the_digest_is_of_what_the_mta_handed_over)
{
    const std::string text =
        "X: \xe4\r\nReceived: by b with ESMTP id 1\r\nReturn-Path: <x>\r\n\r\nb\r\n";
    // Of that text, by sha256sum.
    const char* const known = "1345afad976550f7ac4c13b5fdc73c8e3fbdd358d03aaaacc7098c1679e8232b";
    // What frontends put in front of it.
    const char* const fronts[] = {
        "",
        "Return-Path: <s@x>\r\n",
        "Return-Path: <s@x>\r\nReceived: from a (b)\r\n\t by c (Rookery) with LMTPA id 1;\r\n"
        "\t Sun, 29 Nov 2026 00:00:00 +0000\r\nX-Cyrus-Session-Id: c-1\r\n",
        "Return-Path: <>\r\nReceived: from a by c (Cyrus 3.6.1) with LMTPSA;\r\n\tnow\r\n"
        "Received: from d with LMTP; then\r\n",
    };
    test::TempDir dir;
    for (const char* front : fronts) {
        const std::string whole = cat(front, text);
        for (size_t piece = 1; piece < 40; ++piece) {
            FilterOptions o = options();
            cat_to(o.front, "Received: number ", piece, "\r\n");
            SpooledMessage message(dir.path());
            MessageFilter filter(message, o);
            for (size_t at = 0; at < whole.size(); at += piece)
                filter.add(std::string_view(whole).substr(at, piece));
            ASSERT_OK(filter.finish());
            ASSERT_EQ_TEXT(filter.digest(), known);
        }
    }
    // Not the same: less of it, another hop, a field that is too long to be a frontend's.
    for (const std::string& other : std::initializer_list<std::string>{
             text.substr(0, text.size() - 2), "Received: by e with ESMTP id 2\r\n" + text,
             "Received: with LMTP " + std::string(delivery::MessageDigest::kMaxHeld, 'x') + "\r\n" +
                 text,
             "\r\n" + text}) {
        delivery::MessageDigest digest;
        digest.add(other);
        ck_assert_str_ne(digest.finish().c_str(), known);
    }
    delivery::MessageDigest nothing;
    ASSERT_EQ_TEXT(nothing.finish(), delivery::MessageDigest().finish());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/delivery/message");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_spooled_message_grows_out_of_memory);
    tcase_add_test(c, fields_are_added_and_removed);
    tcase_add_test(c, what_no_mailbox_takes_is_refused);
    tcase_add_test(c, eight_bit_headers_by_the_options);
    tcase_add_test(c, the_digest_is_of_what_the_mta_handed_over);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
