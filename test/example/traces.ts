import type { Machine } from '../lab/lab.ts'

/** What holds all that Reeve keeps; what daemons write for themselves lies elsewhere. */
const kept = '/etc /usr /home /srv /var/lib/reeve /var/lib/bind /var/lib/lxc'

const stamp = '/run/reeve-example-stamp'

/** From now on writes are noticed, on the hypervisor and in its containers. */
export async function beginWatch(machine: Machine, containers: readonly string[]): Promise<void> {
  await everywhere(machine, containers, `touch ${stamp}`)
  await machine.must('sleep 0.1')
}

/** Files of those places that were written, made, renamed, or given another mode or owner since. */
export async function writtenSince(machine: Machine, containers: readonly string[]): Promise<readonly string[]> {
  // Not -xdev: volumes hang below. Containers are asked inside, where their mounts are; from outside their files would be there twice.
  const all = await everywhere(
    machine,
    containers,
    `find ${kept} -path /var/lib/lxc/*/rootfs -prune -o -cnewer ${stamp} -print 2>/dev/null || :`,
  )
  return all.filter((line) => line !== '')
}

async function everywhere(machine: Machine, containers: readonly string[], command: string): Promise<readonly string[]> {
  const on = async (where: string, shell: string) =>
    (await machine.must(shell)).split('\n').map((line) => (line === '' ? '' : `${where}:${line}`))
  const own = await on(machine.name, command)
  const others: string[] = []
  for (const name of containers) others.push(...(await on(name, `lxc-attach -n ${name} --clear-env -- sh -c '${command}'`)))
  return [...own, ...others]
}
