import type { Secret } from '../shell/secret.ts'

/** What came of a secret's file. */
export type Opening =
  | { readonly status: 'opened'; readonly secret: Secret }
  | { readonly status: 'closed'; readonly reason: string; readonly hint: string }

/** Opens the bytes of an encrypted file; never rejects, never throws. */
export type OpenSecret = (bytes: Uint8Array) => Promise<Opening>
