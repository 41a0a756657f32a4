#include "imap/model/server_states.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using model::ServerState;
using model::ServerStates;

START_TEST(said_and_taken_back)
{
    ServerStates states;
    ASSERT_OK(states.set("be1.example", ServerState::draining, ""));
    ASSERT_OK(states.set("be2.example", ServerState::maintenance, "back at noon, sorry"));
    ASSERT_OK(states.set("be2.example", ServerState::maintenance, "back at two, sorry"));
    ck_assert(states.of("be1.example").state == ServerState::draining);
    ck_assert(states.of("be3.example").state == ServerState::active);
    auto again = ServerStates::parse(states.to_text());
    ASSERT_OK(again);
    ASSERT_EQ_TEXT(again->to_text(), states.to_text());
    ASSERT_EQ_TEXT(again->of("be2.example").note, "back at two, sorry");
    ASSERT_OK(again->set("be1.example", ServerState::active, ""));
    ASSERT_EQ_TEXT(again->to_text(), "be2.example maintenance back at two, sorry\n");
}
END_TEST

START_TEST(words_and_states)
{
    for (const char* word : {"active", "no-new", "draining", "maintenance"}) {
        auto state = model::server_state_of(word);
        ck_assert(state.has_value());
        ASSERT_EQ_TEXT(model::server_state_word(*state), word);
    }
    ck_assert(!model::server_state_of("down"));
}
END_TEST

START_TEST(what_is_no_table)
{
    for (const char* text :
         {"be1", "be1 draining", "be1 asleep x", " draining x", "b!e draining x"})
        ck_assert_msg(!ServerStates::parse(text).ok(), "%s", text);
}
END_TEST

START_TEST(limits)
{
    ServerStates states;
    ck_assert(!states.set("be1", ServerState::draining, std::string(201, 'x')).ok());
    ck_assert(!states.set("be1", ServerState::draining, "a\r\nb").ok());
    ck_assert(!states.set("be1", ServerState::draining, "\xff").ok());
    ck_assert(!states.set("two words", ServerState::draining, "").ok());
    ck_assert(!states.set(std::string(256, 'x'), ServerState::draining, "").ok());
    for (size_t i = 0; i < ServerStates::kMaxServers; ++i)
        ASSERT_OK(states.set("be" + std::to_string(i), ServerState::no_new, ""));
    ASSERT_CODE(states.set("more", ServerState::no_new, ""), Code::limit);
    ASSERT_OK(states.set("be0", ServerState::draining, "still"));
    ASSERT_OK(states.set("more", ServerState::active, ""));
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("model/server_states");
    TCase* tcase = tcase_create("server_states");
    tcase_add_test(tcase, said_and_taken_back);
    tcase_add_test(tcase, words_and_states);
    tcase_add_test(tcase, what_is_no_table);
    tcase_add_test(tcase, limits);
    suite_add_tcase(suite, tcase);
    return suite;
}

const rookery::test::Registered suite(make);

}  // namespace
