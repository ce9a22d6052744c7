import { type Script, sh } from '../../shell/sh.ts'
import type { WatchList } from './list.ts'
import { watchProgram } from './program.ts'

/** Starts the watch's program, which comes on its input; where there is nothing to run it, says so and ends. */
export const watchCommand: Script = sh`PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
if command -v perl >/dev/null 2>&1; then exec perl -; fi
echo missing perl`

/** Seconds between two signs of life. Four that nobody answers are the end of it. */
export const beatSeconds = 15

/** What goes into it first: the program, then what to watch. */
export function watchInput({ lines }: Pick<WatchList, 'lines'>, seconds = beatSeconds): string {
  return `${watchProgram}${[`beat ${seconds}`, ...lines, 'go'].join('\n')}\n`
}

/** Ends a watch that stands still, by the process that it said it is: nothing else, should the number be another's by now. */
export function endWatch(process: number): Script {
  return sh`read -r reeve_watch </proc/${process}/comm && test "$reeve_watch" = reeve-watch && kill -s KILL ${process}`
}
