import { expect, it } from 'vitest'
import { bounceOf } from '../../controller/mail/bounce.ts'

const entry = {
  mail: { id: 'x', references: [], subject: 's', text: '' },
  letter: { from: 'ann@foo.bar', to: ['a@b.c', 'd@e.f'] },
  createdSeconds: 0,
  attempts: 9,
  nextAttemptSeconds: 0,
  refused: [{ recipient: 'a@b.c', reply: '550 nobody' }],
  remaining: ['d@e.f'],
  lastError: 'hub:25: d@e.f: 450 later',
}

it('a bounce names those who were refused and those who were given up', () => {
  const bounce = bounceOf(entry, Buffer.from('Subject: s\n\nx'), { domain: 'foo.bar', hostname: 'box.foo.bar' }, 0)
  expect(bounce?.message?.toString()).toContain('  a@b.c\n    550 nobody\n  d@e.f\n    hub:25: d@e.f: 450 later\n')
})

it('a bounce says what the server said, in whatever letters', () => {
  const refused = [{ recipient: 'a@b.c', reply: '550 用户 Ċ' }]
  const bounce = bounceOf({ ...entry, refused, remaining: [] }, Buffer.from('Subject: s\n\nx'), { domain: 'foo.bar', hostname: 'b' }, 0)
  expect(bounce?.message?.toString()).toContain('550 =E7=94=A8=E6=88=B7 =C4=8A\n')
})
