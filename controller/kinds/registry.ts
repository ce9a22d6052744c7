import type { AnyKind } from '../model/kind.ts'
import { container } from './container/index.ts'
import { firewall } from './firewall/index.ts'
import { hypervisor } from './hypervisor/index.ts'
import { mailRoute } from './mailroute/index.ts'
import { nameServer } from './nameserver/index.ts'
import { proxy } from './proxy/index.ts'
import { smartCheck } from './smartcheck/index.ts'
import { syslogSink } from './syslogsink/index.ts'
import { volume } from './volume/index.ts'
import { zone } from './zone/index.ts'

/** Every kind, one line each. */
export const kinds: readonly AnyKind[] = [
  container,
  firewall,
  hypervisor,
  mailRoute,
  nameServer,
  proxy,
  smartCheck,
  syslogSink,
  volume,
  zone,
]
