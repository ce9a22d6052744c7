import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { AnyPrimitive, Spec } from '../../controller/model/primitive.ts'
import { bridgePrimitive } from '../../controller/primitives/bridge/index.ts'
import { bridge } from '../../controller/primitives/bridge/spec.ts'
import { filePrimitive } from '../../controller/primitives/file/index.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { packagePrimitive } from '../../controller/primitives/package/index.ts'
import { debianPackage, isPackageName } from '../../controller/primitives/package/spec.ts'
import { sysctlPrimitive } from '../../controller/primitives/sysctl/index.ts'
import { isSysctlKey, isSysctlValue, sysctl } from '../../controller/primitives/sysctl/spec.ts'
import { bootMachine, type Machine } from '../machine/machine.ts'
import type { Run } from '../machine/shell.ts'
import { carryOut, contextOf, known, observe, stepsFor, undo } from '../machine/transaction.ts'

let machine: Machine
let run: Run
let times = 0

beforeAll(async () => {
  machine = await bootMachine()
  run = machine.run
})
afterAll(() => machine[Symbol.asyncDispose]())

function before(): string {
  return `/var/lib/reeve/before-${++times}`
}

async function apply(primitive: AnyPrimitive, spec: Spec) {
  return carryOut(await stepsFor([{ primitive, spec }], run), before(), run)
}

async function differenceOf(primitive: AnyPrimitive, spec: Spec) {
  return primitive.diff(spec, await known(primitive, spec, run), undefined)
}

/** A shell in which another program stands before one of the machine's. */
async function instead(program: string, text: string): Promise<Run> {
  const directory = `/instead-${++times}`
  await run(`mkdir ${directory}; cat > ${directory}/${program} <<'SH'\n#!/bin/sh\n${text}\nSH\nchmod 755 ${directory}/${program}`)
  return (script) => run(`PATH=${directory}:$PATH\n${script}`)
}

function entryOf(spec: Spec, previous?: string): LedgerEntry {
  const was = previous === undefined ? {} : { previous }
  return {
    target: 'he1',
    id: spec.id,
    owners: [],
    files: [],
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c0ffee',
    ...was,
  }
}

test('a kernel setting is live and kept, and then there is nothing to do', async () => {
  const spec = sysctl('net.ipv4.ip_forward', '1')
  await run('echo 0 > /proc/sys/net/ipv4/ip_forward')
  const state = await known(sysctlPrimitive, spec, run)
  const steps = await stepsFor([{ primitive: sysctlPrimitive, spec }], run)
  const directory = before()
  expect((await carryOut(steps, directory, run)).status).toBe('done')
  expect(await differenceOf(sysctlPrimitive, spec)).toEqual({ status: 'same' })
  expect(
    (await run('sysctl -n net.ipv4.ip_forward; echo 0 > /proc/sys/net/ipv4/ip_forward; sysctl -q --system; sysctl -n net.ipv4.ip_forward'))
      .stdout,
  ).toBe('1\n1\n')
  await undo(steps, directory, run)
  expect(await known(sysctlPrimitive, spec, run)).toEqual(state)
})

test('a kernel setting of several values is compared whatever blanks the kernel uses', async () => {
  const spec = sysctl('net.ipv4.tcp_rmem', '4096 131072 6291456')
  expect((await apply(sysctlPrimitive, spec)).status).toBe('done')
  expect(await differenceOf(sysctlPrimitive, spec)).toEqual({ status: 'same' })
})

test('a kernel setting goes back to what it was when no manifest asks for it', async () => {
  const spec = sysctl('net.ipv4.conf.all.forwarding', '1')
  await run('echo 0 > /proc/sys/net/ipv4/conf/all/forwarding')
  const previous = sysctlPrimitive.previous?.(spec, await known(sysctlPrimitive, spec, run))
  await apply(sysctlPrimitive, spec)
  const retired = sysctlPrimitive.retire?.(entryOf(spec, previous), await known(sysctlPrimitive, spec, run), contextOf())
  expect((await carryOut(retired?.steps ?? [], before(), run)).status).toBe('done')
  expect((await run('sysctl -n net.ipv4.conf.all.forwarding; ls /etc/sysctl.d | grep -c forwarding')).stdout).toBe('0\n0\n')
})

test('a setting that the kernel has not is refused', async () => {
  expect(await differenceOf(sysctlPrimitive, sysctl('net.bridge.nosuch', '1'))).toEqual({
    status: 'refused',
    reasons: ['the kernel has no net.bridge.nosuch (no /proc/sys/net/bridge/nosuch): is its module loaded?'],
  })
})

test.each(['', 'x', '../etc', 'net..x', 'net./x', 'a.b c', 'a.$(id)'])('%j is no kernel setting', (key) =>
  expect(isSysctlKey(key)).toBe(false),
)
test.each(['', '1\n2', '$(id)', 'a  b', ' 1'])('%j is no value of one', (value) => expect(isSysctlValue(value)).toBe(false))

