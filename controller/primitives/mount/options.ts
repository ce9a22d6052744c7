/** Options of mount(8) that the kernel shows as they are, each with its opposite: these are compared live. All others only in the line of fstab. */
const flags: readonly (readonly [on: string, off: string])[] = [
  ['nosuid', 'suid'],
  ['nodev', 'dev'],
  ['noexec', 'exec'],
  ['nodiratime', 'diratime'],
]
const accessTimes = ['noatime', 'relatime', 'strictatime']

/** `defaults,noatime` → what the kernel is to show, as words to remount with. Access time is relatime where nothing is said (mount(8)). */
export function liveFlags(options: readonly string[]): readonly string[] {
  const last = (words: readonly string[]) => options.findLast((option) => words.includes(option))
  const plain = flags.map(([on, off]) => last([on, off]) ?? off)
  const time = last([...accessTimes, 'atime', 'norelatime', 'nostrictatime']) ?? 'relatime'
  return [...plain, accessTimes.includes(time) ? time : 'relatime']
}

/** What mountinfo shows, in the same words. No word for access time means strictatime. */
export function shownFlags(shown: readonly string[]): readonly string[] {
  const time = accessTimes.find((word) => shown.includes(word)) ?? 'strictatime'
  return [...flags.map(([on, off]) => (shown.includes(on) ? on : off)), time]
}

/** Plain `relatime` leaves noatime as it is; `atime,relatime` clears it (seen with util-linux 2.38). */
export function remountOptions(words: readonly string[], isReadOnly: boolean): string {
  return ['remount', isReadOnly ? 'ro' : 'rw', ...words.map((word) => (word === 'relatime' ? 'atime,relatime' : word))].join(',')
}
