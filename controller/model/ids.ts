declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

export type HypervisorName = Brand<string, 'HypervisorName'>
export type ContainerName = Brand<string, 'ContainerName'>
/** `Kind/name`, for example `Proxy/edge`. */
export type ManifestId = Brand<string, 'ManifestId'>
/** `type:key`, for example `file:/etc/hosts`. Unique on one target; the key alone must let the primitive find the thing on the host. */
export type PrimitiveId = Brand<string, 'PrimitiveId'>

const dns1123Label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const containerGrammar = /^[A-Za-z0-9][-A-Za-z0-9_.]{0,62}$/

/** RFC 1123 label: what metadata.name must be. */
export function isDnsLabel(text: string): boolean {
  return dns1123Label.test(text)
}

export function hypervisorName(text: string): HypervisorName {
  if (!isDnsLabel(text)) throw new Error(`not a hypervisor name: ${JSON.stringify(text)}`)
  return text as HypervisorName
}

/** LXC's own grammar is wider than a DNS label (`My_Box` exists on real hosts); this is the part that is safe as a path and as a word. */
export function containerName(text: string): ContainerName {
  if (!containerGrammar.test(text)) throw new Error(`not a container name: ${JSON.stringify(text)}`)
  return text as ContainerName
}

export function manifestId(kind: string, name: string): ManifestId {
  return `${kind}/${name}` as ManifestId
}

export function primitiveId(type: string, key: string): PrimitiveId {
  if (key === '' || /[\0-\x1f\x7f]/.test(key)) throw new Error(`not a key of a ${type}: ${JSON.stringify(key)}`)
  return `${type}:${key}` as PrimitiveId
}

/** The part of an id before the first colon. */
export function typeOf(id: PrimitiveId): string {
  return id.slice(0, id.indexOf(':'))
}

/** The part of an id after the first colon. */
export function keyOf(id: PrimitiveId): string {
  return id.slice(id.indexOf(':') + 1)
}
