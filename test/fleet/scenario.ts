import type { Cycle } from '../../controller/engine/cycle.ts'
import { openBenchHost } from '../bench/host.ts'
import type { SshTarget } from '../lab/ssh-client.ts'
import { manifestOf } from './manifests.ts'

/** What a scenario was seen to do, step by step, without what differs from one machine to the next. */
export interface Told {
  readonly step: string
  readonly status: string
  readonly roundTrips: number
  readonly drift: readonly string[]
  readonly applied: readonly string[]
  readonly unknown: readonly string[]
  /** Items of the ledger with their state, and its generation. */
  readonly ledger: readonly string[]
  readonly generation: number
}

/** A host on which a person may do things beside the controller. */
export interface Stage {
  readonly target: SshTarget
  run(command: string): Promise<string>
}

const resources = 30

/** Converge, change, drift by hand, a step that fails, an apply that was killed, a lost ledger, a hold: the same on any host. */
export async function play({ target, run }: Stage): Promise<readonly Told[]> {
  const told: Told[] = []
  await using reeve = openBenchHost(target)
  const way = { ...target }
  const see = async (step: string) => {
    const cycle = await reeve.cycle()
    told.push({ step, ...seen(cycle), ...ledgerOf(await run('cat /var/lib/reeve/ledger')) })
  }
  await reeve.want(manifestOf(way, resources))
  await see('converges')
  await see('is as wanted')
  await reeve.want(manifestOf(way, resources, 'second'))
  await see('a commit changes one file')
  await run('echo by hand >>/etc/reeve-fleet/3.conf; chmod 600 /etc/reeve-fleet/4.conf; rm /etc/reeve-fleet/5.conf')
  await see('three files drift')
  // Not ip_forward: with it the kernel resets its neighbours (ip-sysctl), which is not simulated.
  await run('echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter')
  await see('a setting drifts')
  await run('systemctl stop cron.service')
  await see('a service was stopped')
  // A folder in the place where a file is staged: the step fails, and all of its transaction is undone.
  await run('mkdir /etc/reeve-fleet/0.conf.reeve-new')
  await reeve.want(manifestOf(way, resources, 'third'))
  await see('a step fails')
  await run('rmdir /etc/reeve-fleet/0.conf.reeve-new')
  await see('it can be done after all')
  await run('mkdir -p /etc/reeve; echo "reason: by hand" >/etc/reeve/hold; rm /etc/reeve-fleet/6.conf')
  await see('a person holds the host')
  await run('rm /etc/reeve/hold')
  await see('and lets it go')
  await reeve.want(manifestOf(way, resources - 2, 'third'))
  await see('two files leave Git')
  told.push({ ...(told.at(-1) as Told), step: 'what stands there', applied: (await run(standing)).split('\n') })
  return told
}

const standing =
  "cd /etc/reeve-fleet; stat -c '%a %U:%G %s %n' -- *; sha256sum -- *; cat /etc/sysctl.d/90-reeve-*; ls -d /var/lib/reeve/journal/* /etc/reeve-fleet/*.reeve-* 2>/dev/null || echo no more"

function seen({ status, roundTrips, drift, applied, plan }: Cycle) {
  return {
    status,
    roundTrips,
    drift: drift.map(({ id }) => id).toSorted(),
    applied: applied
      .map(({ transaction, outcome }) => `${outcome.status} ${transaction.changes.map(({ id, action }) => `${action} ${id}`).join(', ')}`)
      .toSorted(),
    unknown: plan.unknown.map(({ id }) => id),
  }
}

function ledgerOf(text: string): Pick<Told, 'ledger' | 'generation'> {
  const lines = text.split('\n').filter((line) => line !== '')
  const items = new Map<string, string>()
  let generation = 0
  for (const line of lines.map((one) => JSON.parse(one) as Record<string, unknown>)) {
    if ('reeve' in line) generation = Number(line['generation'])
    else if ('removed' in line) items.delete((line['removed'] as { id: string }).id)
    else items.set(String(line['id']), `${line['id']} ${line['state']} ${JSON.stringify(line['fields'])}`)
  }
  return { ledger: [...items.values()].toSorted(), generation }
}
