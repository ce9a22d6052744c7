import type { RevaliasesRules } from '../../controller/mail/revaliases.ts'

/** An ssmtp.conf, and every finding word for word. */
export interface ConfCase {
  readonly name: string
  readonly text: string
  readonly says: readonly string[]
  /** Of a revaliases: what ssmtp.conf says. */
  readonly rules?: RevaliasesRules
}

const hub = 'MailHub=smtp.foo.bar:465\nUseTLS=YES\n'

export const badConfs: readonly ConfCase[] = [
  {
    name: 'an empty file',
    text: '',
    says: ['ssmtp.conf: error: MailHub is missing; ssmtp would send to whatever host is named mailhub; write MailHub=HOST:PORT'],
  },
  {
    name: 'a password with # in it',
    text: `${hub}AuthUser=me\nAuthPass=p#ss\n`,
    says: [
      'ssmtp.conf:4:11: error: AuthPass: ssmtp ends this value at "#"; write the password alone into a file that root may read, and its path as AuthPassFile=',
    ],
  },
  {
    name: 'a password with # at its beginning',
    text: `${hub}AuthUser=me\nAuthPass=#ss\n`,
    says: [
      'ssmtp.conf:3:10: error: AuthUser: AuthUser needs a password; write AuthPass= or AuthPassFile= too',
      'ssmtp.conf:4:1: warning: AuthPass: there is no value, and the line means nothing; take it out',
      'ssmtp.conf:4:10: error: AuthPass: ssmtp ends this value at "#"; write the password alone into a file that root may read, and its path as AuthPassFile=',
    ],
  },
  {
    name: 'a password with = in it',
    text: `${hub}AuthUser=me\nAuthPass=ab=cd\n`,
    says: [
      'ssmtp.conf:4:12: error: AuthPass: ssmtp ends this value at "="; write the password alone into a file that root may read, and its path as AuthPassFile=',
    ],
  },
  {
    name: 'a password with a blank in it',
    text: `${hub}AuthUser=me\nAuthPass=two words\n`,
    says: [
      'ssmtp.conf:4:13: error: AuthPass: ssmtp ends this value at a blank; write the password alone into a file that root may read, and its path as AuthPassFile=',
    ],
  },
  {
    name: 'a password in quotes, which stay in it, with a tab',
    text: `${hub}AuthUser=me\nAuthPass="two\twords"\n`,
    says: [
      'ssmtp.conf:4:14: error: AuthPass: ssmtp ends this value at a tab; write the password alone into a file that root may read, and its path as AuthPassFile=',
    ],
  },
  {
    name: 'a comment behind a password',
    text: `${hub}AuthUser=me\nAuthPass=word # mine\n`,
    says: [
      'ssmtp.conf:4:14: error: AuthPass: ssmtp ends this value at "#"; write the password alone into a file that root may read, and its path as AuthPassFile=',
    ],
  },
  {
    name: 'a password without a user',
    text: `${hub}AuthPass=word\n`,
    says: ['ssmtp.conf:3:10: error: AuthPass: a password means nothing without AuthUser; write AuthUser too'],
  },
  {
    name: 'two passwords',
    text: `${hub}AuthUser=me\nAuthPass=word\nAuthPassFile=/p\n`,
    says: ['ssmtp.conf:5:14: error: AuthPassFile: the password stands in line 4 too; leave one of them'],
  },
  {
    name: 'a password over a plain connection',
    text: 'MailHub=smtp.foo.bar\nAuthUser=me\nAuthPass=word\n',
    says: [
      'ssmtp.conf:2:10: error: AuthUser: refusing to send a password without TLS; ssmtp would; write UseTLS=YES (465), or UseSTARTTLS=YES (587)',
    ],
  },
  {
    name: 'a password over a plain connection to the second server alone',
    text: 'MailHub=127.0.0.1\nFallbackMailHub=smtp.foo.bar\nAuthUser=me\nAuthPass=word\n',
    says: [
      'ssmtp.conf:3:10: error: AuthUser: refusing to send a password without TLS; ssmtp would; write UseTLS=YES (465), or UseSTARTTLS=YES (587)',
    ],
  },
  {
    name: 'another method',
    text: `${hub}AuthUser=me\nAuthPass=word\nAuthMethod=plain\n`,
    says: ['ssmtp.conf:5:12: error: AuthMethod: ssmtp knows LOGIN and CRAM-MD5, not "plain"; take it out: Reeve asks the server'],
  },
  {
    name: 'port 465 without TLS',
    text: 'MailHub=smtp.foo.bar:465\n',
    says: [
      'ssmtp.conf:1:9: error: MailHub: port 465 speaks TLS from the first byte, and ssmtp does not by itself; write UseTLS=YES, and no UseSTARTTLS',
    ],
  },
  {
    name: 'port 465 with STARTTLS, by RemotePort',
    text: 'MailHub=smtp.foo.bar\nRemotePort=465\nUseTLS=YES\nUseSTARTTLS=YES\n',
    says: [
      'ssmtp.conf:1:9: error: MailHub: port 465 speaks TLS from the first byte, and ssmtp does not by itself; write UseTLS=YES, and no UseSTARTTLS',
    ],
  },
  {
    name: 'port 587 with TLS from the first byte',
    text: 'MailHub=smtp.foo.bar:587\nUseTLS=YES\n',
    says: ['ssmtp.conf:1:9: error: MailHub: port 587 speaks TLS only after STARTTLS; write UseSTARTTLS=YES too'],
  },
  {
    name: 'STARTTLS that a later line switches off',
    text: 'MailHub=smtp.foo.bar:587\nUseSTARTTLS=YES\nUseTLS=NO\n',
    says: ['ssmtp.conf:3:8: error: UseTLS: UseTLS=NO switches the STARTTLS of line 2 off again, without a word; write UseTLS=YES'],
  },
  {
    name: 'words that ssmtp takes for NO',
    text: 'MailHub=smtp.foo.bar\nUseTLS=true\nFromLineOverride=1\n',
    says: [
      'ssmtp.conf:2:8: error: UseTLS: ssmtp knows YES alone and takes "true" for NO; write YES or NO',
      'ssmtp.conf:3:18: error: FromLineOverride: ssmtp knows YES alone and takes "1" for NO; write YES or NO',
    ],
  },
  {
    name: 'a misspelt key',
    text: `${hub}UseSTARTLS=YES\n`,
    says: ['ssmtp.conf:3:1: error: UseSTARTLS: no key of ssmtp, which passes over it; did you mean "UseSTARTTLS"?'],
  },
  {
    name: 'a line without =',
    text: `${hub}hostname box.foo.bar\n`,
    says: ['ssmtp.conf:3:1: error: there is no "=" in this line, and ssmtp passes over it; write key=value, or # before a comment'],
  },
  {
    name: 'two words in a value',
    text: `${hub}hostname=box foo\n`,
    says: ['ssmtp.conf:3:13: error: hostname: ssmtp ends this value at a blank; it reads only "box"; ssmtp.conf knows no quotes'],
  },
  {
    name: 'names and ports that are none',
    text: 'MailHub=smtp/foo:99999\nRemotePort=smtp\nHostName=-\nRewriteDomain=foo..bar\nRoot=a,b\nFallbackMailHub=:25\n',
    says: [
      'ssmtp.conf:1:9: error: MailHub: "smtp/foo:99999" is no HOST or HOST:PORT',
      'ssmtp.conf:2:12: error: RemotePort: "smtp" is no port; write 25, 465 or 587',
      'ssmtp.conf:3:10: error: HostName: "-" is no domain; write one, such as example.org',
      'ssmtp.conf:4:15: error: RewriteDomain: "foo..bar" is no domain; write one, such as example.org',
      'ssmtp.conf:5:6: error: Root: "a,b" is no mail address; write one, such as ops@example.org',
      'ssmtp.conf:6:17: error: FallbackMailHub: ":25" is no HOST or HOST:PORT',
    ],
  },
  {
    name: 'paths that are none',
    text: `${hub}TLS_CA_File=ca.pem\n`,
    says: ['ssmtp.conf:3:13: error: TLS_CA_File: a path must begin with /'],
  },
  {
    name: 'a header that is none',
    text: `${hub}AddHeader=no colon\n`,
    says: ['ssmtp.conf:3:11: error: AddHeader: "no colon" is no header line; write AddHeader=Name: value, in ASCII'],
  },
  {
    name: 'a NUL byte',
    text: 'MailHub=a\0b\n',
    says: [
      'ssmtp.conf: error: a NUL byte; this is no text file',
      'ssmtp.conf: error: MailHub is missing; ssmtp would send to whatever host is named mailhub; write MailHub=HOST:PORT',
    ],
  },
]

