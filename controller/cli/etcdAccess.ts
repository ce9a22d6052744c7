import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import { reasonOf } from '../model/reason.ts'
import type { EtcdUser } from '../replicas/etcd.ts'
import { createGateway, type Gateway } from '../replicas/gateway.ts'
import { Secret } from '../shell/secret.ts'
import { CommandEnd } from './exit.ts'

type Settings = NonNullable<Config['replicas']>

/** The way to etcd that reeve.yaml names. Ends the command where a file of it cannot be read. */
export function openGateway({ etcd, leaseMs }: Settings): Gateway {
  const { certificateAuthority, certificateFile, keyFile } = etcd
  return createGateway({
    endpoints: etcd.endpoints,
    // Two tries before the others take over.
    timeoutMs: Math.round(leaseMs / 3),
    ...(certificateAuthority === undefined ? {} : { authorities: readNamed('certificateAuthority', certificateAuthority) }),
    ...(certificateFile === undefined ? {} : { certificate: readNamed('certificateFile', certificateFile) }),
    ...(keyFile === undefined ? {} : { key: new Secret(readNamed('keyFile', keyFile)) }),
  })
}

/** As whom; undefined where reeve.yaml names nobody. */
export function userOf({ etcd: { user, passwordFile } }: Settings): EtcdUser | undefined {
  if (user === undefined || passwordFile === undefined) return undefined
  return { name: user, password: new Secret(readNamed('passwordFile', passwordFile).trimEnd()) }
}

function readNamed(field: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandEnd(`replicas.etcd.${field} cannot be read: ${reasonOf(error)}`)
  }
}
