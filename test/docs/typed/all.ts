import { controllerScenes } from './controller.ts'
import { hangScenes } from './hang.ts'
import { hardwareScenes } from './hardware.ts'
import { hostScenes } from './host.ts'
import { leavingScenes } from './leaving.ts'
import type { Scene } from './line.ts'

/** Between the pages of before and docs/upgrade.md. */
export const runningScenes: readonly Scene[] = [...controllerScenes, ...hostScenes, ...hangScenes]

/** Those of the guide in their order on its machines, then those of a hypervisor with LVM, LXC and disks. */
export const scenes: readonly Scene[] = [...runningScenes, ...leavingScenes, ...hardwareScenes]
