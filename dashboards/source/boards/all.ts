import type { Dashboard } from '@grafana/schema'
import { controller } from './controller.ts'
import { disks } from './disks.ts'
import { drift } from './drift.ts'
import { fleet } from './fleet.ts'
import { hypervisor } from './hypervisor.ts'
import { mailAndDns } from './mailAndDns.ts'

/** Every dashboard, by the name of its file. */
export const boards: Readonly<Record<string, Dashboard>> = {
  fleet,
  hypervisor,
  drift,
  'mail-and-dns': mailAndDns,
  disks,
  controller,
}
