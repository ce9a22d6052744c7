import { isAddress, isBareName } from './address.ts'
import { encoded } from './encode.ts'
import { type Mailbox, mailboxesOf } from './mailboxes.ts'
import { type Field, isNamed, type Message } from './message.ts'
import type { Revalias } from './revaliases.ts'

/** A message with its envelope, ready for the hub. */
export interface Letter {
  /** Envelope sender; empty: none, so that nothing is ever sent back. */
  readonly from: string
  readonly to: readonly string[]
  /** The hub that revaliases names for this user, tried first. */
  readonly hub?: { readonly host: string; readonly port: number }
}

/** Who hands a message in, and how. */
export interface Submission {
  readonly message: Message
  readonly login: string
  readonly uid: number
  /** Of the passwd entry: the first field of gecos. */
  readonly fullName: string
  /** Arguments, and with -t the header's as well. */
  readonly recipients: readonly string[]
  readonly readsHeader: boolean
  /** -f */
  readonly sender?: string
  /** -F */
  readonly senderName?: string
}

/** What ssmtp.conf and revaliases ask for. */
export interface LetterRules {
  /** Domain for bare names: RewriteDomain, or the host's name. */
  readonly domain: string
  readonly hostname: string
  readonly root?: string
  readonly fromLineOverride: boolean
  readonly aliases: readonly Revalias[]
  readonly addedHeaders: readonly string[]
  /** Users with uid up to 999: their mail is root's. */
  isSystemUser(name: string): boolean
}

/** The hour, and a name for the message. */
export interface Postmark {
  readonly nowSeconds: number
  readonly id: string
}

export type LetterMade =
  | { readonly ok: true; readonly letter: Letter; readonly message: Message; readonly subject: string }
  | { readonly ok: false; readonly status: 'noRecipient' | 'badAddress'; readonly reason: string }

/** Envelope and final header of a submitted message. Pure. */
export function makeLetter(submission: Submission, rules: LetterRules, postmark: Postmark): LetterMade {
  const odd = [...submission.recipients, submission.sender ?? ''].find((one) => /[\0-\x1f\x7f]/.test(one))
  if (odd !== undefined) return { ok: false, status: 'badAddress', reason: `${shown(odd)} is no mail address` }
  const given = recipientsOf(submission)
  if (given.length === 0) return { ok: false, status: 'noRecipient', reason: noRecipient(submission) }
  const to = [...new Set(given.map((one) => routed(one, rules)))]
  const sender = senderOf(submission, rules)
  const bad = [...(sender === '' ? [] : [sender]), ...to].find((one) => !isAddress(one))
  if (bad !== undefined) return { ok: false, status: 'badAddress', reason: `${shown(bad)} is no mail address` }
  const alias = rules.aliases.find(({ local }) => local === submission.login)
  const message = encoded({ fields: fieldsOf(submission, rules, postmark, sender), body: submission.message.body })
  const subject = submission.message.fields.find((field) => isNamed(field, 'subject'))?.value ?? ''
  const letter = { from: sender, to, ...(alias?.hub === undefined ? {} : { hub: alias.hub }) }
  return { ok: true, letter, message, subject: subject.replace(/\s+/g, ' ').trim().slice(0, 200) }
}

function noRecipient({ readsHeader }: Submission): string {
  return readsHeader
    ? 'no recipients: neither To, Cc or Bcc nor an argument names one'
    : 'no recipients; name them, or use -t to take them from the header'
}

/** Arguments and header together, as sendmail(8) has it; of a message sent on, the Resent fields alone. */
function recipientsOf({ recipients, readsHeader, message }: Submission): readonly string[] {
  const named = recipients.flatMap((one) => mailboxesOf(one)).map(({ address }) => address)
  if (!readsHeader) return named
  const isResent = message.fields.some((field) => isNamed(field, 'resent-to', 'resent-cc', 'resent-bcc'))
  const names = isResent ? ['resent-to', 'resent-cc', 'resent-bcc'] : ['to', 'cc', 'bcc']
  return [
    ...named,
    ...message.fields.filter((field) => isNamed(field, ...names)).flatMap(({ value }) => mailboxesOf(value).map(({ address }) => address)),
  ]
}

