#include "lib/base/command_line.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this"}, {'f', "fix", "", "mend"}, {'q', "", "", ""},
    {0, "dry-run", "", "only say"},       {0, "done", "", "over"},
};
constexpr Program kTool = {"tool", "does things", kOptions, "[mailbox ...]", 0, 2};
constexpr Subcommand kSubcommands[] = {{"move", "[--dry-run] mailbox server"},
                                       {"state", "[--done]"}};
constexpr Program kMany = {.name = "many",
                           .purpose = "does many things",
                           .options = kOptions,
                           .operands = "",
                           .subcommands = kSubcommands};

// The words are separated by spaces; "''" is an empty one.
Result<CommandLine> read(const Program& program, std::string_view words)
{
    std::vector<std::string> texts = {"/usr/sbin/a-tool"};
    for (const std::string_view word : split(words, ' ', false))
        texts.emplace_back(word == "''" ? "" : word);
    std::vector<char*> argv;
    for (std::string& text : texts) argv.push_back(text.data());
    return CommandLine::read(program, static_cast<int>(argv.size()), argv.data());
}

// What was understood, in one line.
std::string shown(const Program& program, std::string_view words)
{
    const auto line = read(program, words);
    if (!line) return cat("wrong: ", line.error().text);
    std::string text;
    for (const std::string_view option : {"C", "fix", "q", "dry-run", "done", "help", "version"}) {
        for (const std::string& value : line->values(option)) cat_to(text, option, '=', value, ' ');
    }
    for (const std::string& operand : line->operands()) cat_to(text, '[', operand, ']');
    return text;
}

START_TEST(options_and_operands_in_any_order)
{
    const std::pair<std::string_view, std::string_view> kLines[] = {
        {"", ""},
        {"-fq", "fix= q= "},
        {"-qf a", "fix= q= [a]"},
        {"a -f b", "fix= [a][b]"},
        {"-C x", "C=x "},
        {"-Cx", "C=x "},
        {"-fCx", "C=x fix= "},
        {"-fC -q", "C=-q fix= "},
        {"--config x", "C=x "},
        {"--config=x", "C=x "},
        {"--config=", "C= "},
        {"--conf=x=y", "C=x=y "},
        {"-C ''", "C= "},
        {"-Ca -C b", "C=a C=b "},
        {"--dry", "dry-run= "},
        {"-- -f --", "[-f][--]"},
        {"-", "[-]"},
        {"'' a", "[][a]"},
        {"-ff", "fix= fix= "},
        {"-x", "wrong: there is no option -x"},
        {"-fx", "wrong: there is no option -x"},
        {"--no", "wrong: there is no option --no"},
        {"--d", "wrong: --d can be several"},
        {"--fix=1", "wrong: --fix takes no value"},
        {"-C", "wrong: -C needs a value: file"},
        {"--config", "wrong: --config needs a value: file"},
        {"a b c", "wrong: there is nothing to do with \"c\""},
        {"a b c --help", "help= [a][b][c]"},
        {"--vers", "version= "},
    };
    for (const auto& [words, want] : kLines) ASSERT_EQ_TEXT(shown(kTool, words), want);
}
END_TEST

START_TEST(a_subcommand_takes_its_own_options)
{
    const std::pair<std::string_view, std::string_view> kLines[] = {
        {"move a b", "[move][a][b]"},
        {"--dry-run move a", "dry-run= [move][a]"},
        {"move --dry-run -C x a", "C=x dry-run= [move][a]"},
        {"-f move", "fix= [move]"},
        {"state --done", "done= [state]"},
        {"state --dry-run", "wrong: state has no option --dry-run"},
        {"move --done", "wrong: move has no option --done"},
        {"", "wrong: a subcommand is missing"},
        {"mov", "wrong: there is no subcommand mov"},
        {"--help", "help= "},
    };
    for (const auto& [words, want] : kLines) ASSERT_EQ_TEXT(shown(kMany, words), want);
}
END_TEST

START_TEST(the_table_tells_how_it_is_used)
{
    const auto line = read(kTool, "-Ca -C b");
    ASSERT_EQ_TEXT(line->value("config", "d"), "b");
    ASSERT_EQ_TEXT(line->value("fix", "d"), "d");
    ck_assert(!line->given("dry-run"));
    ASSERT_EQ_TEXT(line->program(), "a-tool");
    ASSERT_EQ_TEXT(line->usage(),
                   "usage: a-tool [-f] [-C file] [--dry-run] [--done] [mailbox ...]\n");
    ASSERT_EQ_TEXT(line->help(),
                   "a-tool: does things.\n\n"
                   "usage: a-tool [-f] [-C file] [--dry-run] [--done] [mailbox ...]\n\n"
                   "  -C, --config file  read this\n"
                   "  -f, --fix          mend\n"
                   "  --dry-run          only say\n"
                   "  --done             over\n"
                   "  --help             tell this, and end\n"
                   "  --version          tell the version, and end\n");
    ASSERT_EQ_TEXT(read(kMany, "--help")->usage(),
                   "usage: a-tool [option ...] move [--dry-run] mailbox server\n"
                   "       a-tool [option ...] state [--done]\n");
    ASSERT_EQ_TEXT(read(kMany, "state")->usage(), "usage: a-tool [option ...] state [--done]\n");
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("command_line");
    TCase* tcase = tcase_create("all");
    tcase_add_test(tcase, options_and_operands_in_any_order);
    tcase_add_test(tcase, a_subcommand_takes_its_own_options);
    tcase_add_test(tcase, the_table_tells_how_it_is_used);
    suite_add_tcase(suite, tcase);
    return suite;
}
const test::Registered registered(make);

}  // namespace
