import { printable, type Rendered, renderMail, utc } from './mails.ts'

export function renderUnreachable(hypervisor: string, message: string, sinceSeconds: number): Rendered {
  return renderMail(
    `${hypervisor}: unreachable`,
    [
      ['What', printable(message)],
      ['Since', utc(sinceSeconds)],
      ['Reeve', 'changes nothing there, keeps its view of the host as unknown, and tries again'],
    ],
    [],
    `look whether ${hypervisor} is up and its sshd answers from where Reeve runs. Reeve says when it is back.`,
  )
}

export function renderHostKey(hypervisor: string, message: string, sinceSeconds: number): Rendered {
  return renderMail(
    `${hypervisor}: HOST KEY CHANGED`,
    [
      ['What', printable(message)],
      ['Since', utc(sinceSeconds)],
      ['Reeve', 'refused the connection before it authenticated; nothing was sent or changed'],
    ],
    [],
    'do not put the new key into Git before it was compared on the console of the machine.',
  )
}

export function renderHostRefused(hypervisor: string, message: string, sinceSeconds: number): Rendered {
  return renderMail(
    `${hypervisor}: refused: not ours as it stands`,
    [
      ['What', printable(message)],
      ['Since', utc(sinceSeconds)],
      ['Reeve', 'changed nothing there, and looks again'],
    ],
    [],
    'decide whose host this is; the line above names the command for each answer. Reeve says when it is over.',
  )
}
