import type { Fleet } from '../../../model/fleet.ts'
import { namesOf } from '../names.ts'
import type { Vhost } from '../places.ts'
import { serverAddress } from '../servers.ts'
import { hostPattern, type Line, template, text, word } from './language.ts'
import { socketsOf } from './listen.ts'
import { key, symbol } from './upstream.ts'

/** Says which vhost a request is of, in what follows; a client's own header of this name is taken away first. */
export const mark = 'req.http.Reeve-Vhost'
/** Statuses of our own answers; what they become is said where they are made. */
export const own = { generation: 750, vhost: 751, stranger: 752 } as const

/** When a request is this vhost's: by its names, and by where it came in, where the others listen elsewhere. */
export function conditions(vhost: Vhost, all: readonly string[]): readonly { readonly words: string; readonly rank: number }[] {
  const places = socketsOf(vhost).map(
    (socket) => `local.socket == "s${all.indexOf(all.includes(socket) ? socket : `*${socket.slice(socket.lastIndexOf(':'))}`)}"`,
  )
  const isEverywhere = new Set(places).size === all.length
  const at = isEverywhere ? [] : [places.length === 1 ? (places[0] ?? '') : `(${places.join(' || ')})`]
  const names = namesOf(vhost)
  const whole = names.filter((name) => !/^\*?\./.test(name))
  const wild = names.filter((name) => /^\*?\./.test(name))
  const byName = (some: readonly string[], rank: number) => ({ words: [...at, `req.http.host ~ ${hostPattern(some)}`].join(' && '), rank })
  return [
    ...(whole.length > 0 ? [byName(whole, 0)] : []),
    ...wild.map((name) => byName([name], 1000 - name.length)),
    ...(vhost.default ? [{ words: at[0] ?? 'true', rank: 2000 }] : []),
  ]
}

/** What becomes of a request of this vhost. */
export function receive(vhost: Vhost): readonly Line[] {
  const set: Line = [`set ${mark} = ${word(vhost.name)}`]
  if (vhost.upstream === undefined) return [set, [`return (synth(${own.vhost}, ${word(vhost.name)}))`]]
  const { realIp = true, forwardedFor = 'Replace', forwardedProto = true, request = {} } = vhost.headers ?? {}
  const header = (name: string, value: string): Line => [`set req.http.${name} = ${value}`]
  return [
    set,
    [`set req.backend_hint = d_${symbol(vhost)}.backend(${key(vhost.upstream)})`],
    ...(realIp ? [header('X-Real-IP', 'client.ip')] : []),
    ...(forwardedFor === 'Replace' ? [header('X-Forwarded-For', 'client.ip')] : []),
    ...(forwardedProto ? [header('X-Forwarded-Proto', word('http'))] : []),
    header('X-Forwarded-Host', 'req.http.host'),
    ...Object.entries(request).map(([name, value]): Line => (value ? header(name, template(value)) : [`unset req.http.${name}`])),
    ...((vhost.websockets ?? true) ? [['if (req.http.upgrade ~ "(?i)websocket")', [['return (pipe)']]] as const] : []),
  ]
}

/** What the servers are told, where it is not what varnish goes by. */
export function fetch(vhost: Vhost, fleet: Fleet): readonly Line[] {
  const [first] = vhost.upstream?.servers ?? []
  if (first === undefined || vhost.headers?.host !== 'Upstream') return []
  const host = text(serverAddress(first, fleet).replace(/:80$/, ''))
  return [[`if (bereq.http.Reeve-Vhost == ${word(vhost.name)})`, [[`set bereq.http.host = ${host}`]]]]
}

/** Headers of answers, whoever made them. */
export function answerHeaders({ headers = {}, name }: Vhost): readonly Line[] {
  const hidden = (headers.hide ?? []).map((one): Line => [`unset resp.http.${one}`])
  const set = Object.entries(headers.set ?? {}).flatMap(([one, value]): readonly Line[] =>
    value ? [[`set resp.http.${one} = ${template(value)}`]] : [],
  )
  return hidden.length + set.length === 0 ? [] : [[`if (${mark} == ${word(name)})`, [...hidden, ...set]]]
}

/** The answer of a vhost that asks nobody. */
export function answer({ name, redirect, respond }: Vhost): readonly Line[] {
  if (redirect === undefined && respond === undefined) return []
  return [[`if (resp.status == ${own.vhost} && resp.reason == ${word(name)})`, [...made(redirect, respond), ['return (deliver)']]]]
}

function made(redirect: Vhost['redirect'], respond: Vhost['respond']): readonly Line[] {
  if (redirect !== undefined) {
    const { to, status = 308, keepPath = false } = redirect
    const location = keepPath ? `${text(to.replace(/\/$/, ''))} + req.url` : text(to)
    return [...statusLine(status), [`set resp.http.Location = ${location}`], ['synthetic("")']]
  }
  const { status = 404, body = '', contentType = 'text/plain' } = respond ?? {}
  return [...statusLine(status), [`set resp.http.Content-Type = ${text(contentType)}`], [`synthetic(${text(body)})`]]
}

/** The reason phrase means nothing (RFC 9112 4), but ours would be the vhost's name. */
export function statusLine(status: number): readonly Line[] {
  return [[`set resp.status = ${status}`], ['set resp.reason = "Answer"']]
}
