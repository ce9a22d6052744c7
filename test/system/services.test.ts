import { expect, test } from 'vitest'
import { says, saysInside, specsOf } from './place.ts'

const files = (...paths: readonly string[]) => `files: [${paths.map((path) => `{path: ${path}, content: x}`).join(', ')}]`

const bad: readonly (readonly [name: string, system: string, says: readonly string[]])[] = [
  [
    'a file that nobody writes',
    '{services: [{unit: a.service, needs: [/etc/x]}]}',
    ['services[0].needs[0]: /etc/x is not in system.files'],
  ],
  [
    'a file that is loaded anyway',
    `{${files('/etc/x')}, services: [{unit: a.service, loads: [/etc/x], needs: [/etc/x]}]}`,
    ['services[0].needs[0]: /etc/x is in loads already, which is more'],
  ],
  [
    'units that wait for each other',
    `{${files('/etc/a', '/etc/b')}, services: [{unit: a.service, loads: [/etc/a], needs: [/etc/b]}, {unit: b.service, loads: [/etc/b], needs: [/etc/a]}]}`,
    ['services[0].needs: the units wait for each other: a.service → b.service → a.service'],
  ],
]

test.each(bad.map(([name, system, expected]) => ({ name, system, expected })))('$name is refused with its place and reason', (one) => {
  expect(says(one.system)).toEqual(one.expected)
  expect(saysInside(one.system)).toEqual(one.expected)
})

test('files that no unit loads are written before all units, and what a unit needs is waited for', () => {
  const specs = specsOf(
    `{packages: [xx], ${files('/etc/loaded', '/usr/local/bin/tool', '/etc/other')}, services: [{unit: a.service, loads: [/etc/loaded], needs: [/usr/local/bin/tool, /etc/other]}, {unit: b.service, loads: [/etc/other]}]}`,
  )
  expect(specs.map(({ id }) => id)).toEqual([
    'package:xx',
    'file:/usr/local/bin/tool',
    'file:/etc/loaded',
    'file:/etc/other',
    'service:a.service',
    'service:b.service',
  ])
  const needsOf = (id: string) => specs.find((spec) => spec.id === id)?.needs?.map((need) => need.id)
  expect(needsOf('service:a.service')).toEqual(['package:xx', 'file:/usr/local/bin/tool', 'file:/etc/other'])
  expect(needsOf('service:b.service')).toEqual(['package:xx'])
  expect(needsOf('file:/usr/local/bin/tool')).toEqual(['package:xx'])
})
