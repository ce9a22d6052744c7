import { describe, expect, it } from 'vitest'
import { createPaint } from '../../controller/report/paint.ts'
import { ago, isAllWell, statusAbout, statusText } from '../../controller/report/status.ts'
import { badStatus, goodStatus, hostile } from '../http/views.ts'

const nowSeconds = Math.floor(Date.now() / 1000)
const look = { paint: createPaint(false), nowSeconds, isWhole: false }
const linesOf = (...parameters: Parameters<typeof statusText>) => statusText(...parameters).split('\n')

describe('reeve status on a terminal', () => {
  it('of a fleet that is well says so in few lines, and names every manifest only where it is asked to', () => {
    const text = statusText(goodStatus, look)
    expect(text).toMatch(/^fleet home at 3f2a9c41d07b Proxy: serve the shop over port 80 \(Ann Ode, 5 min ago\)\n/)
    expect(text).toContain('5 manifests are as Git says (--all shows them)\n')
    expect(text).not.toContain('Zone/example.org')
    expect(statusText(goodStatus, { ...look, isWhole: true })).toMatch(/^Zone\/example\.org {2}ready {2}he1\/dns, he2\/dns$/m)
    expect(isAllWell(goodStatus)).toBe(true)
  })

  it('says what needs a person first, and what to do', () => {
    const lines = linesOf(badStatus, look)
    expect(lines.slice(2, 5)).toEqual([
      'error fleet/edge.yaml:12:7: spec.sites[0].listen: 80000 is too large: at most 65535',
      'Restart he1: lxcContainer:web needs a restart and its maintenance window is closed  (reeve approve 0123456789ab)',
      expect.stringMatching(/^suspended he3: a new disk \(ann, until \d{4}-\d\d-\d\d \d\d:\d\d UTC\)$/),
    ])
    expect(isAllWell(badStatus)).toBe(false)
    // A controller that has just started knows of nothing bad, and of nothing good.
    expect(isAllWell({ ...goodStatus, commit: null, hypervisors: [], resources: [] })).toBe(false)
  })

  it('lines columns up, and shows an item that drifts in two fields once', () => {
    const lines = linesOf(badStatus, look)
    const head = lines.find((line) => line.startsWith('HYPERVISOR')) ?? ''
    for (const name of ['he1', 'he2', 'he3']) {
      const row = lines.find((line) => line.startsWith(`${name} `)) ?? ''
      expect(row.slice(head.indexOf('STATE') - 2, head.indexOf('STATE') + 1)).toMatch(/^ {2}\S$/)
    }
    expect(lines.filter((line) => line.startsWith('he1/web file:/etc/nginx/nginx.conf'))).toEqual([
      expect.stringMatching(/^he1\/web file:\/etc\/nginx\/nginx\.conf {2}content, mode {2}\d+ min ago {2}Proxy\/edge$/),
    ])
  })

  it('sends no control character of a host or of Git to the terminal, and breaks no line', () => {
    const text = statusText(hostile(badStatus), look)
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    expect(text.split('\n').length).toBe(linesOf(badStatus, look).length)
  })

  it('is of one hypervisor, or of one manifest and where it stands', () => {
    const [he1, edge] = [statusAbout(badStatus, 'he1'), statusAbout(badStatus, 'Proxy/edge')]
    expect([he1.hypervisors.map(({ name }) => name), he1.resources.map(({ name }) => name)]).toEqual([['he1'], ['web', 'basic', 'edge']])
    expect([edge.hypervisors.map(({ name }) => name), edge.resources.map(({ name }) => name)]).toEqual([['he1'], ['edge']])
  })

  it.each([
    [3, '3 s ago'],
    [600, '10 min ago'],
    [7200, '2 h ago'],
    [864_000, '10 d ago'],
    [-5, '0 s ago'],
  ])('tells %i seconds as %s', (passed, words) => expect(ago(1e6 - passed, 1e6)).toBe(words))
})
