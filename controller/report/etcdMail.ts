import { printable, type Rendered, renderMail, utc } from './mails.ts'

/** That a replica cannot speak to etcd, and so changes nothing. */
export function renderEtcd(message: string, sinceSeconds: number): Rendered {
  return renderMail(
    'Reeve itself: a replica cannot reach etcd',
    [
      ['What', printable(message)],
      ['Since', utc(sinceSeconds)],
      [
        'Reeve',
        'looks at what it was in charge of, and changes nothing; replicas that reach etcd have taken over. Where none does, nothing is changed anywhere',
      ],
    ],
    [],
    'look whether etcd has a majority (etcdctl endpoint health) and whether this machine reaches it. In need, reeve apply works without it.',
  )
}
