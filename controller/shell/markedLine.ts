import { createHash } from 'node:crypto'
import { type Script, sh } from './sh.ts'

/** Taking lines of ours out of a file, and putting the file back as it was. */
export interface Unmarking {
  readonly run: Script
  readonly undo: Script
}

/**
 * Takes the lines that read so (basic regular expressions of whole lines, without `/`) out of the first lines of a file, by one rename; all else stays byte for
 * byte, with mode, owner and attributes. A file without such a line, a link, and what is no file stay untouched.
 */
export function withoutMark(path: string, lines: readonly string[], within = 10): Unmarking {
  if (lines.some((line) => line.includes('/'))) throw new Error(`not an expression for sed: ${lines.join(', ')}`)
  const [staged, back] = [`${path}.reeve-new`, `${path}.reeve-back`]
  const image = sh`"$REEVE_BEFORE"/${`marked-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`}`
  const edits = lines.flatMap((line) => ['-e', `1,${within}{/^${line}$/d;}`])
  const run = sh`if [ -f ${path} ] && [ ! -L ${path} ]; then
  LC_ALL=C sed ${edits} -- ${path} > ${image}.new
  if ! cmp -s -- ${image}.new ${path}; then
    cp -a -- ${path} ${image}.part; sync -- ${image}.part; mv -T -- ${image}.part ${image}
    rm -f -- ${staged}; cp -a -- ${path} ${staged}
    cat -- ${image}.new > ${staged}
    sync -- ${staged}
    mv -T -- ${staged} ${path}
  fi
fi`
  // Where a person edited it since, the mark stays away: the next look finds what is there.
  const undo = sh`rm -f -- ${staged}
if [ -e ${image} ] && cmp -s -- ${image}.new ${path}; then
  rm -f -- ${back}; cp -a -- ${image} ${back}; mv -T -- ${back} ${path}
fi`
  return { run, undo }
}
