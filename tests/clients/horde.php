<?php
// What Horde's and other webmails' IMAP library gets from a server; as JSON.
//   php horde.php HOST PORT USER SHARED     SHARED: a mailbox at the other server
spl_autoload_register(function ($class) {
    $file = '/usr/share/php/' . str_replace(['_', '\\'], '/', $class) . '.php';
    if (file_exists($file)) {
        require_once $file;
    }
});

[, $host, $port, $user, $shared] = $argv;
function connect($host, $port, $user)
{
    return new Horde_Imap_Client_Socket([
        'hostspec' => $host, 'port' => (int) $port, 'username' => $user, 'password' => 'pw',
        'secure' => false]);
}

function ids($found)
{
    return $found['match']->ids;
}

$out = [];
$c = connect($host, $port, $user);
foreach (['subject' => Horde_Imap_Client::SORT_SUBJECT,
          'from' => Horde_Imap_Client::SORT_DISPLAYFROM,
          'date' => Horde_Imap_Client::SORT_DATE] as $name => $key) {
    $out['sort'][$name] = ids($c->search('INBOX', null, ['sort' => [$key]]));
}
foreach (['REFERENCES', 'REFS', 'ORDEREDSUBJECT'] as $name) {
    $threads = $c->thread('Threads', ['criteria' => $name]);
    $out['thread'][$name] = [];
    foreach ($threads->messageList()->ids as $id) {
        $thread = [];
        foreach ($threads->getThread($id) as $uid => $one) {
            $thread[$uid] = $one->level;
        }
        $out['thread'][$name][$id] = $thread;
    }
}
// Not its PARTIAL: it cannot read the answer that RFC 5267 section 4.4 gives.
foreach (['subject', 'body'] as $what) {
    $query = new Horde_Imap_Client_Search_Query();
    $query->charset('utf-8', false);
    if ($what === 'subject') {
        $query->headerText('Subject', 'Grüße');
    } else {
        $query->text('Änderung', true);
    }
    $out['search'][$what] = ids($c->search('Words', $query));
}

// Another session of the same user changes what this one has seen; it learns so from MODSEQ.
$c->openMailbox('Words', Horde_Imap_Client::OPEN_READWRITE);
$words = new Horde_Imap_Client_Mailbox('Words');
$token = $c->getSyncToken($words);
$d = connect($host, $port, $user);
$d->store('Words', ['ids' => $d->getIdsOb([2]), 'add' => ['\\flagged']]);
$d->copy('Words', $shared, ['ids' => $d->getIdsOb([4]), 'move' => true]);
// Of 100 bytes at least: shorter ones it quotes, line ends and all, where UTF8=ACCEPT is.
$d->append('Words', [['data' => "Subject: appended\r\n\r\n" . str_repeat("Grüße\r\n", 20),
                      'flags' => ['\\seen']]]);
$d->logout();
$c->logout();
$c = connect($host, $port, $user);
$sync = $c->sync($words, $token, ['ids' => $c->getIdsOb([1, 2, 3, 4])]);
$out['sync'] = ['flags' => $sync->flagsuids->ids, 'vanished' => $sync->vanisheduids->ids,
                'new' => $sync->newmsgsuids->ids];

$out['there'] = $c->status($shared, Horde_Imap_Client::STATUS_MESSAGES)['messages'];
$c->copy($shared, 'Words', ['ids' => $c->getIdsOb(Horde_Imap_Client_Ids::ALL), 'move' => true]);
$out['back'] = [$c->status($shared, Horde_Imap_Client::STATUS_MESSAGES)['messages'],
                $c->status('Words', Horde_Imap_Client::STATUS_MESSAGES)['messages']];

$query = new Horde_Imap_Client_Fetch_Query();
$query->envelope();
$query->structure();
$query->bodyPart('1', ['decode' => true, 'peek' => true]);
foreach ($c->fetch('Words', $query, ['ids' => $c->getIdsOb([1, 2, 3])]) as $uid => $data) {
    $part = $data->getStructure()->getPart('1') ?: $data->getStructure();
    $body = $data->getBodyPart('1');
    if ($data->getBodyPartDecode('1') === null) {
        $part->setContents($body);
        $body = $part->getContents();
    }
    $out['fetch'][$uid] = [$data->getEnvelope()->subject,
                           trim(mb_convert_encoding($body, 'UTF-8', $part->getCharset()))];
}

$c->createMailbox('Entwürfe', ['special_use' => ['\\Drafts']]);
$c->subscribeMailbox('Entwürfe');
foreach ($c->listMailboxes('*', Horde_Imap_Client::MBOX_ALL, [
    'attributes' => true, 'children' => true, 'special_use' => true, 'delimiter' => true,
    'status' => Horde_Imap_Client::STATUS_MESSAGES]) as $name => $one) {
    $out['list'][(string) $one['mailbox']] = [$one['attributes'],
                                              $one['status']['messages'] ?? null];
}
$c->createMailbox('Ablage ä');
$c->renameMailbox('Ablage ä', 'Größere Ablage');
$c->deleteMailbox('Größere Ablage');
$c->setMetadata('INBOX', ['/private/comment' => 'mine']);
$out['metadata'] = $c->getMetadata('INBOX', ['/private/comment']);
$out['quota'] = $c->getQuotaRoot('INBOX');
$out['rights'] = (string) $c->getMyACLRights($shared);
$out['namespaces'] = array_map(function ($n) { return $n->name; },
                               iterator_to_array($c->getNamespaces([], ['ob_return' => true])));
$c->logout();
echo json_encode($out, JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT), "\n";
