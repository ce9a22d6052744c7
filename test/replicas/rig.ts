import { createEtcd, type Etcd } from '../../controller/replicas/etcd.ts'
import { createGateway, type GatewaySettings } from '../../controller/replicas/gateway.ts'
import type { Replica, ReplicaDeps } from '../../controller/replicas/ports.ts'
import { createReplica } from '../../controller/replicas/replica.ts'
import { silentLog } from './log.ts'

export function etcdAt(url: string, more: Partial<GatewaySettings> = {}): Etcd & Disposable {
  const gateway = createGateway({ endpoints: [url], timeoutMs: 1500, ...more })
  return { ...createEtcd(gateway), [Symbol.dispose]: () => gateway[Symbol.dispose]() }
}

/** A replica in this process, with the clocks of this machine. */
export function replicaOf(etcd: Etcd, name: string, more: Partial<ReplicaDeps> = {}): Replica {
  return createReplica({
    etcd,
    fleet: 'test',
    name,
    url: `http://${name}.example.org:9808`,
    leaseSeconds: 2,
    // Whoever comes is given its share at once: what is tested waits for that.
    settleSeconds: 0,
    log: silentLog,
    nowSeconds: () => Date.now() / 1000,
    monotonicMs: () => performance.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    leave: () => Promise.resolve(),
    onChange: () => {},
    ...more,
  })
}
