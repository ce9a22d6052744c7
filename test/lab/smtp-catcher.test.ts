import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SmtpCatcher, startSmtpCatcher } from './smtp-catcher.ts'

describe('the SMTP catcher', () => {
  let catcher: SmtpCatcher
  const seen: string[] = []

  beforeEach(async () => {
    seen.length = 0
    catcher = await startSmtpCatcher({ onMail: (mail) => seen.push(mail.headers.subject ?? '') })
  })
  afterEach(() => catcher[Symbol.asyncDispose]())

  test('keeps envelope, headers and body, and tells at once', async () => {
    await send(catcher.port, 'disk fails')
    expect(seen).toEqual(['disk fails'])
    expect(catcher.mails).toHaveLength(1)
    expect(catcher.mails[0]).toMatchObject({
      from: 'reeve@example.org',
      to: ['ops@example.org'],
      headers: { subject: 'disk fails', to: 'ops@example.org' },
    })
    expect(catcher.mails[0]?.body).toContain('sda has errors')
  })

  test('answers the code it was told, and takes mail again after', async () => {
    await catcher.setMode(451)
    await expect(send(catcher.port, 'first')).rejects.toMatchObject({ responseCode: 451 })
    await catcher.setMode(550)
    await expect(send(catcher.port, 'second')).rejects.toMatchObject({ responseCode: 550 })
    await catcher.setMode('accept')
    await send(catcher.port, 'third')
    expect(seen).toEqual(['third'])
  })

  test('is down, and up again on the same port', async () => {
    await catcher.setMode('down')
    await expect(send(catcher.port, 'lost')).rejects.toMatchObject({ code: 'ESOCKET' })
    await catcher.setMode('accept')
    const waiting = catcher.waitFor((mail) => mail.headers.subject === 'back', 5_000)
    await send(catcher.port, 'back')
    await expect(waiting).resolves.toMatchObject({ from: 'reeve@example.org' })
  })

  test('names what it caught where the mail waited for does not come', async () => {
    await send(catcher.port, 'other')
    await expect(catcher.waitFor((mail) => mail.headers.subject === 'missing', 50)).rejects.toThrow('mails caught: other')
  })

  test('asks for a login where it has one', async () => {
    await using strict = await startSmtpCatcher({ login: { user: 'reeve', password: 'secret' } })
    await expect(send(strict.port, 'anonymous')).rejects.toThrow()
    await send(strict.port, 'known', { user: 'reeve', pass: 'secret' })
    expect(strict.mails).toHaveLength(1)
  })
})

async function send(port: number, subject: string, auth?: { readonly user: string; readonly pass: string }): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true, ...(auth ? { auth } : {}) })
  await transport.sendMail({ from: 'reeve@example.org', to: 'ops@example.org', subject, text: 'sda has errors' })
}
