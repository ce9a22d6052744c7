import { describe, expect, it } from 'vitest'
import { createNotices, type Look, type Notices } from '../../controller/loop/noticed.ts'

const what = (uptimeSeconds: number) => ({ items: undefined, by: undefined, uptimeSeconds })

/** A look that begins and ends at one moment, and has seen all that moved before it. */
function look(notices: Notices, atSeconds: number, more: Partial<Look> = {}): void {
  const causes = notices.all()
  notices.looked({
    causes,
    beganSeconds: atSeconds,
    endedSeconds: atSeconds,
    uptimeSeconds: undefined,
    hasFound: false,
    isVoid: false,
    ...more,
  })
}

/** Something tells of a thing every tenth of a second, and it is looked at whenever that is due: seconds between looks. */
function gapsUnder(storm: (turn: number) => string, seconds: number, hasFound: boolean): readonly number[] {
  const notices = createNotices(60)
  const looks: number[] = []
  for (let turn = 0; turn < seconds * 10; turn++) {
    const now = 1000 + turn / 10
    notices.notice(storm(turn), what(now), now - 0.05)
    if ((notices.dueSeconds() ?? Number.POSITIVE_INFINITY) > now) continue
    look(notices, now, { hasFound })
    looks.push(now)
  }
  return looks.slice(1).map((at, index) => at - (looks[index] ?? at))
}

describe('what a watch tells', () => {
  it('is looked at once things have settled', () => {
    const notices = createNotices(60)
    expect(notices.dueSeconds()).toBeUndefined()
    notices.notice('/etc/a', what(1), 100)
    notices.notice('/etc/a', what(2), 100.1)
    notices.notice('/etc/b', what(2), 100.15)
    expect(notices.dueSeconds()).toBeCloseTo(100.2)
    look(notices, 100.3)
    expect(notices.dueSeconds()).toBeUndefined()
  })

  it('is looked at at once also where the clock was put back', () => {
    const notices = createNotices(60)
    notices.notice('/etc/a', what(1), 86_400)
    look(notices, 86_401)
    notices.notice('/etc/a', what(2), 86_402)
    notices.notice('/etc/a', what(3), 100)
    expect(notices.dueSeconds()).toBeCloseTo(100.2)
    notices.notice('/etc/b', what(4), 100.1)
    expect(notices.dueSeconds()).toBeCloseTo(100.2)
  })

  it('is seen by a look that began after we heard of it', () => {
    const notices = createNotices(60)
    notices.notice('/etc/a', what(50), 100)
    look(notices, 101)
    expect(notices.all()).toEqual([])
  })

  it('is seen where it moved before the host was last read, though we heard of it later: our own doing', () => {
    const notices = createNotices(60)
    notices.notice('/etc/ours', what(49.99), 102)
    notices.notice('/etc/byHand', what(50), 102)
    look(notices, 101, { causes: [], endedSeconds: 103, uptimeSeconds: 50 })
    expect(notices.all().map(({ words }) => words)).toEqual(['/etc/byHand'])
  })

  it('still waits after a look that came to nothing, or from which nothing may be derived', () => {
    const notices = createNotices(60)
    notices.notice('/etc/a', what(1), 100)
    look(notices, 101, { isVoid: true })
    expect(notices.all()).toHaveLength(1)
  })

  it('keeps what a process was called where the next notice names none', () => {
    const notices = createNotices(60)
    notices.notice('table', { ...what(1), by: 'nft, process 1' }, 100)
    notices.notice('table', what(2), 100.1)
    expect(notices.all()[0]?.by).toBe('nft, process 1')
  })

  it('is looked at ever farther apart where there is nothing to find', () => {
    const gaps = gapsUnder(() => '/etc/noisy', 1800, false)
    expect(Math.min(...gaps.slice(-10))).toBeGreaterThan(15)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(61)
    expect(gaps.length).toBeLessThan(1800 / 15)
  })

  it('is put right again and again where somebody fights it, with a pause in between', () => {
    const gaps = gapsUnder(() => '/etc/fought', 1800, true)
    expect(Math.min(...gaps.slice(-10))).toBeGreaterThan(1)
    expect(Math.max(...gaps)).toBeLessThan(10)
  })

  it('is looked at with a pause where a thousand things take turns', () => {
    const gaps = gapsUnder((turn) => `/etc/${turn % 1000}`, 1800, false)
    expect(Math.min(...gaps.slice(-10))).toBeGreaterThan(2)
  })

  it('is looked at at once beside something noisy', () => {
    const notices = createNotices(60)
    let now = 1000
    for (let turn = 0; turn < 6; turn++) {
      notices.notice('/etc/noisy', what(now), now)
      now = Math.max(now, notices.dueSeconds() ?? now) + 0.1
      look(notices, now)
    }
    notices.notice('/etc/noisy', what(now), now)
    expect(notices.dueSeconds()).toBeGreaterThan(now + 5)
    notices.notice('/etc/quiet', what(now), now)
    expect(notices.dueSeconds()).toBeLessThan(now + 1)
  })

  it('is forgiven with time', () => {
    const notices = createNotices(60)
    let now = 1000
    for (let turn = 0; turn < 6; turn++) {
      notices.notice('/etc/noisy', what(now), now)
      now = Math.max(now, notices.dueSeconds() ?? now) + 0.1
      look(notices, now)
    }
    now += 600
    notices.notice('/etc/noisy', what(now), now)
    expect(notices.dueSeconds()).toBeCloseTo(now + 0.2)
  })
})
