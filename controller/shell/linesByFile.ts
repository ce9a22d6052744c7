/**
 * Path → text, from what `grep -HZ ''` prints: a NUL between a file's name and each of its lines, so that no text can pose as another file's. The last line
 * ends in a line feed here whether or not it did. Throws on a line of no file.
 */
export function linesByFile(text: string): ReadonlyMap<string, string> {
  const files = new Map<string, string[]>()
  for (const line of text.split('\n').slice(0, -1)) {
    const end = line.indexOf('\0')
    if (end === -1) throw new Error('the answer about containers holds a line of no file')
    const path = line.slice(0, end)
    const lines = files.get(path)
    if (lines === undefined) files.set(path, [line.slice(end + 1)])
    else lines.push(line.slice(end + 1))
  }
  return new Map([...files].map(([path, lines]) => [path, `${lines.join('\n')}\n`]))
}
