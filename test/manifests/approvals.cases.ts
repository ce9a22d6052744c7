/** A `reeve.approvals.yaml`, and every finding; with any, nothing is approved. */
export interface BadApprovals {
  readonly name: string
  readonly text: string
  readonly says: readonly string[]
}

export const badApprovals: readonly BadApprovals[] = [
  {
    name: 'an approval of all',
    text: '- {hash: all}\n',
    says: [
      'reeve.approvals.yaml:1:10: error: [0].hash: "all" is not allowed here; the hash that `reeve plan` prints beside what it withheld: 12 to 64 characters of 0-9 and a-f',
    ],
  },
  {
    name: 'an approval for one host',
    text: '- {hash: 0123456789ab, for: he1}\n',
    says: ['reeve.approvals.yaml:1:24: error: [0].for: unknown field "for"; the fields here are hash, reason, author'],
  },
  { name: 'one approval and no list', text: 'hash: 0123456789ab\n', says: ['reeve.approvals.yaml:1:1: error: must be a list, not fields'] },
  {
    name: 'approvals in broken YAML',
    text: '- {hash: 0123456789ab}\n- [',
    says: ['reeve.approvals.yaml:2:4: error: the closing ] is missing, or stands too far to the left; it was opened in line 2'],
  },
  {
    name: 'a hash of digits without quotes',
    text: '- {hash: 123456789012}\n',
    says: ['reeve.approvals.yaml:1:10: error: [0].hash: must be text, not 123456789012; write it in quotes: "123456789012"'],
  },
]