/** A bare name gets a domain; that of a system user is root's mail. */
function routed(address: string, { root, isSystemUser, domain }: LetterRules): string {
  if (!isBareName(address) || address.includes('@')) return address
  if (root !== undefined && isSystemUser(address)) return isBareName(root) ? `${root}@${domain}` : root
  return `${address}@${domain}`
}

/** -f, then the header where FromLineOverride says so, then revaliases, then user@domain. */
function senderOf({ sender, login, message }: Submission, rules: LetterRules): string {
  if (sender === '' || sender === '<>') return ''
  const said = sender === undefined ? undefined : (mailboxesOf(sender)[0]?.address ?? sender)
  if (said !== undefined) return asSender(said, rules)
  const from = message.fields.find((field) => isNamed(field, 'from'))
  const header = from === undefined ? undefined : mailboxesOf(from.value)[0]?.address
  return asSender(rules.fromLineOverride && header ? header : login, rules)
}

function asSender(name: string, { aliases, domain }: LetterRules): string {
  if (!isBareName(name)) return name
  return aliases.find(({ local }) => local === name)?.from ?? `${name}@${domain}`
}

/** Not for others' eyes, or not for us to say. As Postfix's message_drop_headers. */
const dropped = ['bcc', 'resent-bcc', 'return-path', 'content-length']
const senders = ['from', 'sender', 'reply-to', 'resent-from', 'resent-sender']
const receivers = ['to', 'cc', 'resent-to', 'resent-cc']

function fieldsOf(submission: Submission, rules: LetterRules, { nowSeconds, id }: Postmark, sender: string): readonly Field[] {
  const { message, uid, login } = submission
  const kept = message.fields.filter((field) => !isNamed(field, ...dropped))
  const has = (name: string) => kept.some((field) => isNamed(field, name))
  const date = rfc5322(nowSeconds)
  const from = sender === '' ? asSender(login, rules) : sender
  return [
    { name: 'Received', value: ` by ${rules.hostname} (Reeve, from userid ${uid})\n\tid ${id}; ${date}` },
    ...kept.map((field) => (isNamed(field, ...senders, ...receivers) ? qualified(field, rules) : field)),
    ...(has('from') ? [] : [{ name: 'From', value: ` ${named(submission, from)}` }]),
    ...(has('date') ? [] : [{ name: 'Date', value: ` ${date}` }]),
    ...(has('message-id') ? [] : [{ name: 'Message-ID', value: ` <${id}@${rules.hostname}>` }]),
    ...rules.addedHeaders.map((line) => ({ name: line.slice(0, line.indexOf(':')), value: line.slice(line.indexOf(':') + 1) })),
  ]
}

function named({ senderName, fullName }: Submission, address: string): string {
  const text = (senderName ?? fullName).replaceAll(/[\0-\x1f\x7f]/g, ' ').trim()
  // In a message each byte is a character.
  const name = Buffer.from(text).toString('latin1')
  return name === '' ? address : `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`
}

/** Bare names get their domain in the header too, as Postfix does; all else stays as it was written. */
function qualified(field: Field, rules: LetterRules): Field {
  const isSender = isNamed(field, ...senders)
  const bare = mailboxesOf(field.value).filter(({ address }) => isBareName(address))
  const value = bare.reduceRight((text, box) => replaced(text, box, isSender, rules), field.value)
  return { name: field.name, value }
}

function replaced(text: string, { address, start, end }: Mailbox, isSender: boolean, rules: LetterRules): string {
  const full = isSender ? asSender(address, rules) : `${address}@${rules.domain}`
  return `${text.slice(0, start)}${full}${text.slice(end)}`
}

/** `Sun, 22 Nov 2026 16:37:42 +0000`. */
export function rfc5322(seconds: number): string {
  return new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')
}

/** On one line, cut. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

/** As SMTP carries it, line ends aside. */
export function bytesOf({ fields, body }: Message): Buffer {
  const header = fields.map(({ name, value }) => `${name}:${value}\n`).join('')
  return Buffer.from(`${header}\n${body}${body === '' || body.endsWith('\n') ? '' : '\n'}`, 'latin1')
}
