import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reconcile } from '../../../controller/engine/reconcile.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import { depsOf, desired } from '../../conformance/engine.ts'
import type { Place } from '../../conformance/sample.ts'
import { type ShellHost, startShellHost } from '../../engine/shell-host.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { machines, routeOf } from './fleets.ts'

/** A state of a route, and what Postfix' own tools read of it on the host. */
interface Step {
  readonly why: string
  readonly route: Readonly<Record<string, unknown>>
  /** Shell text of a person at the host, before. */
  readonly by?: string
  /** Nothing is to be changed for this. */
  readonly same?: true
  /** By parameter of main.cf, a lookup in all its maps, in their order: the first answer. */
  readonly gives?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly denies?: Readonly<Record<string, readonly string[]>>
  /** Values of parameters, with what they name. */
  readonly sets?: Readonly<Record<string, string>>
}

const folder = join(import.meta.dirname, 'fixtures')
const all = readdirSync(folder).sort()
/** Those in which a person is at work too, and the widest of the others; the rest are as many again, and as slow. */
const files = process.env['REEVE_TEST_LONG'] === '1' ? all : ['domains.json', 'others.json']
const stepsOf = (file: string): readonly Step[] => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Step[]

/** Postfix as it is on this machine, with the values that these steps tell apart. */
const bare =
  'postconf -X smtpd_recipient_restrictions smtp_tls_policy_maps; postconf -e mydestination=localhost "mynetworks=127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128"'

let shell: ShellHost
beforeAll(async () => {
  shell = await startShellHost({ ownNetwork: true, overlays: ['/etc'] })
})
afterAll(() => shell?.close())

/** Maps and settings of the first gateway: what is loaded by whom is told elsewhere. */
function wantedOf(route: Step['route']): readonly Spec[] {
  const fields = Object.fromEntries(Object.entries(route).map(([field, value]) => [field, JSON.stringify(value)]))
  const fleet = fleetOf(machines + routeOf(fields))
  const [manifest] = fleet.manifests.filter((one) => one.kind === 'MailRoute')
  const kind = kindOf('MailRoute')
  const placement = manifest && kind.place(manifest, fleet)[0]
  if (manifest === undefined || placement === undefined) throw new Error('no placement')
  expect(kind.check(manifest, fleet).filter(({ severity }) => severity === 'error')).toEqual([])
  return kind
    .compile(manifest, placement, fleet)
    .filter(({ type }) => type === 'tree' || type === 'setting')
    .map(({ needs: _needs, ...spec }) => spec)
}

async function run(script: string): Promise<string> {
  const { code, stdout } = await shell.run(script)
  if (code !== 0) throw new Error(`ended with ${code}: ${script}`)
  return stdout
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** All lookups of a step at once: `parameter key` on a line, then what came. */
async function lookUp(step: Step): Promise<Readonly<Record<string, string>>> {
  const asked = [
    ...Object.entries(step.gives ?? {}).flatMap(([parameter, keys]) => Object.keys(keys).map((key) => [parameter, key] as const)),
    ...Object.entries(step.denies ?? {}).flatMap(([parameter, keys]) => keys.map((key) => [parameter, key] as const)),
  ]
  const found = await run(`set -f
ask() { for map in $(postconf -hx "$1" 2>/dev/null | tr , ' '); do postmap -q "$2" "$map" 2>&1 && return 0; done; echo; }
${asked.map(([parameter, key]) => `ask ${parameter} ${quoted(key)}`).join('\n')}`)
  const lines = found.split('\n')
  return Object.fromEntries(asked.map(([parameter, key], index) => [`${parameter} ${key}`, lines[index] ?? '']))
}

function expectedOf(step: Step): Readonly<Record<string, string>> {
  const given = Object.entries(step.gives ?? {}).flatMap(([parameter, keys]) =>
    Object.entries(keys).map(([key, value]) => [`${parameter} ${key}`, value]),
  )
  const denied = Object.entries(step.denies ?? {}).flatMap(([parameter, keys]) => keys.map((key) => [`${parameter} ${key}`, '']))
  return Object.fromEntries([...given, ...denied])
}

describe.each(files)('%s', (file) => {
  const steps = stepsOf(file)

  test('begins with a bare Postfix', async () => {
    await run(`rm -rf /etc/postfix /var/lib/reeve/*; cp -a /usr/share/postfix /etc/postfix; cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf; touch -d '1 minute ago' /etc/postfix/main.cf; ${bare}`)
  })

  test.each(steps)('$why', async (step) => {
    if (step.by !== undefined) await run(step.by)
    const state = desired(wantedOf(step.route))
    const first = await reconcile(state, depsOf({ host: shell } as unknown as Place))
    expect({ message: first.message, refused: first.plan.refused, withheld: first.plan.withheld }).toEqual({
      message: '',
      refused: [],
      withheld: [],
    })
    if (step.same) expect(first.applied).toEqual([])
    expect(await lookUp(step)).toEqual(expectedOf(step))
    const values = await Promise.all(Object.keys(step.sets ?? {}).map((key) => run(`postconf -hx ${key} 2>/dev/null`)))
    expect(values.map((value) => value.trim())).toEqual(Object.values(step.sets ?? {}))
    const second = await reconcile(state, depsOf({ host: shell } as unknown as Place))
    expect({ status: second.status, drift: second.drift, applied: second.applied }).toEqual({ status: 'noop', drift: [], applied: [] })
  })
})

test('there are many steps, and none is there twice', () => {
  const names = all.flatMap((file) => stepsOf(file).map((step) => `${file} ${step.why}`))
  expect(names.length).toBeGreaterThanOrEqual(60)
  expect(new Set(names).size).toBe(names.length)
})