test('a bridge is made, up, with its addresses, and again so at boot', async () => {
  const spec = bridge({ name: 'lxcbr1', addresses: ['192.168.9.1/24', 'fd00:9::1/64'] })
  expect((await apply(bridgePrimitive, spec)).status).toBe('done')
  expect(await differenceOf(bridgePrimitive, spec)).toEqual({ status: 'same' })
  await run('ip link delete lxcbr1; systemctl daemon-reload; systemctl restart reeve-bridge-lxcbr1')
  expect(await differenceOf(bridgePrimitive, spec)).toEqual({ status: 'same' })
  expect((await run('systemd-analyze verify /etc/systemd/system/reeve-bridge-lxcbr1.service 2>&1 | grep reeve')).stdout).toBe('')
})

test('a bridge that drifted is named by what differs, and repaired', async () => {
  const spec = bridge({ name: 'lxcbr2', addresses: ['192.168.10.1/24'] })
  await apply(bridgePrimitive, spec)
  await run('ip address add 192.168.11.1/24 dev lxcbr2; ip link set lxcbr2 down; systemctl disable -q reeve-bridge-lxcbr2')
  expect(await differenceOf(bridgePrimitive, spec)).toMatchObject({
    change: {
      impact: 'outage',
      fields: [{ field: 'addresses', before: '192.168.10.1/24 192.168.11.1/24' }, { field: 'up', before: 'no' }, { field: 'boot' }],
    },
  })
  expect((await apply(bridgePrimitive, spec)).status).toBe('done')
  expect(await differenceOf(bridgePrimitive, spec)).toEqual({ status: 'same' })
})

test('a bridge that was new is gone when undone, and one that was there is as before', async () => {
  const spec = bridge({ name: 'lxcbr3', addresses: ['192.168.12.1/24'] })
  const steps = await stepsFor([{ primitive: bridgePrimitive, spec }], run)
  const directory = before()
  await carryOut(steps, directory, run)
  await undo(steps, directory, run)
  expect(await observe(bridgePrimitive, spec, run)).toMatchObject({ status: 'absent' })
  expect((await run('ls /etc/systemd/system/*/ /etc/systemd/system | grep -c lxcbr3')).stdout).toBe('0\n')
})

test('a bridge over which the default route goes loses no address', async () => {
  const spec = bridge({ name: 'lxcbr4', addresses: [] })
  await run(
    'ip link add lxcbr4 type bridge; ip address add 10.7.0.2/24 dev lxcbr4; ip link set lxcbr4 up; ip route add default via 10.7.0.1',
  )
  expect(await differenceOf(bridgePrimitive, spec)).toMatchObject({
    status: 'refused',
    reasons: [expect.stringContaining('carries the default route')],
  })
  await run('ip link delete lxcbr4')
})

test('an interface that is no bridge is refused', async () => {
  expect(await differenceOf(bridgePrimitive, bridge({ name: 'lo', addresses: [] }))).toMatchObject({ status: 'refused' })
})

test('a bridge with something plugged into it is not removed', async () => {
  const spec = bridge({ name: 'lxcbr5', addresses: [] })
  await apply(bridgePrimitive, spec)
  await run('ip link add veth5 type veth peer name peer5; ip link set veth5 master lxcbr5')
  const retired = () =>
    known(bridgePrimitive, spec, run).then((state) => bridgePrimitive.retire?.(entryOf(spec), state, contextOf())?.steps ?? [])
  expect(await carryOut(await retired(), before(), run)).toMatchObject({
    status: 'refused',
    stderr: 'veth5 is plugged into lxcbr5; stop or move it first\n',
  })
  await run('ip link delete veth5')
  expect((await carryOut(await retired(), before(), run)).status).toBe('done')
  expect(await observe(bridgePrimitive, spec, run)).toMatchObject({ status: 'absent' })
})

test('a package is installed without starting its daemon, and what policy was laid for that is gone', async () => {
  await run(repository)
  const spec = debianPackage('reeve-sample')
  expect(await observe(packagePrimitive, spec, run)).toEqual({ status: 'absent' })
  expect(await apply(packagePrimitive, spec)).toMatchObject({ status: 'done' })
  expect(await differenceOf(packagePrimitive, spec)).toEqual({ status: 'same' })
  expect((await run('systemctl is-active reeve-sample; systemctl is-enabled reeve-sample; ls /usr/sbin/policy-rc.d 2>&1')).stdout).toBe(
    "inactive\nenabled\nls: cannot access '/usr/sbin/policy-rc.d': No such file or directory\n",
  )
})

test("a package that no source has says so, and a person's own policy is left alone", async () => {
  await run("printf '#!/bin/sh\\nexit 0\\n' > /usr/sbin/policy-rc.d")
  const result = await apply(packagePrimitive, debianPackage('no-such-package'))
  expect(result).toMatchObject({
    status: 'failed',
    stderr: expect.stringContaining('no package source of this machine has no-such-package\n'),
  })
  expect((await run('cat /usr/sbin/policy-rc.d; rm /usr/sbin/policy-rc.d')).stdout).toBe('#!/bin/sh\nexit 0\n')
})

