import { type ControllerProcess, type StartOptions, startController } from './controller.ts'

/** The controller of a world that has one at a time. */
export interface OneController {
  /** The one that runs; started where none does. */
  controller(): Promise<ControllerProcess>
  /** kill -9, where one runs. */
  kill(): Promise<void>
}

export function createOneController(configFile: string, stateDir: string, options?: StartOptions): OneController {
  let running: Promise<ControllerProcess> | undefined
  return {
    controller() {
      running ??= startController(configFile, stateDir, options)
      return running
    },
    async kill() {
      const one = running
      running = undefined
      await one?.then(
        (controller) => controller.kill(),
        () => {},
      )
    },
  }
}
