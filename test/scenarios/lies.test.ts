import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Success codes that lie: what was done, what the tool said, and the tests in which it says so and Reeve does not believe it. Each was seen with the tools
 * of Debian 12. Who takes a test away, or renames it, hears of it here.
 */
interface Lie {
  readonly done: string
  readonly said: string
  readonly true: string
  readonly tests: readonly (readonly [file: string, title: string])[]
}

const names = 'primitives/dnsZone/primary.lab.test.ts'
const mail = 'kinds/mailroute/lies.lab.test.ts'
const logs = 'kinds/syslogsink/syslogsink.lab.test.ts'

const lies: readonly Lie[] = [
  {
    done: 'rndc reload of a zone file that is broken',
    said: '0, zone reload queued',
    true: 'the old zone is served, and SERVFAIL after the next start',
    tests: [
      [names, 'a reload of a file that it cannot read: the old zone is served on, and the new one taken back'],
      ['scenarios/names.ts', 'that BIND alone can refuse is held back by itself: one mail, its old records are served, the others go live'],
    ],
  },
  {
    done: 'rndc reload after an edit that left the serial as it was',
    said: '0',
    true: 'the secondary keeps its data for ever',
    tests: [[names, 'is put right where a person changed a record and not its serial']],
  },
  {
    done: 'rndc reload with a serial that went backwards',
    said: '0',
    true: 'the secondary keeps its data for ever',
    tests: [[names, 'a reload with a serial that went backwards: the secondary would keep its data for ever']],
  },
  {
    done: 'a policy of serials whose next one is smaller (RFC 1982)',
    said: '0',
    true: 'the secondary stays where it was',
    tests: [[names, 'a policy of serials that would go backwards']],
  },
  {
    done: 'a primary rebuilt from Git with a lower serial than its secondary',
    said: 'both are up',
    true: 'the secondary keeps its data for ever',
    tests: [
      [names, 'a primary that was made anew with a serial below that of its secondary'],
      ['scenarios/names.ts', 'whose primary lost its disk comes back from Git with a serial after that of the secondary, which follows it'],
    ],
  },
  {
    done: 'named-checkzone of a host name with an underscore',
    said: '0, OK',
    true: 'named refuses the whole zone',
    tests: [[names, 'a host name with an underscore: named-checkzone takes it, named would refuse the whole zone']],
  },
  {
    done: 'dnssec-policy for a zone file in a folder that named cannot write',
    said: 'named-checkconf and rndc reconfig 0',
    true: 'the zone is served unsigned',
    tests: [
      [names, 'a zone that shall be signed, in a folder that named cannot write'],
      ['kinds/zone/bind.lab.test.ts', 'a zone is signed, and a folder that named cannot write is put right'],
    ],
  },
  {
    done: 'a secondary that does not transfer: another key, or a person who keeps it from asking',
    said: 'both are up, rndc retransfer 0',
    true: 'the secondary keeps its data',
    tests: [
      ['primitives/dnsZone/secondary.lab.test.ts', 'with another key is stale and says nothing of it: Reeve does'],
      ['scenarios/names.ts', 'that a person keeps from asking its primary is told, by mail and as a condition'],
    ],
  },
  {
    done: 'postfix check with a map that is not there',
    said: '0, reload 0',
    true: '451 for every recipient',
    tests: [
      [mail, 'a map of others that does not exist, restrictions in master.cf by which smtpd dies, a transport that it does not have'],
      [mail, 'a map that cannot be opened'],
    ],
  },
  {
    done: 'postfix check with restrictions without which smtpd does not start',
    said: '0, reload 0, active',
    true: 'port 25 takes connections and never greets',
    tests: [[mail, 'restrictions without which smtpd does not start']],
  },
  {
    done: 'postfix check with a transport that master.cf does not have',
    said: '0',
    true: 'mail is taken and waits',
    tests: [
      [mail, 'a map of others that does not exist, restrictions in master.cf by which smtpd dies, a transport that it does not have'],
    ],
  },
  {
    done: 'postmap of a line that it cannot read, and of one key twice',
    said: '0',
    true: 'the line is in no map, and the first of two counts',
    tests: [[mail, 'a map in which a line stands twice, and one with a line that has no value']],
  },
  {
    done: 'postconf -e of a key that there is not',
    said: '0',
    true: 'nobody reads it',
    tests: [
      [
        'primitives/setting.lab.test.ts',
        'a key that Postfix does not know is refused before anything is live: postconf itself would take it',
      ],
    ],
  },
  {
    done: 'sendmail -bv of an address',
    said: '0 for who is known and who is not',
    true: 'the answer is mailed to root, later',
    tests: [['scenarios/mail.ts', 'sendmail -bv says 0 of who is unknown: Reeve asks the gateway itself, and undoes what it refuses']],
  },
  {
    done: 'nginx -t and reload with a port of another program, or from all addresses to one',
    said: '0, reload 0',
    true: 'the whole old configuration is kept',
    tests: [
      [
        'kinds/proxy/nginx.lab.test.ts',
        'a port that another program holds is told with its name before nginx is reloaded, which would say nothing of it',
      ],
      [
        'kinds/proxy/nginx.lab.test.ts',
        'a change from all addresses to one passes nginx -t and reload, and only the proof tells that the old is still served',
      ],
    ],
  },
  {
    done: 'nginx -t with one name in two files',
    said: '0',
    true: 'the second vhost is dead',
    tests: [
      ['primitives/service.lab.test.ts', 'counts words of the checker as failure although it exits with 0, unless they were said before'],
    ],
  },
  {
    done: 'a name that no vhost has, by HTTPS',
    said: '200',
    true: 'the first vhost answers for strangers',
    tests: [
      ['kinds/proxy/nginx.test.ts', 'a stranger is refused by TLS as without'],
      ['kinds/proxy/apache.test.ts', 'a stranger is answered 404, by TLS too'],
    ],
  },
  {
    done: 'apachectl -t without mod_proxy_http',
    said: 'Syntax OK',
    true: 'what is passed on fails',
    tests: [
      [
        'kinds/proxy/providers.lab.test.ts',
        'a module that a person took away is put back, though httpd’s own check finds nothing wrong without it',
      ],
    ],
  },
  {
    done: 'rsyslogd with a selector that is none',
    said: 'starts, active',
    true: 'the line is dropped',
    tests: [[logs, 'a selector that rsyslogd drops when it starts is told before anything is loaded']],
  },
  {
    done: 'HUP after an edit of rsyslog’s configuration',
    said: '0',
    true: 'only files are opened anew',
    tests: [[logs, 'a configuration that was edited and only told by HUP is not in force, and is put right by a restart']],
  },
  {
    done: 'TLS of rsyslog by the driver ossl, with permitted peers',
    said: 'starts',
    true: 'whoever the authority vouched for is let in',
    tests: [[logs, 'with TLS on both sides a sender of a permitted name is heard, and one of another name is not']],
  },
  {
    done: 'ssmtp -bv, -bs, or -t without a recipient',
    said: '0',
    true: 'the mail is lost',
    tests: [['system/mailer.lab.test.ts', 'of mail %s ssmtp says that all is well, and the hub has nothing: only what arrived counts']],
  },
]

test.each(lies)('not believed: $done', ({ tests }) => {
  for (const [file, title] of tests) expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8'), file).toContain(title)
})
