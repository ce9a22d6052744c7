import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import type { NetworkProbe, Spec } from '../../../controller/model/primitive.ts'
import type { Placement } from '../../../controller/model/target.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { bootMachine, type Machine } from '../../machine/machine.ts'
import type { Run } from '../../machine/shell.ts'
import { carryOut, contextOf, type Item, known, stepsFor, undo } from '../../machine/transaction.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'
import { apacheOf, containers, varnishOf } from './fleets.ts'

// Debian's own units of Apache and Varnish under a real systemd: what a process on the loopback cannot show.
let machine: Machine
let run: Run
let times = 0

beforeAll(async () => {
  machine = await bootMachine()
  run = machine.run
  await run(`ip address add 192.168.9.2/24 dev lo; ip address add 192.168.9.3/24 dev lo
mkdir -p /srv/back; echo behind > /srv/back/index.html
systemd-run -q --unit backend python3 -m http.server -d /srv/back -b 192.168.9.3 8081
systemd-run -q --unit squatter python3 -m http.server -b 0.0.0.0 9090
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=a -keyout /etc/ssl/a.key -out /etc/ssl/a.crt
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /etc/ssl/b.key`)
})
afterAll(() => machine[Symbol.asyncDispose]())

function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: 10_000 })
}

function primitiveOf(type: string) {
  const primitive = primitives.find((one) => one.type === type)
  if (!primitive) throw new Error(`no primitive ${type}`)
  return primitive
}

function itemsOf(yaml: string): readonly Item[] {
  const fleet = fleetOf(yaml)
  expect(complaints(fleet, 'Proxy')).toEqual([])
  const kind = kindOf('Proxy')
  const specs = fleet.all('Proxy').flatMap((one) => kind.compile(one, kind.place(one, fleet)[0] as Placement, fleet))
  return specs.filter(({ type }) => type !== 'package').map((spec) => ({ primitive: primitiveOf(spec.type), spec }))
}

async function apply(yaml: string) {
  const steps = await stepsFor(itemsOf(yaml), run)
  const before = `/var/lib/reeve/before-${++times}`
  return { steps, before, result: await carryOut(steps, before, run) }
}

function serviceOf(yaml: string): ServiceSpec {
  return itemsOf(yaml).find(({ spec }) => spec.type === 'service')?.spec as ServiceSpec
}

/** Asks as the controller does. */
async function proof(yaml: string): Promise<boolean> {
  const [probe] = serviceOf(yaml).prove as readonly Extract<NetworkProbe, { type: 'http' }>[]
  return probe !== undefined && (await ask(probe.hostHeader, `${probe.host}:${probe.port}`)).includes(probe.expectBody ?? '?')
}

async function ask(host: string, at = '192.168.9.2:80'): Promise<string> {
  return (await run(`curl -s -m 5 -H 'Host: ${host}' http://${at}/ || echo "failed $?"`)).stdout.trim()
}

async function nothingToDo(yaml: string): Promise<void> {
  for (const { primitive, spec } of itemsOf(yaml))
    expect(primitive.diff(spec, await known(primitive, spec, run), undefined), spec.id).toEqual({ status: 'same' })
}

async function mainProcess(unit: string): Promise<string> {
  return (await run(`systemctl show -p MainPID --value ${unit}`)).stdout.trim()
}

describe('Apache', () => {
  const app = '{name: app, serverNames: [app.test], upstream: {servers: [{container: web, port: 8081}]}}'
  const ves = (entries: string) => `{name: ves, wildcard: {suffix: ve.test, entries: {${entries}}}}`
  const one = `${containers}${apacheOf(`[${app}, ${ves('ve1: "192.168.9.3:8081"')}]`)}`

  test('serves from nothing with the modules that it needs, is proven by its own answer, and then there is nothing to do', async () => {
    expect((await apply(one)).result).toMatchObject({ status: 'done' })
    await eventually(() => proof(one)).toBe(true)
    expect([await ask('app.test'), await ask('ve1.ve.test')]).toEqual(['behind', 'behind'])
    expect((await run('apache2ctl -M 2>/dev/null')).stdout).toMatch(/proxy_http_module/)
    expect((await run('apache2ctl -t -D DUMP_VHOSTS 2>&1')).stdout).toMatch(
      /default server refuse\.reeve\.invalid[\s\S]*namevhost app\.test/,
    )
    expect((await run('ls /etc/apache2/sites-enabled')).stdout).toBe('reeve.conf\n')
    await nothingToDo(one)
  })

  test('a new name below a suffix is one file, and no reload', async () => {
    const more = `${containers}${apacheOf(`[${app}, ${ves('ve1: "192.168.9.3:8081", ve2: "192.168.9.3:8081"')}]`)}`
    const { steps, result } = await apply(more)
    expect(result).toMatchObject({ status: 'done' })
    expect(steps.filter(({ phase }) => phase === 'load')).toEqual([])
    await eventually(() => ask('ve2.ve.test')).toBe('behind')
    await apply(one)
  })

  test('a module that a person took away is put back, though httpd’s own check finds nothing wrong without it', async () => {
    await apply(one)
    const gone = await run('a2dismod -q -f proxy_http && apache2ctl -t 2>&1 && systemctl reload apache2 && systemctl is-active apache2')
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('Syntax OK') as string })
    await eventually(() => ask('app.test')).not.toBe('behind')
    expect((await apply(one)).result).toMatchObject({ status: 'done' })
    await eventually(() => ask('app.test')).toBe('behind')
    await nothingToDo(one)
  })

  const bad: readonly (readonly [string, string, RegExp])[] = [
    [
      'a key of another certificate',
      `, tls: {certificate: /etc/ssl/a.crt, key: /etc/ssl/b.key}`,
      /b\.key does not belong to certificate \/etc\/ssl\/a\.crt/,
    ],
    ['a certificate that is not there', `, tls: {certificate: /etc/ssl/gone.crt, key: /etc/ssl/a.key}`, /gone\.crt.*does not exist/],
    ['a log in no folder', `, accessLog: {server: /var/log/gone/a.log}`, /Cannot access directory '\/var\/log\/gone\/'/],
    ['a port of another program', `, listen: {http: 9090}`, /port 9090 is held by python3 \(pid \d+\)/],
  ]
  test.each(bad)(
    '%s is told before anything is loaded, and the rest is served by the same process as before',
    async (_name, fields, says) => {
      await apply(one)
      const before = await mainProcess('apache2')
      const yaml = `${containers}${apacheOf(`[${app}, {name: bad, serverNames: [bad.test], respond: {status: 410}${fields}}]`)}`
      const { result } = await apply(yaml)
      expect(result).toMatchObject({ status: 'failed', stderr: expect.stringMatching(says) })
      expect(await mainProcess('apache2')).toBe(before)
      await eventually(() => proof(one)).toBe(true)
      expect(await ask('app.test')).toBe('behind')
    },
  )

  test('a change that was done and not proven is undone, and the old one is served again', async () => {
    const yaml = `${containers}${apacheOf('[{name: app, serverNames: [app.test], respond: {status: 410}}]')}`
    const { steps, before, result } = await apply(yaml)
    expect(result).toMatchObject({ status: 'done' })
    await eventually(() => proof(yaml)).toBe(true)
    await undo(steps, before, run)
    await eventually(() => proof(one)).toBe(true)
    await run('systemctl stop apache2')
  })
})

