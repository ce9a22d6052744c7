import { parseArgs } from 'node:util'
import { ensureKey } from '../lab/keys.ts'
import { questionsTo, serveControl } from './control.ts'
import { startFleet } from './fleet.ts'

/** A fleet in a process of its own: `bin/node test/fleet/main.ts --count 100`. Its first line says on which port it can be asked; it lives until its stdin ends. */
const { values } = parseArgs({ options: { count: { type: 'string', default: '10' }, prefix: { type: 'string', default: 'sim' } } })
const [controller, host] = [await ensureKey('controller'), await ensureKey('simulated')]
const fleet = await startFleet({
  count: Number(values.count),
  prefix: values.prefix,
  hostKeyFile: host.privateFile,
  authorizedKeys: [controller.publicLine],
})
console.log(JSON.stringify({ port: await serveControl(questionsTo(fleet)) }))
process.stdin.resume().on('end', () => process.exit(0))
