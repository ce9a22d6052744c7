import { controllerScenes } from './controller.ts'
import { hangScenes } from './hang.ts'
import { hostScenes } from './host.ts'
import { leavingScenes } from './leaving.ts'
import type { Scene } from './line.ts'

/** Between the pages of before and docs/upgrade.md. */
export const runningScenes: readonly Scene[] = [...controllerScenes, ...hostScenes, ...hangScenes]

/** In their order on the machines. */
export const scenes: readonly Scene[] = [...runningScenes, ...leavingScenes]
