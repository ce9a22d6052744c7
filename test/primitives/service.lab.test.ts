import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { filePrimitive } from '../../controller/primitives/file/index.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { servicePrimitive } from '../../controller/primitives/service/index.ts'
import { mergeServices, type ServiceSpec, service } from '../../controller/primitives/service/spec.ts'
import { treePrimitive } from '../../controller/primitives/tree/index.ts'
import { type TreeSpec, tree } from '../../controller/primitives/tree/spec.ts'
import { sh } from '../../controller/shell/sh.ts'
import { bootMachine, type Machine } from '../machine/machine.ts'
import type { Run } from '../machine/shell.ts'
import { carryOut, contextOf, type Item, known, stepsFor, undo } from '../machine/transaction.ts'

let machine: Machine
let run: Run
let times = 0

beforeAll(async () => {
  machine = await bootMachine()
  run = machine.run
})
afterAll(() => machine[Symbol.asyncDispose]())

beforeEach(async () => {
  times++
  await run(`systemctl stop nginx; systemctl reset-failed nginx; rm -rf /etc/nginx/reeve /etc/nginx/.reeve-* /var/lib/reeve/stamps /etc/nginx/sites-enabled/mine
printf 'include /etc/nginx/reeve/*.conf;\\n' > /etc/nginx/conf.d/00-reeve.conf`)
})

/** nginx's old workers answer for a while after a reload. */
function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: 10_000 })
}

function site(body: string, name = 'app.example.com'): TreeSpec {
  const content = `server { listen 8080; server_name ${name}; return 200 "${body}"; }\n`
  return tree({ path: '/etc/nginx/reeve', files: { 'vhost-app.conf': { content, mode: '0644', owner: 'root:root' } } })
}

function nginx(loaded: TreeSpec): ServiceSpec {
  const check = { argv: ['nginx', '-t'], failOn: ['conflicting server name'] }
  return service({ unit: 'nginx.service', isEnabled: true, state: 'running', loads: [loaded], check, reload: 'reload' })
}

function items(spec: TreeSpec): readonly Item[] {
  return [
    { primitive: treePrimitive, spec },
    { primitive: servicePrimitive, spec: nginx(spec) },
  ]
}

async function apply(spec: TreeSpec, through: Run = run, stopAfter?: string) {
  return carryOut(await stepsFor(items(spec), run), `/var/lib/reeve/before${times}-${Math.random()}`, through, stopAfter)
}

async function served(): Promise<string> {
  const answer = await run(`wget -qO- --header 'Host: app.example.com' http://127.0.0.1:8080/ || :`)
  return answer.stdout
}

async function differenceOf(spec: TreeSpec) {
  return servicePrimitive.diff(nginx(spec), await known(servicePrimitive, nginx(spec), run), undefined)
}

