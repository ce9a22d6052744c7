import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import type { Container } from '../provider.ts'
import type { ContainerSpec } from '../spec.ts'

interface Unknown {
  /** Path below spec; `[]` stands for each of a list. */
  readonly field: string
  readonly isAsked: (spec: ContainerSpec) => boolean
  readonly because: string
}

/** Common fields that have no equal in OpenVZ. Each is refused, and none is dropped in silence. */
const unknown: readonly Unknown[] = [
  { field: 'state', isAsked: ({ state }) => state === 'frozen', because: 'frozen is known to provider lxc only' },
  { field: 'unprivileged', isAsked: ({ unprivileged }) => unprivileged === true, because: 'OpenVZ confines root inside by its own kernel' },
  {
    field: 'autostart.delay',
    isAsked: ({ autostart }) => autostart?.delay !== undefined,
    because: 'OpenVZ starts one container after the other',
  },
  {
    field: 'autostart.groups',
    isAsked: ({ autostart }) => (autostart?.groups ?? []).length > 0,
    because: 'OpenVZ starts all containers with the host, or none',
  },
  {
    field: 'resources.memoryHigh',
    isAsked: ({ resources }) => resources?.memoryHigh !== undefined,
    because: 'OpenVZ has no soft limit of memory; openvz.ubc.oomguarpages and vmguarpages come near',
  },
  {
    field: 'resources.memoryReservation',
    isAsked: ({ resources }) => resources?.memoryReservation !== undefined,
    because: 'OpenVZ guarantees memory by openvz.ubc.vmguarpages and oomguarpages',
  },
  {
    field: 'network',
    isAsked: ({ network }) => (network ?? []).some(({ mtu }) => mtu !== undefined),
    because: 'network[].mtu cannot be given to vzctl',
  },
  { field: 'mounts', isAsked: ({ mounts }) => (mounts ?? []).length > 0, because: 'OpenVZ mounts by scripts of the user (CTID.mount)' },
  {
    field: 'security',
    isAsked: ({ security }) =>
      security?.nesting === true ||
      security?.apparmor !== undefined ||
      security?.seccomp !== undefined ||
      (security?.capabilitiesDrop ?? []).length > 0,
    because: 'AppArmor, seccomp and capabilities are known to provider lxc only',
  },
]

export function unknownToOpenvz(manifest: Container): readonly Diagnostic[] {
  const { spec } = manifest
  return [
    ...unknown
      .filter(({ isAsked }) => isAsked(spec))
      .map(({ field, because }) =>
        complain(
          manifest,
          `spec.${field}`,
          `${field} cannot be kept with provider openvz: ${because}`,
          'leave it out, or use provider lxc',
        ),
      ),
    ...(spec.devices ?? []).flatMap(({ path, access }, index) => [
      ...(/^\/dev\/[^.]/.test(path) && !path.includes('..')
        ? []
        : [
            complain(
              manifest,
              `spec.devices[${index}].path`,
              `devices[${index}].path ${path} must be under /dev`,
              'write for example /dev/fuse',
            ),
          ]),
      ...(access === 'm'
        ? [
            complain(
              manifest,
              `spec.devices[${index}].access`,
              `devices[${index}].access m: vzctl makes the node, and grants r and w`,
              'write rwm',
            ),
          ]
        : []),
    ]),
  ]
}
