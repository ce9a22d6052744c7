import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Site } from './local-nginx.ts'

/** An HTTPS server that tells its name and the one that it was asked for, with a certificate of this site. */
export async function startSecure(site: Site, name: string): Promise<{ readonly port: number; readonly server: Server }> {
  const [key, cert] = ['key', 'crt'].map((end) => readFileSync(site.path(`${name}.${end}`)))
  const server = createServer({ key, cert }, (request, response) => {
    const { servername } = request.socket as unknown as { readonly servername: string }
    response.end(JSON.stringify({ name, servername, host: request.headers.host }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, server }
}

/** `ca.crt` and a certificate of it (`NAME.crt` with the authority's behind it), whose state is asked for at this port. */
export function makeAuthority(site: Site, name: string, port: number): void {
  const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-days', '30', '-subj', '/CN=authority', '-keyout', site.path('ca.key'), '-out', site.path('ca.crt'))
  openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', site.path(`${name}.key`), '-out', site.path(`${name}.csr`))
  writeFileSync(site.path('more.cnf'), `authorityInfoAccess=OCSP;URI:http://127.0.0.1:${port}\n`)
  const signed = [
    '-CA',
    site.path('ca.crt'),
    '-CAkey',
    site.path('ca.key'),
    '-set_serial',
    '4660',
    '-days',
    '30',
    '-extfile',
    site.path('more.cnf'),
  ]
  const own = openssl('x509', '-req', '-in', site.path(`${name}.csr`), ...signed)
  writeFileSync(site.path(`${name}.crt`), own + readFileSync(site.path('ca.crt'), 'utf8'))
  writeFileSync(site.path('index.txt'), `V\t491231235959Z\t\t1234\tunknown\t/CN=${name}\n`)
}

/** The authority's responder (openssl-ocsp(1)), until it is disposed. It takes one connection at a time, and waits for ever on one that asks nothing. */
export async function startResponder(site: Site, port: number): Promise<AsyncDisposable> {
  const signer = ['-CA', site.path('ca.crt'), '-rsigner', site.path('ca.crt'), '-rkey', site.path('ca.key')]
  const words = ['ocsp', '-index', site.path('index.txt'), '-port', String(port), ...signer]
  const child = spawn('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  while (!said.includes('waiting for OCSP client connections')) {
    if (child.exitCode !== null) throw new Error(`openssl ocsp ended: ${said}`)
    await setTimeout(20)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
