import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NetworkProbe, Spec } from '../../../controller/model/primitive.ts'
import type { Placement } from '../../../controller/model/target.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { bootMachine, type Machine } from '../../machine/machine.ts'
import type { Run } from '../../machine/shell.ts'
import { carryOut, type Item, known, stepsFor, undo } from '../../machine/transaction.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { containers, proxyOf } from './fleets.ts'

let machine: Machine
let run: Run
let times = 0

/** Says which headers it was asked with, on the address of the container behind the proxy. */
const backend = `import http.server
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ''.join('%s: %s\\n' % one for one in self.headers.items()) + self.path
        self.send_response(200); self.end_headers(); self.wfile.write(body.encode())
http.server.HTTPServer(('192.168.9.3', 8081), Echo).serve_forever()
`

beforeAll(async () => {
  machine = await bootMachine()
  run = machine.run
  await run(`ip address add 192.168.9.2/24 dev lo; ip address add 192.168.9.3/24 dev lo
cat > /backend.py <<'PY'\n${backend}PY
systemd-run -q --unit backend python3 /backend.py
echo "the distribution's page" > /var/www/html/index.html
systemd-run -q --unit squatter python3 -m http.server -b 0.0.0.0 9090`)
})
afterAll(() => machine[Symbol.asyncDispose]())

/** nginx's old workers answer for a while after a reload; its master tries for 2.5 seconds to bind a port that is held, and takes no reload meanwhile. */
function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: 10_000 })
}

function itemsOf(yaml: string): readonly Item[] {
  const fleet = fleetOf(yaml)
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  return specs.filter(({ type }) => type !== 'package').map((spec) => ({ primitive: primitiveOf(spec), spec }))
}

function primitiveOf(spec: Spec) {
  const primitive = primitives.find(({ type }) => type === spec.type)
  if (!primitive) throw new Error(`no primitive ${spec.type}`)
  return primitive
}

async function apply(yaml: string) {
  const steps = await stepsFor(itemsOf(yaml), run)
  const before = `/var/lib/reeve/before-${++times}`
  return { steps, before, result: await carryOut(steps, before, run) }
}

/** Asks as the controller does. */
async function proof(yaml: string): Promise<boolean> {
  const service = itemsOf(yaml).find(({ spec }) => spec.type === 'service')?.spec as ServiceSpec
  const [probe] = service.prove as readonly Extract<NetworkProbe, { type: 'http' }>[]
  if (!probe) throw new Error('nothing proves it')
  const answer = await ask(probe.hostHeader, probe.path, `${probe.host}:${probe.port}`)
  return answer === probe.expectBody
}

