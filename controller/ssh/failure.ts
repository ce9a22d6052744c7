import type { HostError, HostErrorKind } from '../engine/host.ts'

/** A HostError: what went wrong, where, and what to do. */
export function hostError(kind: HostErrorKind, message: string, cause?: unknown): HostError {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { kind })
}

/** Narrows a caught value to a HostError. */
export function isHostError(value: unknown): value is HostError {
  return value instanceof Error && 'kind' in value
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
