import type { Machine } from '../lab/lab.ts'

/** What holds all that Reeve keeps; what daemons write for themselves lies elsewhere. */
const kept = '/etc /usr /home /srv /var/lib/reeve /var/lib/bind /var/lib/lxc'
const stamp = '/run/reeve-example-stamp'
const canary = '/etc/reeve-example-canary'
// Not -xdev: volumes hang below. Containers are asked inside: from outside their files would be there twice.
const find = `find ${kept} -path /var/lib/lxc/\\*/rootfs -prune -o -cnewer ${stamp} -print 2>/dev/null || :`

/** Notices writes from now on, on a hypervisor and in its containers. Throws where it would not. */
export async function beginWatch(machine: Machine, containers: readonly string[]): Promise<void> {
  await everywhere(machine, containers, `touch ${stamp}; sleep 0.1; touch ${canary}`)
  const seen = await everywhere(machine, containers, `${find}; rm ${canary}; sleep 0.1; touch ${stamp}`)
  const blind = [machine.name, ...containers].filter((where) => !seen.includes(`${where}:${canary}`))
  if (blind.length > 0) throw new Error(`a write would not be noticed on ${blind.join(', ')}`)
  await machine.must('sleep 0.1')
}

/** Files of those places that were written, made, renamed, or given another mode or owner since. */
export async function writtenSince(machine: Machine, containers: readonly string[]): Promise<readonly string[]> {
  return everywhere(machine, containers, find)
}

/** Lines that a command says on the hypervisor and in each container, with where it was said. */
async function everywhere(machine: Machine, containers: readonly string[], command: string): Promise<readonly string[]> {
  const said = [[machine.name, await machine.must(command)] as const]
  for (const name of containers) said.push([name, await machine.must(`lxc-attach -n ${name} --clear-env -- sh -c '${command}'`)])
  return said.flatMap(([where, text]) => text.split('\n').flatMap((line) => (line === '' ? [] : [`${where}:${line}`])))
}
