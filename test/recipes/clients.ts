import { createTransport } from 'nodemailer'
import type { Machine } from '../lab/lab.ts'
import { openWay } from './outside.ts'

/** Sends a mail as the world does: to port 25 of a hypervisor's public card. Answers with what the gateway says, and never throws for that. */
export async function mailThrough(machine: Machine, to: string, subject: string): Promise<string> {
  await using way = await openWay(machine, 25)
  const transport = createTransport({ host: '127.0.0.1', port: way.port, ignoreTLS: true, name: 'client.example.org' })
  try {
    const { response } = await transport.sendMail({ from: 'someone@example.org', to, subject, text: 'Hello' })
    return response
  } catch (error) {
    return error instanceof Error && 'response' in error ? String(error.response) : String(error)
  } finally {
    transport.close()
  }
}

/** What a container says to a command. */
export async function inside(machine: Machine, container: string, command: string): Promise<string> {
  return (await machine.must(`lxc-attach -n ${container} --clear-env -- sh -c '${command}'`)).trim()
}

/** Asks one server, from a container, for records of a name. */
export async function dig(machine: Machine, container: string, server: string, question: string): Promise<readonly string[]> {
  return (await inside(machine, container, `dig +short +time=10 @${server} ${question}`)).split('\n').toSorted()
}
