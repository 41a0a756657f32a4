// For tests/system/submission_crash_test.py: puts mails into the queue, as a delivery does.
//   submit_mail IMAPD.CONF OWNER TO...    a mail to each TO; prints the ids once all are durable
#include <cstdio>

#include "imap/submission/queue.h"

int main(int argc, char** argv)
{
    using namespace rookery;
    if (argc < 4) return 64;
    auto config = config::Config::load(argv[1], "submit_mail");
    if (!config) return 78;
    auto queue = submission::Queue::open(*config);
    if (!queue) return 1;
    std::vector<submission::Outgoing> mails;
    for (int i = 3; i < argc; i++)
        mails.push_back({"joe@example.net", {argv[i]}, argv[2], submission::Kind::redirect});
    const std::string_view text[] = {"Subject: onwards\r\n\r\n", "Hello\r\n"};
    auto ids = queue->put(mails, text);
    if (!ids) return 1;
    for (const std::string& id : *ids) ::puts(id.c_str());
    return 0;
}
