import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { Placement } from '../../../controller/model/target.ts'
import { mergeTrees, type TreeSpec } from '../../../controller/primitives/tree/spec.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'

/** A folder with what nginx reads and writes; gone when disposed. */
export interface Site extends Disposable {
  readonly folder: string
  path(name: string): string
}

export function makeSite(files: Readonly<Record<string, string>> = {}): Site {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-nginx-'))
  const path = (name: string) => join(folder, name)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(path(name), text)
  }
  return { folder, path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A self-signed certificate, `NAME.crt` and `NAME.key`, as openssl makes it. */
export function makeCertificate(site: Site, name: string, days = 90, names: readonly string[] = []): void {
  const files = ['-keyout', site.path(`${name}.key`), '-out', site.path(`${name}.crt`)]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const more = names.length === 0 ? [] : ['-addext', `subjectAltName=${names.map((one) => `DNS:${one}`).join(',')}`]
  execFileSync('openssl', ['req', '-x509', ...key, '-days', String(days), '-subj', `/CN=${name}`, ...more, ...files], { stdio: 'ignore' })
}

/** Files of the tree that all Proxies of this fleet want. */
export function treeOf(yaml: string): Readonly<Record<string, string>> {
  const fleet = fleetOf(yaml)
  const found = complaints(fleet, 'Proxy')
  if (found.length > 0) throw new Error(found.join('\n'))
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  const trees = specs.filter((spec): spec is TreeSpec => spec.type === 'tree')
  const tree = trees.reduce((one, other) => {
    const both = mergeTrees(one, other)
    if (typeof both === 'string') throw new Error(both)
    return both
  })
  return Object.fromEntries(Object.entries(tree.files).map(([name, { content }]) => [name, String(content)]))
}

/** nginx.conf that loads this tree, and nothing of this machine. */
export function writeConfig(site: Site, tree: Readonly<Record<string, string>>): string {
  mkdirSync(site.path('reeve'), { recursive: true })
  for (const [name, text] of Object.entries(tree)) writeFileSync(site.path(`reeve/${name}`), text)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${site.path(one)};`).join(' ')
  const main = `daemon off; user root; worker_processes 1; pid ${site.path('nginx.pid')}; error_log ${site.path('error.log')} notice;
events { worker_connections 256; }
http { access_log off; ${temporary} include ${site.path('reeve')}/*.conf; }
`
  writeFileSync(site.path('nginx.conf'), main)
  return site.path('nginx.conf')
}

/** Runs the real nginx in the foreground until it is disposed. */
export async function startNginx(site: Site, tree: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  const config = writeConfig(site, tree)
  const child = spawn('nginx', ['-c', config, '-e', site.path('error.log')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  const log = () => said + readFileSync(site.path('error.log'), { encoding: 'utf8', flag: 'a+' })
  while (!log().includes('start worker process ')) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${log()}`)
    await setTimeout(20)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

export interface Question {
  /** Default the loopback's. */
  readonly address?: string
  readonly port: number
  readonly host: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent with POST. */
  readonly body?: string
  readonly tls?: { readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly protocol?: string | null
  /** Name in the certificate that was shown. */
  readonly certificate?: string
}

/** Asks once; rejects where it closes the connection. */
export function ask({ address = '127.0.0.1', port, host, path = '/', headers = {}, body: sent, tls }: Question): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const method = sent === undefined ? 'GET' : 'POST'
  const where = { host: address, port, path, method, headers: { host, ...headers }, agent: false }
  const secure = { ...where, servername: host, rejectUnauthorized: false, ...tls }
  const asked = tls ? requestTls(secure) : request(where)
  asked.once('error', reject)
  asked.once('response', (answer) => {
    const socket = answer.socket as TLSSocket
    const shown = tls ? { protocol: socket.getProtocol(), certificate: socket.getPeerCertificate().subject.CN?.toString() ?? '' } : {}
    let body = ''
    answer.setEncoding('utf8').on('data', (text: string) => (body += text))
    answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, ...shown }))
  })
  asked.end(sent)
  return promise
}