export const oddConfs: readonly ConfCase[] = [
  {
    name: 'a whole one',
    text: `# mine\n\n\t${hub}root=ops@foo.bar\nrewriteDomain=foo.bar # ours\nAuthUser=me\nAuthPass=word\n`,
    says: [''],
  },
  {
    name: 'a last line without its end',
    text: 'UseTLS=YES\nMailHub=smtp.foo.bar:465',
    says: ['ssmtp.conf:2:1: warning: the last line has no line feed, and ssmtp itself would not read it; end it with one'],
  },
  {
    name: 'lines of DOS',
    text: 'UseTLS=YES\r\nMailHub=smtp.foo.bar:465\n',
    says: [
      'ssmtp.conf:1:11: warning: lines end with a carriage return, which ssmtp would take for a part of the value; write the file with line feeds alone (dos2unix)',
    ],
  },
  {
    name: 'a key that is said twice',
    text: `${hub}mailhub=other.foo.bar:465\n`,
    says: ['ssmtp.conf:3:1: warning: mailhub: said in line 1 too; the last one counts; leave one'],
  },
  {
    name: 'a key of nobody',
    text: `${hub}Zzyzx=1\n`,
    says: ['ssmtp.conf:3:1: warning: Zzyzx: no key of ssmtp, which passes over it'],
  },
  {
    name: 'a comment glued to a value',
    text: `${hub}hostname=box#mine\n`,
    says: ['ssmtp.conf:3:13: warning: hostname: ssmtp ends this value at "#"; it reads only "box"; ssmtp.conf knows no quotes'],
  },
  {
    name: 'Debug',
    text: `${hub}Debug=YES\n`,
    says: [
      'ssmtp.conf:3:7: warning: Debug: Reeve does not log the dialogue; reeve sendmail -v shows what the server says; take the line out',
    ],
  },
  {
    name: 'an empty line of a key that needs a value',
    text: `${hub}AuthUser=\n`,
    says: ['ssmtp.conf:3:1: warning: AuthUser: there is no value, and the line means nothing; take it out'],
  },
  { name: 'root that is nobody on purpose', text: `${hub}root=\n`, says: [''] },
]

