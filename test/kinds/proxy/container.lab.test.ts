// Apache and Varnish with Debian's own units inside a real LXC container, entered by lxc-attach as the engine enters it, and asked over its bridge.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NetworkProbe } from '../../../controller/model/primitive.ts'
import type { Placement, Target } from '../../../controller/model/target.ts'
import { primitives } from '../../../controller/primitives/registry.ts'
import type { ServiceSpec } from '../../../controller/primitives/service/spec.ts'
import { type Hypervisor, startContainer } from '../../machine/container.ts'
import type { Run } from '../../machine/shell.ts'
import { carryOut, type Item, known, observe, stepsFor, undo } from '../../machine/transaction.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'
import { apacheOf, containers, varnishOf } from './fleets.ts'

let hypervisor: Hypervisor
let inside: Run
let times = 0

beforeAll(async () => {
  hypervisor = await startContainer('plpa', '192.168.9.2')
  inside = hypervisor.inside(targetOf(apache('one')))
  await hypervisor.run(
    'mkdir -p /run/back; echo behind >/run/back/index.html; cd /run/back; python3 -m http.server -b 192.168.9.3 8081 >/dev/null 2>&1 </dev/null &',
  )
}, 120_000)
afterAll(() => hypervisor?.[Symbol.asyncDispose]())

const apache = (page: string) =>
  `${containers}${apacheOf(`[{name: app, serverNames: [app.test], upstream: {servers: [{container: web, port: 8081}]}, locations: [{path: /gone, respond: {status: 410}}, {path: /files/, root: /srv/${page}}]}]`)}`
const varnish = (body: string) =>
  `${containers}${varnishOf(`[{name: app, serverNames: [app.test], listen: {http: 8080}, upstream: {servers: [{container: web, port: 8081}]}}, {name: text, serverNames: [text.test], listen: {http: 8080}, respond: {status: 200, body: ${body}}}]`)}`

function placed(yaml: string): { readonly at: Placement; readonly items: readonly Item[] } {
  const fleet = fleetOf(yaml)
  expect(complaints(fleet, 'Proxy')).toEqual([])
  const kind = kindOf('Proxy')
  const [proxy] = fleet.all('Proxy')
  const [at] = proxy === undefined ? [] : kind.place(proxy, fleet)
  if (proxy === undefined || at === undefined) throw new Error('no place')
  const items = kind.compile(proxy, at, fleet).flatMap((spec): readonly Item[] => {
    const primitive = primitives.find(({ type }) => type === spec.type)
    return primitive === undefined || spec.type === 'package' ? [] : [{ primitive, spec }]
  })
  return { at, items }
}

function targetOf(yaml: string): Target {
  return placed(yaml).at.target
}

async function apply(yaml: string) {
  const steps = await stepsFor(placed(yaml).items, inside)
  const before = `/var/lib/reeve/before-${++times}`
  return { steps, before, result: await carryOut(steps, before, inside) }
}

/** From the hypervisor, as the controller asks through its connection to it. */
async function ask(host: string, port = 80, path = '/'): Promise<string> {
  return (
    await hypervisor.run(`curl -s -m 5 -w ' %{http_code}' -H 'Host: ${host}' http://192.168.9.2:${port}${path} || echo "failed $?"`)
  ).stdout
    .replace(/\s+/g, ' ')
    .trim()
}

async function proof(yaml: string): Promise<boolean> {
  const service = placed(yaml).items.find(({ spec }) => spec.type === 'service')?.spec as ServiceSpec
  const [probe] = service.prove as readonly Extract<NetworkProbe, { type: 'http' }>[]
  return probe !== undefined && probe.host === '192.168.9.2' && (await ask(probe.hostHeader, probe.port)).includes(probe.expectBody ?? '?')
}

async function nothingToDo(yaml: string): Promise<void> {
  for (const { primitive, spec } of placed(yaml).items)
    expect(primitive.diff(spec, await known(primitive, spec, inside), undefined), spec.id).toEqual({ status: 'same' })
}

function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: 10_000 })
}

describe('in a container', () => {
  test('Apache serves from nothing, is proven over the bridge, and then there is nothing to do', async () => {
    await inside('mkdir -p /srv/one/files; echo page >/srv/one/files/a.html')
    expect((await apply(apache('one'))).result).toMatchObject({ status: 'done' })
    await eventually(() => proof(apache('one'))).toBe(true)
    expect([await ask('app.test'), await ask('app.test', 80, '/gone'), await ask('app.test', 80, '/files/a.html')]).toEqual([
      'behind 200',
      expect.stringMatching(/ 410$/),
      'page 200',
    ])
    await nothingToDo(apache('one'))
    expect((await hypervisor.run('ls /etc/apache2/reeve')).code).not.toBe(0)
  }, 60_000)

  test('what Apache cannot load is told by its own checker there, and the old one goes on', async () => {
    const yaml = apache('one').replace('serverNames: [app.test]', 'serverNames: [app.test], accessLog: {server: /var/log/gone/a.log}')
    expect((await apply(yaml)).result).toMatchObject({
      status: 'failed',
      stderr: expect.stringMatching(/Cannot access directory '\/var\/log\/gone\/'/),
    })
    expect(await ask('app.test')).toBe('behind 200')
  }, 60_000)

  test('a change that is not proven is undone', async () => {
    const { steps, before } = await apply(apache('two'))
    await eventually(() => proof(apache('two'))).toBe(true)
    await undo(steps, before, inside)
    await eventually(() => proof(apache('one'))).toBe(true)
  }, 60_000)

  test('Varnish serves beside it, and other answers are a reload of the same process', async () => {
    expect((await apply(varnish('one'))).result).toMatchObject({ status: 'done' })
    await eventually(() => proof(varnish('one'))).toBe(true)
    expect([await ask('app.test', 8080), await ask('text.test', 8080)]).toEqual(['behind 200', 'one 200'])
    await nothingToDo(varnish('one'))
    const process = async () => (await inside('systemctl show -p MainPID --value varnish')).stdout.trim()
    const before = await process()
    expect((await apply(varnish('two'))).result).toMatchObject({ status: 'done' })
    await eventually(() => ask('text.test', 8080)).toBe('two 200')
    expect(await process()).toBe(before)
  }, 90_000)

  test('nothing is known of one that is stopped', async () => {
    await hypervisor.run('lxc-stop -k -n plpa </dev/null')
    for (const { primitive, spec } of placed(apache('one')).items)
      expect(await observe(primitive, spec, inside), spec.id).toMatchObject({
        status: 'unknown',
        reason: expect.stringContaining('container plpa is not running'),
      })
  }, 30_000)
})
