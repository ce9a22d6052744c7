import type { Log } from '../../controller/model/log.ts'

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
