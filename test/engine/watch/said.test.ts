import { describe, expect, it } from 'vitest'
import { createSaidReader, type Said } from '../../../controller/engine/watch/said.ts'

const cases: readonly { readonly name: string; readonly text: string; readonly said: readonly Said[] }[] = [
  { name: 'a watch that sees all', text: 'ready 12.34 4711\n', said: [{ type: 'ready', uptimeSeconds: 12.34, process: 4711 }] },
  { name: 'a sign of life', text: 'alive 99999.00\n', said: [{ type: 'alive', uptimeSeconds: 99_999 }] },
  { name: 'a thing that moved', text: 'moved 1.00 3 \n', said: [{ type: 'moved', uptimeSeconds: 1, things: [3] }] },
  {
    name: 'a thing that a process moved, whose name has blanks',
    text: 'moved 1.00 0 71 tmux: server\n',
    said: [{ type: 'moved', uptimeSeconds: 1, things: [0], by: { process: 71, name: 'tmux: server' } }],
  },
  { name: 'too many things to tell', text: 'moved 1.00 *\n', said: [{ type: 'moved', uptimeSeconds: 1, things: 'all' }] },
  { name: 'a reader that works', text: 'source nft ok\n', said: [{ type: 'source', source: 'nft', because: '' }] },
  {
    name: 'a reader that does not',
    text: 'source link netlink: Operation not permitted\n',
    said: [{ type: 'source', source: 'link', because: 'netlink: Operation not permitted' }],
  },
  { name: 'a host that cannot', text: 'missing perl\n', said: [{ type: 'missing', because: 'perl' }] },
  { name: 'a thing that nobody asked for', text: 'moved 1.00 4 \nmoved 1.00 999999999 \nmoved 1.00 -1 \n', said: [] },
  { name: 'a line without its end', text: 'alive 1.00', said: [] },
  {
    name: 'times that are none',
    text: 'alive\nalive x\nalive 1e9\nalive 1.0\nalive -1.00\nalive 99999999999.00\nready 1.00 x\n',
    said: [],
  },
  { name: 'a reader that is none', text: 'source disk ok\nsource __proto__ ok\nsource file \n', said: [] },
  { name: 'a banner, an empty line and bytes', text: 'Welcome!\n\n\0\x01\xff\x1b[2J\n  alive 1.00\n', said: [] },
  { name: 'control characters where a name should be', text: 'moved 1.00 0 71 a\x1b[2Jb\nsource file a\tb\n', said: [] },
  {
    name: 'a line that is too long',
    text: `moved 1.00 0 71 ${'x'.repeat(400)}\nalive 2.00\n`,
    said: [{ type: 'alive', uptimeSeconds: 2 }],
  },
]

describe('what a watch says', () => {
  for (const { name, text, said } of cases) {
    it(`is read: ${name}`, () => expect(createSaidReader(4).push(text)).toEqual(said))
    it(`is read in pieces: ${name}`, () => {
      const reader = createSaidReader(4)
      expect([...text].flatMap((one) => reader.push(one))).toEqual(said)
    })
  }

  it('takes no more room than a line, whatever comes without an end, and is read again after it', () => {
    const reader = createSaidReader(4)
    for (let turn = 0; turn < 1000; turn++) expect(reader.push('alive 1.00 '.repeat(100))).toEqual([])
    expect(reader.push('alive 1.00\nalive 2.00\n')).toEqual([{ type: 'alive', uptimeSeconds: 2 }])
  })
})