/** A revaliases beside a conf with TLS from the first byte on 465, where root and www-data are users. */
export const badAliases: readonly ConfCase[] = [
  {
    name: 'the format that a recipe gives',
    text: 'root:smtp.foo.bar:465\n',
    says: [
      'revaliases:1:6: error: root: "smtp.foo.bar" is no mail address; the address to send from comes before the mail server: root:USER@DOMAIN:smtp.foo.bar',
    ],
  },
  { name: 'no colon', text: 'root\n', says: ['revaliases:1:1: error: this line is no alias; write LOCALUSER:ADDRESS[:MAILHUB[:PORT]]'] },
  {
    name: 'no address',
    text: 'root:\n',
    says: ['revaliases:1:6: error: root: "" is no mail address; write LOCALUSER:ADDRESS[:MAILHUB[:PORT]]'],
  },
  {
    name: 'an address with a line of SMTP in it',
    text: 'root:a@b\rRCPT TO<x@y>:hub\n',
    says: ['revaliases:1:6: error: root: "a@b\\rRCPT TO<x@y>" is no mail address; write LOCALUSER:ADDRESS[:MAILHUB[:PORT]]'],
  },
  {
    name: 'a server that is none',
    text: 'root:a@foo.bar:h/x:465\n',
    says: ['revaliases:1:16: error: root: "h/x" is no mail server; write LOCALUSER:ADDRESS[:MAILHUB[:PORT]]'],
  },
  {
    name: 'too many colons',
    text: 'root:a@foo.bar:::1:25\n',
    says: ['revaliases:1:16: error: root: too many colons; an IPv6 address has no place here; write LOCALUSER:ADDRESS[:MAILHUB[:PORT]]'],
  },
  {
    name: 'a port of another sort of TLS',
    text: 'root:a@foo.bar:hub:587\n',
    says: ['revaliases:1:16: error: root: port 587 speaks TLS only after STARTTLS; TLS is as ssmtp.conf says; write UseSTARTTLS=YES too'],
  },
  {
    name: 'a user twice',
    text: 'root:a@foo.bar\n# more\nroot:b@foo.bar\n',
    says: ['revaliases:3:1: error: root: this user stands in line 1 already, and ssmtp reads that one; leave one'],
  },
  {
    name: 'a user that is none here',
    text: 'nosuch:a@foo.bar\n',
    says: ['revaliases:1:1: warning: nosuch: there is no such user on this machine; the line means nothing until there is'],
  },
  {
    name: 'a server that would get the password in the clear',
    text: 'root:a@foo.bar:localhost\nwww-data:w@foo.bar:smtp.foo.bar:25\n',
    rules: { tls: 'none', port: 25, hasPassword: true },
    says: [
      'revaliases:2:20: error: www-data: refusing to send the password of ssmtp.conf without TLS to "smtp.foo.bar"; write UseTLS=YES (465), or UseSTARTTLS=YES (587) in ssmtp.conf',
    ],
  },
  { name: 'nothing wrong', text: '# mine\nroot:a@foo.bar:hub\nwww-data:w@foo.bar:hub:465 # web\n', says: [''] },
]
