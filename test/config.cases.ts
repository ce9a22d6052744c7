const least = 'fleet: f\nrepository: {url: /srv/fleet.git}\n'
const key = 'ssh-ed25519 AAAA'

/** A reeve.yaml, the environment over it, and every finding. */
export interface BadConfig {
  readonly name: string
  readonly text: string
  readonly environment?: Readonly<Record<string, string>>
  readonly says: readonly string[]
}

export const badConfigs: readonly BadConfig[] = [
  {
    name: 'an empty file',
    text: '',
    says: [
      'reeve.yaml: error: the field "fleet" is missing; the fleet\'s name: 1 to 63 characters of a-z, 0-9 and -',
      'reeve.yaml: error: the field "repository" is missing; The Git repository with the manifests',
    ],
  },
  { name: 'a list', text: '- a\n', says: ['reeve.yaml: error: the configuration must be fields (name: value)'] },
  {
    name: 'two documents',
    text: `${least}---\nfleet: g\n`,
    says: ['reeve.yaml:4:1: error: the configuration is one document; a second begins here'],
  },
  {
    name: 'broken YAML',
    text: 'fleet: [',
    says: ['reeve.yaml:1:9: error: the closing ] is missing, or stands too far to the left; it was opened in line 1'],
  },
  {
    name: 'an unknown field',
    text: `${least}lisen: {}\n`,
    says: ['reeve.yaml:3:1: error: lisen: unknown field "lisen"; did you mean "listen"?'],
  },
  {
    name: 'many errors',
    text: 'fleet: My Fleet\nrepository: {url: 7, brunch: x}\nlisten: {port: 0}\nlogLevel: loud\n',
    says: [
      'reeve.yaml:1:8: error: fleet: "My Fleet" is not allowed here; the fleet\'s name: 1 to 63 characters of a-z, 0-9 and -',
      'reeve.yaml:2:19: error: repository.url: must be text, not 7; write it in quotes: "7"',
      'reeve.yaml:2:22: error: repository.brunch: unknown field "brunch"; did you mean "branch"?',
      'reeve.yaml:3:16: error: listen.port: 0 is too small: at least 1',
      'reeve.yaml:4:11: error: logLevel: must be one of debug, info, warn, error, not the text "loud"',
    ],
  },
  {
    name: 'a history for ever, and one of nothing',
    text: `${least}history: {retention: 20y, maxEntries: 1}\n`,
    says: [
      'reeve.yaml:3:22: error: history.retention: "20y" is not a duration; write for example 30s, 5m, 2h or 7d',
      'reeve.yaml:3:39: error: history.maxEntries: 1 is too small: at least 100',
    ],
  },
  {
    name: 'a history of a minute',
    text: `${least}history: {retention: 1m}\n`,
    says: ['reeve.yaml:3:22: error: history.retention: 1m is out of range: 3600 s to 316224000 s'],
  },
  {
    name: 'a file of tokens that is nowhere',
    text: `${least}api: {tokensFile: tokens, token: x, hosts: ["a:b"]}\n`,
    says: [
      'reeve.yaml:3:19: error: api.tokensFile: "tokens" is not allowed here; File with the tokens that may write over TCP, as `reeve token create` writes it, an absolute path',
      'reeve.yaml:3:27: error: api.token: unknown field "token"; did you mean "tokensFile"?',
      'reeve.yaml:3:45: error: api.hosts[0]: "a:b" is not allowed here; a DNS name',
    ],
  },
  {
    name: 'a transport that runs programs',
    text: 'fleet: f\nrepository:\n  url: ext::id\n',
    says: [
      'reeve.yaml:3:8: error: repository.url: the transport ext is not allowed; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a password in the address',
    text: 'fleet: f\nrepository:\n  url: https://a:b@host/x\n',
    says: [
      'reeve.yaml:3:8: error: repository.url: the address holds a password, which would stand in argv and logs; use an ssh key (identityFile)',
    ],
  },
  {
    name: 'ssh without pinned keys',
    text: 'fleet: f\nrepository:\n  url: git@host:x\n',
    says: [
      "reeve.yaml:2:1: error: repository: an ssh repository needs knownHosts; ssh-keyscan HOST > FILE, compare the keys with what the server's owner says, and name FILE here",
    ],
  },
  {
    name: 'a branch that is an option',
    text: 'fleet: f\nrepository: {url: /x, branch: "--all"}\n',
    says: ['reeve.yaml:2:31: error: repository.branch: "--all" is not the name of a branch'],
  },
  {
    name: 'a folder above the repository',
    text: 'fleet: f\nrepository: {url: /x, path: ../y}\n',
    says: [
      'reeve.yaml:2:29: error: repository.path: "../y" is not a folder of the repository; write it from the root, without / at either end, as fleet/prod; . is all of it, and hidden folders are not read',
    ],
  },
  {
    name: 'times out of range, or no times',
    text: `${least}resync: 1s\ntimeouts: {connect: soon, apply: 1w}\n`,
    says: [
      'reeve.yaml:3:9: error: resync: 1s is out of range: 5 s to 86400 s',
      'reeve.yaml:4:21: error: timeouts.connect: "soon" is not a duration; write for example 30s, 5m, 2h or 7d',
      'reeve.yaml:4:34: error: timeouts.apply: 1w is out of range: 10 s to 86400 s',
    ],
  },
  {
    name: 'an identity of two sorts',
    text: `${least}identities: {a: {privateKeyFile: /k, agent: true}, b: {}, c: {agent: false}}\n`,
    says: [
      'reeve.yaml:3:17: error: identities.a: privateKeyFile and agent exclude each other; write exactly one of privateKeyFile, agent',
      'reeve.yaml:3:55: error: identities.b: one of privateKeyFile, agent is missing; write exactly one of them',
      'reeve.yaml:3:70: error: identities.c.agent: must be true, not false',
    ],
  },
  {
    name: 'an identity with a name that is none',
    text: `${least}identities: {"A B": {agent: true}}\n`,
    says: ['reeve.yaml:3:14: error: identities["A B"]: "A B" is not allowed here; a name has 1 to 63 characters of a-z, 0-9 and -'],
  },
  {
    name: 'a relative key file',
    text: `${least}identities: {a: {privateKeyFile: id_rsa}}\n`,
    says: [
      'reeve.yaml:3:34: error: identities.a.privateKeyFile: "id_rsa" is not allowed here; File with a private key for ssh, an absolute path',
    ],
  },
  {
    name: 'a jump host whose identity is not there',
    text: `${least}identities: {defualt: {agent: true}}\njumpHosts:\n  b: {address: b, hostKeys: [${key}]}\n`,
    says: ['reeve.yaml:5:6: error: jumpHosts.b.identity: there is no identity "default"; did you mean "defualt"?'],
  },
  {
    name: 'a jump host without keys',
    text: `${least}jumpHosts:\n  b: {address: b, hostKeys: []}\n  c: {address: c}\n  d: {address: d, hostKeys: [rubbish]}\n`,
    says: [
      'reeve.yaml:4:6: error: jumpHosts.b.identity: there is no identity "default"; write it under identities',
      'reeve.yaml:4:29: error: jumpHosts.b.hostKeys: the list is too short: at least 1 item',
      'reeve.yaml:5:6: error: jumpHosts.c: the field "hostKeys" is missing; Its pinned host keys',
      'reeve.yaml:5:6: error: jumpHosts.c.identity: there is no identity "default"; write it under identities',
      'reeve.yaml:6:6: error: jumpHosts.d.identity: there is no identity "default"; write it under identities',
      'reeve.yaml:6:30: error: jumpHosts.d.hostKeys[0]: "rubbish" is not allowed here; A host key as ssh-keyscan prints it, such as "ssh-ed25519 AAAA…"',
    ],
  },
  {
    name: 'a mail without a server',
    text: `${least}mail: {from: a@b, to: [a@b]}\n`,
    says: ['reeve.yaml:3:7: error: mail: no mail server is named; write smarthost, or ssmtpConf with the path of an ssmtp.conf'],
  },
  {
    name: 'mail servers said twice',
    text: `${least}mail: {ssmtpConf: /etc/ssmtp/ssmtp.conf, fallback: {host: m}, from: a@b, to: [a@b]}\n`,
    says: ['reeve.yaml:3:52: error: mail.fallback: the mail servers stand in the file of ssmtpConf already; leave one of them'],
  },
  {
    name: 'ports of the other sort of TLS',
    text: `${least}mail: {smarthost: {host: m, port: 465}, fallback: {host: n, port: 587, secure: true}, from: a@b, to: [a@b]}\n`,
    says: [
      'reeve.yaml:3:35: error: mail.smarthost.port: port 465 speaks TLS from the first byte; write secure: true',
      'reeve.yaml:3:80: error: mail.fallback.secure: port 587 speaks TLS only after STARTTLS, which Reeve asks for by itself; write secure: false',
    ],
  },
  {
    name: 'times of mails that are none',
    text: `${least}mail: {smarthost: {host: m}, from: a@b, to: [a@b], digest: {cron: daily}, deadMan: {cron: 0 61 * * *, timeZone: Mars, to: []}}\n`,
    says: [
      'reeve.yaml:3:67: error: mail.digest.cron: "daily" has 1 fields, not 5; write minute, hour, day, month and weekday, for example 0 3 * * 6',
      'reeve.yaml:3:91: error: mail.deadMan.cron: "0 61 * * *" is no time in a calendar (Invalid value for hour: 61); write minute, hour, day, month and weekday, for example 0 3 * * 6',
      'reeve.yaml:3:113: error: mail.deadMan.timeZone: "Mars" is not a time zone; write a name of the IANA database such as Europe/Berlin',
      'reeve.yaml:3:123: error: mail.deadMan.to: the list is too short: at least 1 item',
    ],
  },
  {
    name: 'a mail without receivers',
    text: `${least}mail: {smarthost: {host: m}, from: reeve, to: []}\n`,
    says: [
      'reeve.yaml:3:36: error: mail.from: "reeve" is not allowed here; the sender, a mail address',
      'reeve.yaml:3:47: error: mail.to: the list is too short: at least 1 item',
    ],
  },
  {
    name: 'a password without a user',
    text: `${least}mail: {smarthost: {host: m, passwordFile: /p}, from: a@b, to: [a@b]}\n`,
    says: ['reeve.yaml:3:43: error: mail.smarthost.passwordFile: a password means nothing without user; write user too'],
  },
  {
    name: 'a receiver with a header in it',
    text: `${least}mail: {smarthost: {host: m}, from: a@b, to: ["a@b\\nBcc: x@y"]}\n`,
    says: ['reeve.yaml:3:46: error: mail.to[0]: "a@b\\nBcc: x@y" is not allowed here; a mail address'],
  },
  {
    name: 'a variable out of range',
    text: least,
    environment: { REEVE_LISTEN_PORT: '99999', REEVE_RESYNC: 'never', REEVE_LOG_LEVEL: 'Info' },
    says: [
      'REEVE_LISTEN_PORT: error: listen.port: 99999 is too large: at most 65535',
      'REEVE_LOG_LEVEL: error: logLevel: must be one of debug, info, warn, error, not the text "Info"; did you mean "info"?',
      'REEVE_RESYNC: error: resync: "never" is not a duration; write for example 30s, 5m, 2h or 7d',
    ],
  },
  {
    name: 'a variable of the wrong type',
    text: least,
    environment: { REEVE_LISTEN_PORT: 'http' },
    says: ['REEVE_LISTEN_PORT: error: listen.port: must be a whole number, not the text "http"'],
  },
  {
    name: 'trust that names nobody',
    text: 'fleet: f\nrepository: {url: /srv/x, trust: {unsignedMerges: Clean}}\n',
    says: [
      'reeve.yaml:2:34: error: repository.trust: it names nobody who may sign; write allowedSigners, openpgpKeys or both; or leave trust out',
    ],
  },
  {
    name: 'signers in the repository itself',
    text: 'fleet: f\nrepository: {url: /srv/x/, trust: {allowedSigners: /srv/x/signers, openpgpKeys: keys.asc, unsignedMerges: Never}}\n',
    says: [
      'reeve.yaml:2:52: error: repository.trust.allowedSigners: this file stands in the repository itself: who may push could trust himself; keep it elsewhere, such as /etc/reeve',
      'reeve.yaml:2:81: error: repository.trust.openpgpKeys: "keys.asc" is not allowed here; File with OpenPGP public keys, as gpg --export writes them, an absolute path',
      'reeve.yaml:2:107: error: repository.trust.unsignedMerges: must be one of Refuse, Clean, not the text "Never"',
    ],
  },
  {
    name: 'a file for a newer Reeve',
    text: 'version: 2\nfleet: f\nsomething: new\n',
    says: [
      'reeve.yaml:1:10: error: version: this file is of version 2, for a newer Reeve; this one knows 1: start that Reeve, or write the file anew by docs/upgrade.md',
    ],
  },
  {
    name: 'a version that is none',
    text: `version: one\n${least}`,
    says: ['reeve.yaml:1:10: error: version: must be 1, not the text "one"'],
  },
  { name: 'a version before the first', text: `version: 0\n${least}`, says: ['reeve.yaml:1:10: error: version: must be 1, not 0'] },
  {
    name: 'a blank in the address',
    text: 'fleet: f\nrepository: {url: "/srv/a b"}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: the address holds a space or a control character; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'an address that git would take for an option',
    text: 'fleet: f\nrepository: {url: --upload-pack=id}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: the address begins with -, which git would read as an option; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a relative address',
    text: 'fleet: f\nrepository: {url: fleet.git}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: "fleet.git" is not an address of a repository; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a file on a host',
    text: 'fleet: f\nrepository: {url: "file://host/fleet"}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: a file: address names no host; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a file whose name ends in the middle',
    text: 'fleet: f\nrepository: {url: "file:///srv/%zz"}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: the address is not a URL; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a host that is none',
    text: 'fleet: f\nrepository: {url: "https://["}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: the address is not a URL; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a user that ssh would take for an option',
    text: 'fleet: f\nrepository: {url: "ssh://-oProxyCommand=id@host/x", knownHosts: /k}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: the host or user has odd characters; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'a host without a repository',
    text: 'fleet: f\nrepository: {url: "https://host"}\n',
    says: [
      'reeve.yaml:2:19: error: repository.url: the address names a host and no repository; write an absolute path, file:///path, https://host/path or ssh://user@host/path (user@host:path works too)',
    ],
  },
  {
    name: 'webhooks of nobody, on no port of their own',
    text: `${least}webhooks: {provider: githup, listen: {port: 9808}, proxies: [localhost], limits: {perSource: 0}}\n`,
    says: [
      'reeve.yaml:3:22: error: webhooks.provider: must be one of github, gitlab, gitea, forgejo, generic, not the text "githup"; did you mean "github"?',
      'reeve.yaml:3:45: error: webhooks.listen.port: 9808 is the port of listen, too; webhooks have a listener of their own; choose another port',
      'reeve.yaml:3:62: error: webhooks.proxies[0]: "localhost" is not allowed here; an IP address or a prefix such as 192.0.2.0/24',
      'reeve.yaml:3:94: error: webhooks.limits.perSource: 0 is too small: at least 1',
    ],
  },
  {
    name: 'proxies that are no addresses',
    text: `${least}webhooks: {provider: github, proxies: [192.0.2.300, 192.0.2.0/33, "2001:db8::/32"]}\n`,
    says: [
      'reeve.yaml:3:40: error: webhooks.proxies[0]: "192.0.2.300" is no address and no prefix',
      'reeve.yaml:3:53: error: webhooks.proxies[1]: "192.0.2.0/33" is no address and no prefix',
    ],
  },
  {
    name: 'commit statuses that would carry the token in the clear, or go nowhere',
    text: `${least}commitStatus: {provider: github, api: "http://git.example.org", repository: fleet, tokenFile: t}\n`,
    says: [
      'reeve.yaml:3:39: error: commitStatus.api: a token goes there: http is allowed only to this machine; write https://…',
      'reeve.yaml:3:77: error: commitStatus.repository: "fleet" is no repository; write owner/name',
      'reeve.yaml:3:95: error: commitStatus.tokenFile: "t" is not allowed here; File (0600) with a token that may write commit statuses, an absolute path',
    ],
  },
  {
    name: 'commit statuses for a forge that could be anywhere',
    text: `${least}commitStatus: {provider: gitea, repository: ../../admin, tokenFile: /t}\n`,
    says: [
      'reeve.yaml:3:15: error: commitStatus: of gitea the field "api" is needed; write https://HOST/api/v1',
      'reeve.yaml:3:45: error: commitStatus.repository: "../../admin" is no repository; write owner/name',
    ],
  },
  {
    name: 'hours of maintenance that never come',
    text: `${least}maintenance: [{cron: 0 25 * * *, duration: 10s, timeZone: Berlin, reason: r, hypervisor: HE1}]\n`,
    says: [
      'reeve.yaml:3:22: error: maintenance[0].cron: "0 25 * * *" is no time in a calendar (Invalid value for hour: 25); write minute, hour, day, month and weekday, for example 0 3 * * 6',
      'reeve.yaml:3:44: error: maintenance[0].duration: 10s is out of range: 60 s to 604800 s',
      'reeve.yaml:3:59: error: maintenance[0].timeZone: "Berlin" is not a time zone; write a name of the IANA database such as Europe/Berlin',
      'reeve.yaml:3:90: error: maintenance[0].hypervisor: "HE1" is not allowed here; Name of a hypervisor',
    ],
  },
  {
    name: 'an epoch that is none',
    text: `${least}epoch: 0\n`,
    says: ['reeve.yaml:3:8: error: epoch: 0 is too small: at least 1'],
  },
  {
    name: 'replicas that anybody could lead',
    text: `${least}replicas: {name: A b, lease: 1s, handOver: 1s, etcd: {endpoints: ["http://etcd1:2379", "http://127.0.0.1:2379"], certificateFile: /c, user: u}}\n`,
    says: [
      'reeve.yaml:3:18: error: replicas.name: "A b" is not allowed here; Name of this one among them: 1 to 63 characters of a-z, 0-9 and -',
      'reeve.yaml:3:30: error: replicas.lease: 1s is out of range: 2 s to 60 s',
      'reeve.yaml:3:44: error: replicas.handOver: 1s is out of range: 2 s to 86400 s',
      'reeve.yaml:3:54: error: replicas.etcd: certificateFile and keyFile belong together; write both, or neither',
      'reeve.yaml:3:54: error: replicas.etcd: user and passwordFile belong together; write both, or neither',
      'reeve.yaml:3:67: error: replicas.etcd.endpoints[0]: whoever reads or writes this way is in charge of the fleet: http is allowed only to this machine; write https://…, or plaintext: true where nobody else can listen',
    ],
  },
  {
    name: 'replicas that meet nowhere',
    text: `${least}replicas: {}\n`,
    says: ['reeve.yaml:3:11: error: replicas: the field "etcd" is missing; Where they meet'],
  },
  {
    name: 'replicas at what is no server',
    text: `${least}replicas: {etcd: {endpoints: [etcd1:2379, "https://u:p@etcd1:2379/x"]}}\n`,
    says: [
      'reeve.yaml:3:31: error: replicas.etcd.endpoints[0]: "etcd1:2379" is not allowed here; a server such as https://etcd1.example.org:2379',
      'reeve.yaml:3:43: error: replicas.etcd.endpoints[1]: "https://u:p@etcd1:2379/x" is not allowed here; a server such as https://etcd1.example.org:2379',
    ],
  },
  {
    name: 'webhooks without a provider',
    text: `${least}webhooks: {secretFile: /s}\n`,
    says: ['reeve.yaml:3:11: error: webhooks: the field "provider" is missing; Who signs'],
  },
]

/** What is odd and stops nothing. */
export const oddConfigs: readonly BadConfig[] = [
  {
    name: 'a variable of no field',
    text: least,
    environment: { REEVE_LISTEN_PROT: '1' },
    says: ['REEVE_LISTEN_PROT: warning: this variable means nothing to Reeve; did you mean "REEVE_LISTEN_PORT"?'],
  },
]
