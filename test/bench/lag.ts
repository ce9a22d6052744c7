import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Loaded into a process beforehand (`--import`): writes each second to the file that REEVE_LAG_FILE names how late the event loop was, p99 in milliseconds, since SIGUSR2 came last. */
const file = process.env['REEVE_LAG_FILE']
if (file !== undefined) {
  const resolutionMs = 5
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  process.on('SIGUSR2', () => delay.reset())
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  setInterval(() => {
    writeFileSync(file, JSON.stringify({ p99Ms: late(delay.percentile(99)), mostMs: late(delay.max), heap: process.memoryUsage() }))
  }, 1000).unref()
}