describe('a service', () => {
  test('is started with its files, and then there is nothing to do', async () => {
    const result = await apply(site('one'))
    expect(result).toMatchObject({ status: 'done', stdout: expect.stringContaining('/etc/nginx/reeve does not exist yet') })
    expect(await served()).toBe('one')
    expect(await differenceOf(site('one'))).toEqual({ status: 'same' })
  })

  test('takes new files by a reload, checked beside before anything is live', async () => {
    await apply(site('one'))
    const before = (await run('systemctl show -p MainPID nginx')).stdout
    const result = await apply(site('two'))
    expect(result).toEqual({ status: 'done', stdout: '' })
    await eventually(served).toBe('two')
    expect((await run('systemctl show -p MainPID nginx')).stdout).toBe(before)
    expect(await differenceOf(site('two'))).toEqual({ status: 'same' })
    expect((await run('grep -c reeve-new /proc/self/mounts')).stdout).toBe('0\n')
  })

  test('keeps serving the old when the checker refuses the new, and says what the checker said', async () => {
    await apply(site('one'))
    const state =
      'systemctl show -p StateChangeTimestampMonotonic nginx; readlink /etc/nginx/reeve; cat /var/lib/reeve/stamps/nginx.service'
    const before = await run(state)
    expect(before.code).toBe(0)
    const result = await apply(site('two', 'app.example.com; nonsense on'))
    expect(result).toMatchObject({ status: 'failed', step: 'check nginx.service with what is staged' })
    expect(result).toMatchObject({
      stderr: expect.stringMatching(/nginx -t: .*unknown directive "nonsense" in \/etc\/nginx\/reeve\/vhost-app.conf:1/s),
    })
    // With its stamp: nothing was loaded, so no load is owed.
    expect(await run(state)).toEqual(before)
    expect(await served()).toBe('one')
  })

  test('that was loaded in vain owes no restart, though a person touched what only a start reads', async () => {
    const begun = file({ path: '/etc/nginx/begun', content: 'x', mode: '0644', owner: 'root:root' })
    const of = (loaded: TreeSpec) => service({ ...nginx(loaded), loads: [loaded, begun], startsWith: [begun.id] })
    const both = (loaded: TreeSpec): readonly Item[] => [
      { primitive: treePrimitive, spec: loaded },
      { primitive: filePrimitive, spec: begun },
      { primitive: servicePrimitive, spec: of(loaded) },
    ]
    const start = await carryOut(await stepsFor(both(site('one')), run), `/var/lib/reeve/before${times}-start`, run)
    expect(start.status).toBe('done')
    await run('touch /etc/nginx/begun')
    const steps = await stepsFor(both(site('two')), run)
    expect((await carryOut(steps, `/var/lib/reeve/before${times}-vain`, run)).status).toBe('done')
    await undo(steps, `/var/lib/reeve/before${times}-vain`, run)
    await eventually(served).toBe('one')
    const spec = of(site('two'))
    const difference = servicePrimitive.diff(spec, await known(servicePrimitive, spec, run), undefined)
    // Its undo loaded the old files; whether the times tell so or another reload is owed, nothing must start it anew.
    expect(difference.status === 'change' ? difference.change.impact : 'none').toMatch(/^(none|reload)$/)
    await run('rm /etc/nginx/begun')
  })

  test('undoes the swap before any reload where it could not be checked beside', async () => {
    await apply(site('one'))
    const stamp = await run('cat /var/lib/reeve/stamps/nginx.service')
    const refused: Run = (text) => run(`unshare() { echo 'unshare: Operation not permitted' >&2; return 1; }\n${text}`)
    const result = await apply(site('two', 'x; nonsense on'), refused)
    expect(result).toMatchObject({
      status: 'failed',
      step: 'check nginx.service',
      stderr: expect.stringContaining('unknown directive "nonsense"'),
    })
    expect([await served(), await run('cat /var/lib/reeve/stamps/nginx.service')]).toEqual(['one', stamp])
    const good = await apply(site('two'), refused)
    expect(good).toMatchObject({
      status: 'done',
      stdout: expect.stringContaining('a private mount namespace was refused: unshare: Operation not permitted'),
    })
    await eventually(served).toBe('two')
  })

  test('counts words of the checker as failure although it exits with 0, unless they were said before', async () => {
    await apply(site('one'))
    await run(`echo 'server { listen 8080; server_name app.example.com; }' > /etc/nginx/sites-enabled/mine`)
    expect(await apply(site('two'))).toEqual({ status: 'done', stdout: '' })
    await run('rm /etc/nginx/sites-enabled/mine')
    await apply(site('three', 'other.example.com'))
    await run(`echo 'server { listen 8080; server_name app.example.com; }' > /etc/nginx/sites-enabled/mine`)
    const result = await apply(site('four'))
    expect(result).toMatchObject({
      status: 'failed',
      stderr: expect.stringContaining('conflicting server name "app.example.com" on 0.0.0.0:8080'),
    })
  })

  test('whose tree somebody else broke says so, and whose file it is', async () => {
    await apply(site('one'))
    await run(`echo 'broken' > /etc/nginx/sites-enabled/mine`)
    const result = await apply(site('two'))
    expect(result).toMatchObject({
      status: 'failed',
      stderr: expect.stringMatching(/already broken without this change \(not of this change\): .*\/etc\/nginx\/sites-enabled\/mine:2/s),
    })
    expect(await served()).toBe('one')
  })

  test.each(['void the stamp of nginx.service', 'check nginx.service with what is staged'])(
    'that was killed after "%s" is the same as before once undone',
    async (title) => {
      await apply(site('one'))
      const steps = await stepsFor(items(site('two')), run)
      await carryOut(steps, `/var/lib/reeve/kill${times}`, run, title)
      await undo(steps, `/var/lib/reeve/kill${times}`, run)
      expect(await served()).toBe('one')
    },
  )

  test('that somebody starts with the old files while the new are on their way has the new ones in the end', async () => {
    await apply(site('one'))
    await run('systemctl stop nginx')
    const started = { title: 'somebody starts it', phase: 'arm', run: sh`systemctl start nginx` } as const
    const steps = (await stepsFor(items(site('two')), run)).flatMap((step) =>
      step.title === 'void the stamp of nginx.service' ? [step, started] : [step],
    )
    expect(steps).toContain(started)
    expect((await carryOut(steps, `/var/lib/reeve/before${times}-started`, run)).status).toBe('done')
    await eventually(served).toBe('two')
    expect(await differenceOf(site('two'))).toEqual({ status: 'same' })
  })

  test('that was killed between the swap and the reload owes a reload', async () => {
    await apply(site('one'))
    const steps = await stepsFor(items(site('two')), run)
    const swap = steps.find(({ title }) => title.startsWith('swap'))?.title
    await carryOut(steps, `/var/lib/reeve/kill${times}`, run, swap)
    expect(await differenceOf(site('two'))).toMatchObject({ status: 'change', change: { impact: 'reload', fields: [{ field: 'loaded' }] } })
    expect((await apply(site('two'))).status).toBe('done')
    await eventually(served).toBe('two')
  })

  test('that was undone after its reload serves the old again', async () => {
    await apply(site('one'))
    const steps = await stepsFor(items(site('two')), run)
    expect((await carryOut(steps, `/var/lib/reeve/undo${times}`, run)).status).toBe('done')
    await undo(steps, `/var/lib/reeve/undo${times}`, run)
    await eventually(served).toBe('one')
  })

  test('that was stopped before is stopped again when undone', async () => {
    const steps = await stepsFor(items(site('one')), run)
    expect((await carryOut(steps, `/var/lib/reeve/undo${times}`, run)).status).toBe('done')
    await undo(steps, `/var/lib/reeve/undo${times}`, run)
    expect((await run('systemctl is-active nginx')).stdout).toBe('inactive\n')
  })

  test('owes nothing after a restart by somebody else, or a reboot, later than its files', async () => {
    await apply(site('one'))
    await run('systemctl restart nginx; rm -rf /var/lib/reeve/stamps')
    expect(await differenceOf(site('one'))).toEqual({ status: 'same' })
    await run('touch /etc/nginx/reeve/vhost-app.conf')
    expect(await differenceOf(site('one'))).toMatchObject({ change: { fields: [{ field: 'loaded' }] } })
  })

  test('that somebody restarted owes nothing after a change that was undone before its reload, and again once its files change', async () => {
    await apply(site('one'))
    await run('systemctl restart nginx')
    const refused: Run = (text) => run(`unshare() { echo 'unshare: Operation not permitted' >&2; return 1; }\n${text}`)
    for (const _ of ['once', 'twice']) {
      expect(await apply(site('two', 'x; nonsense on'), refused)).toMatchObject({ status: 'failed', step: 'check nginx.service' })
      expect(await differenceOf(site('one'))).toEqual({ status: 'same' })
    }
    await run('sleep 0.05; touch /etc/nginx/reeve/vhost-app.conf')
    expect(await differenceOf(site('one'))).toMatchObject({ change: { fields: [{ field: 'loaded' }] } })
  })

  test('that somebody stopped and disabled is named in both fields', async () => {
    await apply(site('one'))
    await run('systemctl disable --now nginx')
    expect(await differenceOf(site('one'))).toMatchObject({
      change: {
        fields: [
          { field: 'enabled', before: 'disabled', after: 'enabled' },
          { field: 'state', before: 'inactive (dead)', after: 'running' },
        ],
      },
    })
    expect((await apply(site('one'))).status).toBe('done')
    expect(await differenceOf(site('one'))).toEqual({ status: 'same' })
  })

  test('that is masked is refused', async () => {
    await run('systemctl mask nginx')
    expect(await differenceOf(site('one'))).toMatchObject({
      status: 'refused',
      reasons: [expect.stringContaining('nginx.service is masked')],
    })
    await run('systemctl unmask nginx')
  })

  // Type=notify: of a simple one systemd says that it runs before it ends; the next look finds it then.
  test('that cannot start says its last lines', async () => {
    await run('systemctl start nginx')
    const unit = service({ unit: 'reeve-broken.service', state: 'running', reload: 'restart' })
    await run(
      `printf '[Service]\\nType=notify\\nExecStart=/bin/sh -c "echo no luck today; exit 3"\\n' > /etc/systemd/system/reeve-broken.service; systemctl daemon-reload`,
    )
    const result = await carryOut(await stepsFor([{ primitive: servicePrimitive, spec: unit }], run), `/var/lib/reeve/b${times}`, run)
    expect(result).toMatchObject({ status: 'failed', stderr: expect.stringContaining('reeve-broken.service did not start') })
  })

  test('that the host has not is absent', async () => {
    const unit = service({ unit: 'nosuch.service', state: 'stopped', isEnabled: false, reload: 'restart' })
    expect(await known(servicePrimitive, unit, run)).toEqual({ status: 'absent' })
  })

  test('goes on without our files when no manifest asks for it, where it ran before', async () => {
    await apply(site('one'))
    const spec = nginx(site('one'))
    const entry = {
      target: 'he1',
      id: spec.id,
      owners: [],
      files: [],
      fields: {},
      deletionPolicy: 'Delete',
      state: 'done',
      commit: 'c0ffee',
    } as const
    const state = await known(servicePrimitive, spec, run)
    expect(servicePrimitive.retire?.({ ...entry, previous: '{"running":true,"enabled":true}' }, state, contextOf()).impact).toBe('reload')
    expect(servicePrimitive.retire?.({ ...entry, previous: '{"running":false,"enabled":false}' }, state, contextOf()).impact).toBe('outage')
  })
})

test('a truncated answer of systemctl leaves a service unknown', () => {
  const spec = nginx(site('one'))
  const answers = ['', 'units\n', 'units\nNames=nginx.service\n', 'units\nNames=other.service\nActiveState=active\nLoadState=loaded\n']
  for (const stdout of answers) expect(servicePrimitive.parse(stdout, [{ id: spec.id, spec }]).items.get(spec.id)?.status).toBe('unknown')
})

test('two manifests ask for one service', () => {
  const one = nginx(site('one'))
  const bare = service({ unit: 'nginx.service', state: 'running', reload: 'reload' })
  expect(mergeServices(bare, one)).toMatchObject({ check: { argv: ['nginx', '-t'] }, loads: ['tree:/etc/nginx/reeve'], isEnabled: true })
  expect(mergeServices(one, { ...bare, state: 'stopped' })).toBe('one wants nginx.service running, the other stopped')
})
