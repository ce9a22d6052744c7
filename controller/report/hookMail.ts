import { printable, type Rendered, renderMail, utc } from './mails.ts'

/** That deliveries of webhooks are signed with another secret than ours. */
export function renderHook(failures: number, message: string, sinceSeconds: number): Rendered {
  return renderMail(
    'webhooks are refused',
    [
      [
        'What',
        `${failures} deliveries in a row had a signature that our secret does not make; the last one came from ${printable(message)}`,
      ],
      ['Since', utc(sinceSeconds)],
      ['Reeve', 'did nothing because of them; it polls the repository as ever, so commits arrive later and do arrive'],
    ],
    [],
    "compare the secret at the forge with webhooks.secretFile; if the forge's own list of deliveries shows none that failed, somebody else tries: look at who can reach the listener.",
  )
}