describe('Varnish', () => {
  const yaml = (body: string, more = '') =>
    `${containers}${varnishOf(`[{name: app, serverNames: [app.test], upstream: {servers: [{container: web, port: 8081}]}}, {name: text, serverNames: [text.test], respond: {status: 200, body: ${body}}}]`, more)}`
  const inUse = async () => /^active .* (\S+)$/m.exec((await run('varnishadm vcl.list')).stdout)?.[1]

  test('serves from nothing, also where Debian’s own unit runs already, and then there is nothing to do', async () => {
    expect((await apply(yaml('one'))).result).toMatchObject({ status: 'done' })
    await eventually(() => proof(yaml('one'))).toBe(true)
    expect([await ask('app.test'), await ask('text.test')]).toEqual(['behind', 'one'])
    expect((await run('ss -Hltn "sport = :6081"')).stdout).toBe('')
    await nothingToDo(yaml('one'))
  })

  test('other answers are a reload of the same process', async () => {
    const before = await mainProcess('varnish')
    const { steps, result } = await apply(yaml('two'))
    expect(result).toMatchObject({ status: 'done' })
    expect(steps.map(({ title }) => title)).toContain('reload varnish.service, or start it')
    await eventually(() => ask('text.test')).toBe('two')
    expect(await mainProcess('varnish')).toBe(before)
    await nothingToDo(yaml('two'))
  })

  test('more memory is a restart, with the impact of one, and the VCL has its name after it', async () => {
    const before = await mainProcess('varnish')
    const wanted = yaml('two', '  cache: {memory: 64Mi}\n')
    const { steps, result } = await apply(wanted)
    expect(result).toMatchObject({ status: 'done' })
    expect(steps.map(({ title }) => title)).toContain('restart varnish.service, or start it')
    expect(await mainProcess('varnish')).not.toBe(before)
    await eventually(() => proof(wanted)).toBe(true)
    expect((await run('cat /proc/$(systemctl show -p MainPID --value varnish)/cmdline | tr "\\0" " "')).stdout).toContain('malloc,67108864')
    const name = await inUse()
    expect(name).toMatch(/^reeve_/)
    await run('systemctl restart varnish')
    await eventually(inUse).toBe(name)
    await nothingToDo(wanted)
  })

  test('a unit whose beginning a person changed and only reloaded is owed a restart', async () => {
    const wanted = serviceOf(yaml('two', '  cache: {memory: 64Mi}\n'))
    await run(
      'sleep 1.1; touch /etc/systemd/system/varnish.service.d/reeve.conf; rm /var/lib/reeve/stamps/varnish.service; sleep 1.1; systemctl daemon-reload; systemctl reload varnish',
    )
    const service = primitiveOf('service')
    expect(service.diff(wanted, await known(service, wanted, run), undefined)).toMatchObject({ change: { impact: 'restart' } })
  })

  test('what went from Git leaves Debian’s own varnish behind, where one ran before', async () => {
    const gone = itemsOf(yaml('two', '  cache: {memory: 64Mi}\n'))
    const entry = (spec: Spec) =>
      ({
        id: spec.id,
        fields: {},
        previous: spec.type === 'service' ? '{"running":true,"enabled":true}' : undefined,
      }) as unknown as LedgerEntry
    for (const { primitive, spec } of gone) {
      const steps = primitive.retire?.(entry(spec), await known(primitive, spec, run), contextOf()).steps ?? []
      expect((await carryOut(steps, `/var/lib/reeve/before-${++times}`, run)).status).toBe('done')
    }
    await eventually(async () => (await run('ss -Hltn "sport = :6081"')).stdout).not.toBe('')
    expect((await run('ls -A /etc/varnish /etc/systemd/system/varnish.service.d 2>/dev/null')).stdout).not.toContain('reeve')
  })
})
