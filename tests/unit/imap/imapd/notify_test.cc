// What NOTIFY takes, and how it is said to another server.
#include "imap/imapd/notify/notify_parse.h"

#include "imap/imapd/notify/look.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::imapd;

namespace {

Result<NotifyRequest> parse(std::string_view text)
{
    stream::MemoryEnds ends{cat(text, "\r\n"), {}, 65536, false, false};
    stream::Stream client(stream::memory_layer(ends));
    CommandReader reader(client, ReaderLimits{});
    reader.begin();
    return parse_notify(reader);
}

std::string names_in_list(size_t count)
{
    std::string list;
    for (size_t i = 0; i < count; ++i) cat_to(list, i == 0 ? "" : " ", 'a', i);
    return list;
}

std::string again(const std::string& text, size_t count)
{
    std::string all;
    for (size_t i = 0; i < count; ++i) all += text;
    return all;
}

START_TEST(what_is_asked_for_is_understood)
{
    auto none = parse(" none");
    ASSERT_OK(none);
    ck_assert(none->none && none->groups.empty());
    auto set = parse(
        " SET status (selected (messagenew (UID BODY.PEEK[HEADER.FIELDS (To Cc)]) "
        "MessageExpunge)) (inboxes (MessageNew MessageExpunge FlagChange MailboxName)) "
        "(subtree (INBOX.a \"b c\") (SubscriptionChange MailboxMetadataChange)) "
        "(mailboxes {3+}\r\nx y (ServerMetadataChange)) (subscribed NONE)");
    ASSERT_OK(set);
    ck_assert(!set->none && set->status && set->groups.size() == 5);
    ck_assert(set->selected() == &set->groups[0] && set->fetch && set->fetch->items.size() == 2);
    ASSERT_EQ_TEXT(set->fetch_text, "(UID BODY.PEEK[HEADER.FIELDS (To Cc)])");
    ASSERT_EQ_TEXT(notify_event_list(set->groups[0].events, set->fetch_text),
                   "(MessageNew (UID BODY.PEEK[HEADER.FIELDS (To Cc)]) MessageExpunge)");
    ck_assert(set->groups[1].kind == NotifyGroup::Kind::personal);
    ASSERT_EQ_TEXT(notify_event_list(set->groups[1].events, ""),
                   "(MessageNew MessageExpunge FlagChange MailboxName)");
    ck_assert((set->groups[2].names == std::vector<std::string>{"INBOX.a", "b c"}));
    ck_assert((set->groups[3].names == std::vector<std::string>{"x y"}));
    ASSERT_EQ_TEXT(notify_event_list(set->groups[4].events, ""), "NONE");
    ASSERT_OK(parse(" SET (selected-delayed (MessageExpunge MessageNew))"));
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    for (const char* text :
         {"", " ", " NONE x", " SET", " SET ", " SET STATUS", " SET STATUS  (personal NONE)",
          " GET (personal NONE)", " SET personal NONE", " SET (personal)", " SET (personal NONE",
          " SET (personal ())", " SET (personal (MailboxName) )", " SET (personal NONE)(personal "
          "NONE)", " SET (personal (MessageNew))", " SET (personal (MessageExpunge))",
          " SET (personal (MessageNew FlagChange))", " SET (selected (MailboxName))",
          " SET (personal (MessageNew (UID) MessageExpunge))", " SET (subtree NONE)",
          " SET (selected (MessageNew (UNHEARD) MessageExpunge))",
          " SET (selected (MessageExpunge (UID) MessageNew))",
          " SET (selected NONE) (selected NONE)", " SET (selected NONE) (selected-delayed NONE)"})
        ck_assert_msg(parse(text).is(Code::syntax), "%s", text);
    for (const char* text : {" SET (personal (AnnotationChange))", " SET (personal (x))",
                             " SET (selected (MessageNew MessageExpunge AnnotationChange))"})
        ck_assert_msg(parse(text).is(Code::unsupported), "%s", text);
}
END_TEST

START_TEST(what_is_too_much_is_refused)
{
    ASSERT_OK(parse(cat(" SET (mailboxes (", names_in_list(kMaxNotifyNames), ") NONE)")));
    ASSERT_CODE(parse(cat(" SET (mailboxes (", names_in_list(kMaxNotifyNames + 1), ") NONE)")),
                Code::limit);
    ASSERT_OK(parse(cat(" SET", again(" (personal NONE)", kMaxNotifyGroups))));
    ASSERT_CODE(parse(cat(" SET", again(" (personal NONE)", kMaxNotifyGroups + 1))), Code::limit);
}
END_TEST

START_TEST(a_look_is_due_once_it_is_wanted)
{
    Look look;
    ck_assert(!look.is_due() && look.due().is_never());
    look.want();
    ck_assert(look.is_due() && !look.due().is_never());
    ASSERT_CODE(look.take([] { return Status(Error{Code::io, "x"}); }), Code::io);
    ck_assert(!look.is_due() && look.due().is_never());
    // What comes while it looks is looked at another time, after a rest.
    ASSERT_OK(look.take([&look] {
        look.want();
        return success();
    }));
    ck_assert(!look.due().is_never() && look.due().poll_ms() <= Look::kLongest.count());
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/imapd/notify");
    TCase* tests = tcase_create("notify");
    tcase_add_test(tests, what_is_asked_for_is_understood);
    tcase_add_test(tests, what_is_wrong_is_refused);
    tcase_add_test(tests, what_is_too_much_is_refused);
    tcase_add_test(tests, a_look_is_due_once_it_is_wanted);
    suite_add_tcase(suite, tests);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
