import { isFields } from './manifests/envelope.ts'

/** One of several controllers that share the fleet over etcd. */
export interface ReplicasConfig {
  /** Of this one; absent: the machine's name. */
  readonly name?: string
  /** Where people reach it. */
  readonly url?: string
  /** How long the others wait for one that is silent. */
  readonly lease: string
  /** How long it fails to reach a hypervisor before another one may have it. */
  readonly handOver: string
  readonly etcd: {
    readonly endpoints: readonly string[]
    readonly certificateAuthority?: string
    readonly certificateFile?: string
    readonly keyFile?: string
    readonly user?: string
    readonly passwordFile?: string
    readonly plaintext: boolean
  }
}

const path = (description: string): object => ({
  type: 'string',
  minLength: 1,
  maxLength: 1000,
  pattern: '^/[^\\x00-\\x1f]*$',
  description: `${description}, an absolute path`,
})

/** The shape of `replicas`. */
export const replicasSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'Several controllers share the fleet over etcd; without it this is the only one',
  required: ['etcd'],
  properties: {
    name: {
      type: 'string',
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
      description: 'Name of this one among them: 1 to 63 characters of a-z, 0-9 and -',
    },
    url: { type: 'string', maxLength: 255, pattern: '^https?://[^\\s<>"\']+$', description: 'Where people reach this one' },
    lease: {
      type: 'string',
      minLength: 1,
      maxLength: 20,
      default: '5s',
      description: 'How long the others wait for one that is silent, such as 5s',
    },
    handOver: {
      type: 'string',
      minLength: 1,
      maxLength: 20,
      default: '5m',
      description: 'How long this one fails to reach a hypervisor before it leaves it to one that does, longer than a reboot, such as 5m',
    },
    etcd: {
      type: 'object',
      additionalProperties: false,
      description: 'Where they meet',
      required: ['endpoints'],
      properties: {
        endpoints: {
          type: 'array',
          minItems: 1,
          maxItems: 20,
          description: 'The servers of one etcd',
          items: {
            type: 'string',
            maxLength: 300,
            pattern: '^https?://[A-Za-z0-9.:[\\]-]+$',
            description: 'a server such as https://etcd1.example.org:2379',
          },
        },
        certificateAuthority: path('File with the certificate authority of the servers, PEM'),
        certificateFile: path('File with our own certificate, PEM'),
        keyFile: path('File with the key of our own certificate, PEM'),
        user: { type: 'string', minLength: 1, maxLength: 254, description: 'User to authenticate as' },
        passwordFile: path('File with the password'),
        plaintext: { type: 'boolean', default: false, description: 'Speaks to other machines without TLS' },
      },
    },
  },
}

type Oddity = readonly [path: string, summary: string, hint: string]

const loopback = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/** What the schema cannot say of `replicas`. */
export function replicasOddities(replicas: unknown): readonly Oddity[] {
  const etcd = isFields(replicas) ? replicas.etcd : undefined
  if (!isFields(etcd)) return []
  const endpoints = Array.isArray(etcd.endpoints) ? etcd.endpoints.filter((one) => typeof one === 'string') : []
  const found: Oddity[] = endpoints.flatMap((one, index) => endpointOddities(one, index, etcd.plaintext === true))
  if ((etcd.certificateFile === undefined) !== (etcd.keyFile === undefined))
    found.push(['replicas.etcd', 'certificateFile and keyFile belong together', 'write both, or neither'])
  if ((etcd.user === undefined) !== (etcd.passwordFile === undefined))
    found.push(['replicas.etcd', 'user and passwordFile belong together', 'write both, or neither'])
  return found
}

function endpointOddities(endpoint: string, index: number, isPlaintext: boolean): readonly Oddity[] {
  if (!endpoint.startsWith('http://') || isPlaintext || loopback.test(endpoint)) return []
  const hint = 'write https://…, or plaintext: true where nobody else can listen'
  return [
    [
      `replicas.etcd.endpoints[${index}]`,
      'whoever reads or writes this way is in charge of the fleet: http is allowed only to this machine',
      hint,
    ],
  ]
}
