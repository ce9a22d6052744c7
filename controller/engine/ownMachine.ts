import type { PlannedChange } from '../model/plan.ts'

/** Where the controller itself runs, so that it does not stop itself where it manages its own machine. */
export interface OwnMachine {
  /** /etc/machine-id: a host that says the same is this machine. */
  readonly machineId: string
  /** Unit that it runs as; undefined where it is none. */
  readonly unit: string | undefined
  /** What it runs from and keeps: its program, its state, its configuration. */
  readonly paths: readonly string[]
}

/** Why a change on its own machine could end the controller, or lock out whoever would put that right; `isApprovable` where consent is enough. */
export interface OwnDanger {
  readonly because: string
  readonly isApprovable: boolean
}

/** Packages are no danger: Reeve removes none, and installs none that would (apt-get --no-remove). */
export function ownDanger(change: PlannedChange, { unit, paths }: OwnMachine): OwnDanger | undefined {
  if (change.target.inside !== undefined) return undefined
  const [type, name] = splitId(change.id)
  const { fields, action } = change
  if (type === 'service' && name === unit && (action === 'delete' || fields.some(({ field }) => field !== 'enabled'))) {
    const because = `${unit} is this very controller, which does not stop or restart itself; do it by hand: systemctl restart ${unit}`
    return { because, isApprovable: false }
  }
  const held = paths.find((path) => name === path || `${path}/`.startsWith(`${name}/`) || name.startsWith(`${path}/`))
  if (name.startsWith('/') && held !== undefined && action === 'delete')
    return { because: `${change.id} holds what this very controller runs from (${held})`, isApprovable: true }
  if (type === 'nftTable')
    return {
      because: `this is the controller's own machine: a connection to itself comes in over the loopback, and proves nothing about yours`,
      isApprovable: true,
    }
  return undefined
}

function splitId(id: string): readonly [type: string, name: string] {
  const colon = id.indexOf(':')
  return [id.slice(0, colon), id.slice(colon + 1)]
}
