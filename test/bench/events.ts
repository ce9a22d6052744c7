import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { LogRecord } from '../lab/demo/controller.ts'
import { startNativeHost } from '../lab/nspawn.ts'
import { archivePath, endContainer, makeArchive } from '../lxc/host.ts'
import { startRunning, until } from './commit.ts'
import { manifestsOf } from './fleet.ts'
import { figure, type Row } from './rows.ts'
import { quantile } from './statistics.ts'

const size = { files: 40, vhosts: 5, settings: 5, packages: 2, services: 3 }

const container = `bench${process.pid}`
/** A host at native speed sees the kernel's trees of cgroups (v1), and may not write there. */
const letContainersIn = 'for tree in /sys/fs/cgroup/*/; do mount -o remount,rw,bind "$tree"; done'

/** What somebody does by hand, by its turn, and how the item is called that drifts. */
interface Drift {
  readonly sort: string
  done(turn: number): string
  item(turn: number): string
}

const drifts: readonly Drift[] = [
  {
    sort: 'a file that is edited',
    done: (turn) => `echo more >>/etc/reeve-bench/${turn % size.files}.conf`,
    item: (turn) => `file:/etc/reeve-bench/${turn % size.files}.conf`,
  },
  { sort: 'a rule that is added', done: () => 'nft add rule inet reeve input tcp dport 9999 accept', item: () => 'nftTable:inet reeve' },
  { sort: 'a service that is stopped', done: () => 'systemctl stop cron', item: () => 'service:cron.service' },
  {
    sort: 'a container that is killed',
    // What ends five times within ten minutes is left alone for a while: this is the first time again.
    done: () => `rm -f /run/reeve/lxc/${container}.starts; lxc-stop -k -n ${container} </dev/null`,
    item: () => `lxcContainer:${container}`,
  },
  { sort: 'a mount that is taken away', done: () => 'umount /srv/scratch', item: () => 'service:srv-scratch.mount' },
]

/** From a change by hand on a host at native speed to its being found and put right, under a resync of an hour: what is found, the watch has told. */
export async function benchEvents(runs: number): Promise<readonly Row[]> {
  await using host = await startNativeHost({ name: 'bench1' })
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => void (await host.exec(endContainer(container))))
  const manifest = containerOf(host.name, await host.must(`set -e; { ${letContainersIn}; ${makeArchive}; } >&2; sha256sum <${archivePath}`))
  const fill = async (folder: string) => {
    await mkdir(folder, { recursive: true })
    const mounts = (line: string, space: string) => `${line}${space}  mounts: [{path: /srv/scratch, tmpfs: 16Mi}]\n`
    await writeFile(join(folder, 'fleet.yaml'), `${manifestsOf(host, size).replace(/^( *)system:\n/m, mounts)}---\n${manifest}`)
  }
  console.error('bench: events, the controller converges')
  await using running = await startRunning(host.identityFile, fill, () => Promise.resolve({ resync: '1h' }))
  await until(
    async () => (await host.exec('pgrep -x reeve-watch')).code === 0,
    () => 'the host is not watched',
  )
  const rows: Row[] = []
  for (const { sort, done, item } of drifts) {
    console.error(`bench: events, ${sort}`)
    const [found, right]: [number[], number[]] = [[], []]
    for (let turn = 0; turn < runs; turn++) {
      const from = running.records.length
      const began = Number(await host.must(`date +%s%3N; { ${done(turn)}; } >&2`))
      const told = (of: (record: LogRecord) => boolean) => running.records.slice(from).find(of)
      const drift = () => told(({ component, item: name }) => component === 'drift' && String(name).endsWith(item(turn)))
      const proof = () => told(({ component, status }) => component === 'loop' && status === 'converged')
      await until(
        async () => proof() !== undefined,
        () => `${sort}: it is not put right`,
      )
      found.push(Date.parse(drift()?.time ?? '') - began)
      right.push(Date.parse(proof()?.time ?? '') - began)
    }
    rows.push(
      figure(`${sort}: found, p95 of ${runs}`, quantile(found, 0.95), 'ms', 1000, null),
      figure('… p50', quantile(found, 0.5), 'ms', null),
      figure('… put right and proven, p95', quantile(right, 0.95), 'ms', 2000, null),
      figure('… p50', quantile(right, 0.5), 'ms', null),
    )
  }
  return rows
}

/** One of LXC, in a folder: a host at native speed has no device-mapper. `sum`: as sha256sum(1) prints that of its template. */
function containerOf(hypervisor: string, sum: string): string {
  const template = { type: 'archive', path: archivePath, sha256: sum.slice(0, 64) }
  const spec = { hypervisor, template, rootfs: { dir: { path: `/srv/containers/${container}` } } }
  return stringify({ apiVersion: 'reeve.dev/v1', kind: 'Container', metadata: { name: container }, spec })
}
