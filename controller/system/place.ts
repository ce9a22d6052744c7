import type { Manifest } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import type { Target } from '../model/target.ts'
import type { Secret } from '../shell/secret.ts'
import type { SystemSpec } from './spec.ts'

/** An account of a manifest. */
export type User = NonNullable<SystemSpec['users']>[number]

/** A group of a manifest. */
export type Group = NonNullable<SystemSpec['groups']>[number]

/** A file system that is there already; a Hypervisor's CRD describes it. */
export interface Mount {
  readonly path: string
  readonly device?: string
  readonly nfs?: string
  readonly bind?: string
  /** Its greatest size. */
  readonly tmpfs?: string
  readonly type?: string
  readonly options?: readonly string[]
}

/** How Reeve itself comes in: what is changed must leave it open. Only hypervisors have one; containers are entered from theirs. */
export interface Access {
  readonly user: string
  /** Ports of sshd that the controller can come by. */
  readonly ports: readonly number[]
}

/** A `system` of a manifest, and the machine that it is of. */
export interface SystemPlace {
  readonly manifest: Manifest
  readonly system: SystemSpec
  readonly target: Target
  readonly access?: Access
  /** Of a hypervisor: a container's is a field of the container itself. */
  readonly hostname?: string
  /** Of a hypervisor, as is the clock: containers share its kernel. */
  readonly modules?: readonly string[]
  /** Of a hypervisor, by the name of their manifest: where logins can be passed on to. */
  readonly containers?: ReadonlyMap<string, { readonly name: string; readonly provider: string; readonly users: readonly string[] }>
  /** Of a hypervisor: a container's are a field of the container itself. */
  readonly mounts?: readonly Mount[]
  readonly timeSync?: { readonly servers?: readonly string[] }
  /** The value of a `secretRef`. */
  readonly secret?: (name: string) => Secret | undefined
  /** What the manifest says of all that it asks for. */
  readonly policies: Pick<Spec, 'deletionPolicy' | 'adopt' | 'driftPolicy' | 'restarts'>
}