test('a package that cannot be installed because dpkg is held says so, and leaves nothing behind', async () => {
  await run(`rm -f /usr/sbin/policy-rc.d
cat > /hold.py <<'PY'
import fcntl, time
held = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(held, fcntl.LOCK_EX); open('/held', 'w').close(); time.sleep(600)
PY
systemd-run -q --unit hold python3 /hold.py
while [ ! -e /held ]; do sleep 0.1; done`)
  const impatient = await instead(
    'apt-get',
    'for word do shift; case $word in DPkg::Lock::Timeout=*) word=DPkg::Lock::Timeout=1 ;; esac; set -- "$@" "$word"; done; exec /usr/bin/apt-get "$@"',
  )
  const steps = await stepsFor([{ primitive: packagePrimitive, spec: debianPackage('reeve-other') }], run)
  const result = await carryOut(steps, before(), impatient)
  await run('systemctl stop hold')
  expect(result).toMatchObject({
    status: 'failed',
    stderr: expect.stringMatching(/^dpkg is held by another program; it will be tried again\n.*python3/s),
  })
  expect((await run('ls /usr/sbin/policy-rc.d 2>&1')).stdout).toContain('No such file')
})

test('a package database that cannot be read is unknown, not absent', async () => {
  const unsure = await instead('dpkg-query', 'printf "dpkg\\tinstall ok installed\\t1\\n"; exit 1')
  expect((await observe(packagePrimitive, debianPackage('dpkg'), unsure)).status).toBe('present')
  const broken = await instead('dpkg-query', 'exit 2')
  expect((await observe(packagePrimitive, debianPackage('dpkg'), broken)).status).toBe('unknown')
  expect(packagePrimitive.parse('dpkg\tinstall ok', [{ id: debianPackage('dpkg').id }]).items.size).toBe(0)
})

test('a half-installed package differs, a removed one with its configuration left is absent', () => {
  const spec = debianPackage('nginx')
  const read = (words: string) => packagePrimitive.parse(`nginx\t${words}\t1.22\nend\n`, [{ id: spec.id, spec }]).items.get(spec.id)
  expect(read('install ok half-configured')).toMatchObject({ status: 'present' })
  expect(packagePrimitive.diff(spec, read('install ok half-configured') as never, undefined)).toMatchObject({
    change: { action: 'update' },
  })
  expect(read('deinstall ok config-files')).toEqual({ status: 'absent' })
})

test.each(['Nginx', 'a', 'nginx*', '-y', 'nginx=1', 'a b', ''])('%j is no package name', (name) => expect(isPackageName(name)).toBe(false))

test('a file that was there before Reeve is put back when no manifest asks for it', async () => {
  const spec = file({ path: '/etc/sample.conf', content: 'ours\n', mode: '0644', owner: 'root:root' })
  await run('echo theirs > /etc/sample.conf; chmod 600 /etc/sample.conf; chown 0:1 /etc/sample.conf')
  const previous = filePrimitive.previous?.(spec, await known(filePrimitive, spec, run))
  expect((await apply(filePrimitive, spec)).status).toBe('done')
  const retired = filePrimitive.retire?.(entryOf(spec, previous), await known(filePrimitive, spec, run), contextOf())
  expect((await carryOut(retired?.steps ?? [], before(), run)).status).toBe('done')
  expect((await run('cat /etc/sample.conf; stat -c "%a %u:%g" /etc/sample.conf')).stdout).toBe('theirs\n600 0:1\n')
  expect(() =>
    filePrimitive.retire?.(
      entryOf(spec, '{"kept":"/etc/shadow","mode":"0644","owner":"0:0"}'),
      { status: 'present', state: { type: 'file' } },
      contextOf(),
    ),
  ).toThrow('the ledger does not say what the file was before')
})

/** A package with a daemon whose installation would start it, in a source of its own. */
const repository = `set -e
rm -f /usr/sbin/policy-rc.d
mkdir -p /repo/build/DEBIAN /repo/build/lib/systemd/system
printf '[Service]\\nExecStart=/bin/sleep 1000\\n[Install]\\nWantedBy=multi-user.target\\n' > /repo/build/lib/systemd/system/reeve-sample.service
printf 'Package: reeve-sample\\nVersion: 1\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.com>\\nDescription: sample\\n' > /repo/build/DEBIAN/control
printf '#!/bin/sh\\nset -e\\ndeb-systemd-helper enable reeve-sample.service >/dev/null\\nsystemctl daemon-reload\\ndeb-systemd-invoke start reeve-sample.service >/dev/null || :\\n' > /repo/build/DEBIAN/postinst
chmod 755 /repo/build/DEBIAN/postinst
dpkg-deb -b /repo/build /repo/reeve-sample.deb >/dev/null
cd /repo
{ cat build/DEBIAN/control; printf 'Filename: ./reeve-sample.deb\\nSize: %s\\nSHA256: %s\\n' "$(stat -c %s reeve-sample.deb)" "$(sha256sum < reeve-sample.deb | cut -c1-64)"; } > Packages
rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list
rm -rf /var/lib/apt/lists/*`
