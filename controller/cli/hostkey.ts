import type { Command } from 'commander'
import { reasonOf } from '../model/reason.ts'
import { dial } from '../ssh/connect.ts'
import { offeredHostKeys } from '../ssh/hostkey.ts'
import { CommandEnd } from './exit.ts'

export function addHostkey(program: Command): void {
  program
    .command('hostkey')
    .argument('<address>', 'name or address of a host')
    .option('-p, --port <port>', 'its SSH port', '22')
    .description('print the host keys that an address offers, for a person to compare with the console before they go into a manifest')
    .action((address: string, options: { readonly port: string }) => hostkey(address, options.port))
}

async function hostkey(address: string, text: string): Promise<void> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw new CommandEnd(`--port: ${JSON.stringify(text)} is not a port (1 to 65535)`)
  const keys = await offeredHostKeys({ address, port, deadlineMs: 10_000, forward: dial }).catch((error: unknown) => {
    throw new CommandEnd(`${address} port ${port}: ${reasonOf(error)}`, 1)
  })
  process.stderr.write(
    `# nothing proves yet that ${address} is the right machine: compare with\n# ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on its console\n`,
  )
  for (const key of keys) process.stdout.write(`${key.line}  # ${key.fingerprint}\n`)
  process.exitCode = keys.length === 0 ? 1 : 0
}