async function ask(host: string, path = '/', at = '192.168.9.2:80'): Promise<string> {
  const answer = await run(`wget -q -T 3 -t 1 -O- --header ${quote(`Host: ${host}`)} ${quote(`http://${at}${path}`)} || echo "failed $?"`)
  return answer.stdout
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

const proxied = proxyOf('[{name: app, serverNames: [app.example.com], upstream: {servers: [{container: web, port: 8081}]}}]')

test('a proxy is served from nothing, proven by its own generation, and then there is nothing to do', async () => {
  const yaml = containers + proxied
  expect((await apply(yaml)).result).toMatchObject({ status: 'done' })
  await eventually(() => proof(yaml)).toBe(true)
  const answer = await ask('app.example.com', '/x%2Fy?q=1')
  expect(answer).toContain('Host: app.example.com\n')
  expect(answer).toContain('X-Forwarded-For: 192.168.9.2\n')
  expect(answer).toContain('/x%2Fy?q=1')
  for (const { primitive, spec } of itemsOf(yaml)) {
    expect(primitive.diff(spec, await known(primitive, spec, run), undefined)).toEqual({ status: 'same' })
  }
})

test('a stranger is refused', async () => {
  expect(await ask('stranger.example.com')).toMatch(/^failed/)
})

test('what an untrusted client says of itself is not passed on', async () => {
  const answer = await run("wget -qO- --header 'Host: app.example.com' --header 'X-Forwarded-For: 6.6.6.6' http://192.168.9.2/")
  expect(answer.stdout).not.toContain('6.6.6.6')
})

test('a second proxy on the same target joins, and both prove themselves', async () => {
  const yaml = `${containers}${proxied}${proxyOf('[{name: two, serverNames: [two.example.com], respond: {status: 200, body: "Hello World!"}}]', '', 'other')}`
  const both = itemsOf(yaml)
  const merged = [...new Set(both.map(({ spec }) => spec.id))].map((id): Item => {
    const same = both.filter(({ spec }) => spec.id === id)
    const [first] = same
    if (!first) throw new Error('nothing')
    const spec = same.map((one) => one.spec).reduce((one, other) => joined(first.primitive.merge ? first.primitive.merge(one, other) : one))
    return { primitive: first.primitive, spec }
  })
  expect((await carryOut(await stepsFor(merged, run), `/var/lib/reeve/before-${++times}`, run)).status).toBe('done')
  await eventually(() => ask('two.example.com')).toBe('Hello World!')
  const service = merged.find(({ spec }) => spec.type === 'service')?.spec as ServiceSpec
  expect(service.prove).toHaveLength(2)
  for (const probe of service.prove)
    expect(probe.type === 'http' && (await ask(probe.hostHeader))).toBe(probe.type === 'http' && probe.expectBody)
})

function joined(result: Spec | string): Spec {
  if (typeof result === 'string') throw new Error(result)
  return result
}

test('a port that another program holds is told with its name before nginx is reloaded, which would say nothing of it', async () => {
  await apply(containers + proxied)
  const yaml =
    containers +
    proxyOf('[{name: app, serverNames: [app.example.com], respond: {status: 200, body: new}, listen: {http: 9090, addresses: [0.0.0.0]}}]')
  const { result } = await apply(yaml)
  expect(result).toMatchObject({ status: 'failed', stderr: expect.stringMatching(/port 9090 is held by python3 \(pid \d+\)/) })
  await eventually(() => ask('app.example.com')).toContain('Host: app.example.com')
  await eventually(() => proof(containers + proxied)).toBe(true)
})

test('a change from all addresses to one passes nginx -t and reload, and only the proof tells that the old is still served', async () => {
  await apply(containers + proxied)
  await eventually(() => proof(containers + proxied)).toBe(true)
  const yaml =
    containers +
    proxyOf('[{name: app, serverNames: [app.example.com], respond: {status: 200, body: new}, listen: {addresses: [192.168.9.2]}}]')
  await run(': > /var/log/nginx/error.log')
  const { result, steps, before } = await apply(yaml)
  expect(result.status).toBe('done')
  await run('until grep -q "still could not bind" /var/log/nginx/error.log; do sleep 0.1; done')
  expect(await proof(yaml)).toBe(false)
  await undo(steps, before, run)
  await eventually(() => proof(containers + proxied)).toBe(true)
})

const distroDefault = 'ln -sfn /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default'

test("the distribution's default site stays the default where it is not replaced", async () => {
  await run(distroDefault)
  const yaml = containers + proxied.replace('replaceDistroDefault: true', 'replaceDistroDefault: false')
  await apply(
    containers +
      proxyOf('[{name: app, serverNames: [other.example.com], root: /srv}]').replace(
        'replaceDistroDefault: true',
        'replaceDistroDefault: false',
      ),
  )
  expect((await apply(yaml)).result).toEqual({ status: 'done', stdout: '' })
  await eventually(() => ask('app.example.com')).toContain('Host: app.example.com')
  await eventually(() => ask('stranger.example.com')).toContain("the distribution's page")
})

test("the distribution's default site goes in the same transaction in which ours becomes the default, checked beside", async () => {
  await run(distroDefault)
  const yaml = containers + proxyOf('[{name: app, default: true, respond: {status: 200, body: ours}}]')
  expect((await apply(yaml)).result).toEqual({ status: 'done', stdout: '' })
  await eventually(() => ask('stranger.example.com')).toBe('ours')
  expect((await run('ls /etc/nginx/sites-enabled')).stdout).toBe('')
})

test('hostile text is served as it was written, and opens nothing', async () => {
  const yaml = readFileSync(join(import.meta.dirname, 'golden/hostile.yaml'), 'utf8')
  expect((await apply(yaml)).result).toMatchObject({ status: 'done' })
  await eventually(() => proof(yaml)).toBe(true)
  expect(await ask('any.example.com')).toBe(`a"; } server { listen 81; } # \\ \\n \\$5 $uri \${host} {{ ' `)
  expect(await ask('any.example.com', '/a%20b/%7B;%7D%22%5C$x')).toBe('inside')
  expect((await run('ss -Hltn "sport = :81"')).stdout).toBe('')
  const script = `import socket
s = socket.create_connection(('192.168.9.2', 80)); s.sendall(b'GET / HTTP/1.0\\r\\nHost: h.example.com\\r\\n\\r\\n')
while True:
    d = s.recv(4096)
    if not d: break
    print(d.decode().replace(chr(13), ''), end='')
`
  const headers = (await run(`python3 - <<'PY'\n${script}PY`)).stdout
  expect(headers).toContain('X-A: "; add_header X-Evil 1; \\" $5 h.example.com $host')
  expect(headers).toContain("X-B: '\\")
  expect(headers).not.toMatch(/^\s*X-Evil/m)
})

test.each(['edge', 'static', 'two-proxies'])('nginx takes the rendered fleet %s', async (name) => {
  const yaml = readFileSync(join(import.meta.dirname, `golden/${name}.yaml`), 'utf8')
  for (const { spec } of itemsOf(yaml)) {
    if (spec.type !== 'tree') continue
    await run('rm -rf /etc/nginx/reeve /etc/nginx/.reeve-*')
    const steps = await stepsFor([{ primitive: primitiveOf(spec), spec }], run)
    expect((await carryOut(steps, `/var/lib/reeve/before-${++times}`, run)).status).toBe('done')
    expect(await run('nginx -t 2>&1')).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/\[(warn|emerg)\]/) })
  }
})

test('names of 253 octets fit into nginx', async () => {
  const name = `${`${'a'.repeat(62)}.`.repeat(4).slice(0, 249)}.com`
  const yaml = containers + proxyOf(`[{name: app, serverNames: [${name}], respond: {status: 200, body: long}}]`)
  expect((await apply(yaml)).result).toMatchObject({ status: 'done' })
  await eventually(() => ask(name)).toBe('long')
})
