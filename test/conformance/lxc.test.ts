import { afterEach, beforeEach, describe } from 'vitest'
import { archivePath, type LxcHost, startLxcHost } from '../lxc/host.ts'
import { web } from '../primitives/lxcContainer/specs.ts'
import { type Place, type Sample, treeOf } from './sample.ts'
import { conforms } from './suite.ts'

/** The kernel's names of cgroups are the same for all hosts of this machine. */
const name = `t${process.pid}-conform`
const folder = '/mnt/ct/web'
const config = `/var/lib/lxc/${name}/config`
const rooted = { 'lxc.rootfs.path': `dir:${folder}`, 'lxc.cgroup2.cpuset.cpus': '0' }
const { template: _template, ...found } = web({ name, rootfs: { folder }, adopt: 'Replace' }, rooted)
const unpack = `mkdir -p ${folder} && tar -xpf ${archivePath} -C ${folder}`

/** Real LXC on this machine's kernel (cgroup v1), the root in a folder. On a volume, and with cgroup v2: lab.samples.ts. */
const samples: readonly Sample[] = [
  {
    type: 'lxcContainer',
    name: 'a container on a root that is there',
    before: unpack,
    wanted: [found],
    spoil: `echo 99 >/sys/fs/cgroup/pids/lxc.payload.${name}/pids.max; sed -i '/^lxc.start.auto/d' ${config}`,
    footprint: `exec 2>/dev/null; lxc-info -n ${name} -sH; ${treeOf('/var/lib/lxc', folder)}; cat /sys/fs/cgroup/pids/lxc.payload.${name}/pids.max || :`,
  },
]

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost(name)
})
afterEach(() => host.close())

async function place(): Promise<Place> {
  return { host, run: (script) => host.must(script) }
}

describe.each(samples)('$type: $name', (sample) => conforms(sample, place, 60_000))
