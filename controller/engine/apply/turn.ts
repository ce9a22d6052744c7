import { type Script, sh } from '../../shell/sh.ts'
import { runtimePath, turnPath } from './paths.ts'

/**
 * `reeve_turn 'run begun'`: leaves the name of the journal `$J` and what it does in /run/reeve/turn. Every writer calls it before its first change and after its last one,
 * before it says that it has ended: an observation that finds the same text before and after all else saw no change of Reeve's happen (as the kernel's seqlock).
 */
export const turnFunction: Script = sh`reeve_turn() { [ ! -d ${runtimePath} ] || printf '%s %s\n' "\${J##*/}" "$1" >${turnPath}; }`
