import { describe, expect, it } from 'vitest'
import { readRevaliases } from '../../controller/mail/revaliases.ts'
import { readSsmtpConf } from '../../controller/mail/ssmtpConf.ts'
import type { Diagnostic } from '../../controller/model/manifest.ts'
import { formatDiagnostics } from '../../controller/report/diagnostics.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { badAliases, badConfs, oddConfs } from './conf.cases.ts'

const told = (diagnostics: readonly Diagnostic[]) => formatDiagnostics(diagnostics, { format: 'text' }).trimEnd().split('\n')

describe('an ssmtp.conf', () => {
  it.each(badConfs)('is refused at its line for $name', ({ text, says }) => {
    const reading = readSsmtpConf('ssmtp.conf', text)
    expect(told(reading.diagnostics)).toEqual(says)
    expect(reading.status).toBe('invalid')
  })

  it.each(oddConfs)('is taken with a warning, or none, for $name', ({ text, says }) => {
    const reading = readSsmtpConf('ssmtp.conf', text)
    expect(told(reading.diagnostics)).toEqual(says)
    expect(reading.status).toBe('valid')
  })

  it('means all of what its keys say', () => {
    const text = `Root=ops@foo.bar
MailHub=one.foo.bar
RemotePort=587
FallbackMailHub=two.foo.bar:25
HostName=box.foo.bar
RewriteDomain=x@foo.bar
FromLineOverride=yes
UseTLS=Yes
UseSTARTTLS=YES
UseTLSCert=YES
TLSCert=/c.pem
TLSKey=/k.pem
TLS_CA_File=/ca.pem
TLS_CA_Dir=/cas
AuthUser=me
AuthPass=Xyzzy
AuthMethod=CRAM-MD5
UseOldAUTH=YES
AddHeader=X-One: two words
AddHeader=X-Three: 3
`
    const reading = readSsmtpConf('ssmtp.conf', text)
    expect(reading).toEqual({
      status: 'valid',
      diagnostics: [],
      conf: {
        root: 'ops@foo.bar',
        mailhubs: [
          { host: 'one.foo.bar', port: 587 },
          { host: 'two.foo.bar', port: 25 },
        ],
        hostname: 'box.foo.bar',
        rewriteDomain: 'foo.bar',
        fromLineOverride: true,
        tls: 'starttls',
        certificateFile: '/c.pem',
        keyFile: '/k.pem',
        authorityFile: '/ca.pem',
        authorityFolder: '/cas',
        auth: { user: 'me', password: expect.any(Secret), method: 'CRAM-MD5' },
        addedHeaders: ['X-One: two words', 'X-Three: 3'],
      },
    })
    expect(JSON.stringify(reading)).not.toContain('Xyzzy')
  })

  it('has the defaults of ssmtp, and its default certificate', () => {
    expect(readSsmtpConf('ssmtp.conf', 'mailhub=[::1]\nUseTLSCert=YES\n')).toMatchObject({
      conf: { root: 'postmaster', mailhubs: [{ host: '::1', port: 25 }], tls: 'none', certificateFile: '/etc/ssl/certs/ssmtp.pem' },
    })
  })
})

describe('a revaliases', () => {
  it.each(badAliases)('says at its line: $name', ({ text, says, rules = { tls: 'implicit', port: 465 } }) => {
    const reading = readRevaliases('revaliases', text, { ...rules, users: ['root', 'www-data'] })
    expect(told(reading.diagnostics)).toEqual(says)
  })
})
