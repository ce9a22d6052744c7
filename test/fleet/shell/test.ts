import { textOf } from '../disk.ts'
import type { Process } from './process.ts'
import { absolute } from './redirect.ts'

/** test(1). */
export function test(process: Process, words: readonly string[]): number {
  try {
    return Number(!holds(process, words))
  } catch {
    process.fds.get(2)?.write?.(`sh: [: ${words.join(' ')}: unexpected\n`)
    return 2
  }
}

function holds(process: Process, words: readonly string[]): boolean {
  const [first = '', second = '', third = ''] = words
  switch (words.length) {
    case 0:
      return false
    case 1:
      return first !== ''
    case 2:
      return first === '!' ? second === '' : unary(process, first, second)
    case 3:
      if (isBinary(second)) return binary(first, second, third)
      if (first === '!') return !holds(process, words.slice(1))
      if (second === '-a') return holds(process, [first]) && holds(process, [third])
      if (second === '-o') return holds(process, [first]) || holds(process, [third])
      throw new Error('unexpected operator')
    default:
      return longer(process, words)
  }
}

function longer(process: Process, words: readonly string[]): boolean {
  if (words[0] === '!' && words.length === 4) return !holds(process, words.slice(1))
  const or = words.indexOf('-o')
  if (or !== -1) return holds(process, words.slice(0, or)) || holds(process, words.slice(or + 1))
  const and = words.indexOf('-a')
  if (and !== -1) return holds(process, words.slice(0, and)) && holds(process, words.slice(and + 1))
  throw new Error('too many words')
}

function unary(process: Process, operator: string, operand: string): boolean {
  if (operator === '-n') return operand !== ''
  if (operator === '-z') return operand === ''
  if (operator === '-t') return false
  const { disk } = process.machine
  const path = absolute(process, operand)
  if (operand === '') return false
  if (path === '/dev/null') return ['-e', '-r', '-w', '-c'].includes(operator)
  const node = disk.at(path, operator !== '-L' && operator !== '-h')
  if (node === undefined) return false
  switch (operator) {
    case '-f':
      return node.type === 'file'
    case '-d':
      return node.type === 'directory'
    case '-L':
    case '-h':
      return node.type === 'link'
    case '-p':
      return node.type === 'fifo'
    case '-s':
      return node.type === 'directory' || (node.type === 'file' && textOf(node) !== '')
    case '-x':
      return node.type === 'directory' || (node.mode & 0o111) !== 0
    case '-e':
    case '-r':
    case '-w':
      return true
    default:
      throw new Error(`unknown operator ${operator}`)
  }
}

const numeric = new Set(['-eq', '-ne', '-gt', '-ge', '-lt', '-le'])

function isBinary(operator: string): boolean {
  return operator === '=' || operator === '!=' || numeric.has(operator)
}

function binary(one: string, operator: string, other: string): boolean {
  if (operator === '=') return one === other
  if (operator === '!=') return one !== other
  if (!/^\s*[-+]?\d+\s*$/.test(one) || !/^\s*[-+]?\d+\s*$/.test(other)) throw new Error('not a number')
  const difference = Number(one) - Number(other)
  switch (operator) {
    case '-eq':
      return difference === 0
    case '-ne':
      return difference !== 0
    case '-gt':
      return difference > 0
    case '-ge':
      return difference >= 0
    case '-lt':
      return difference < 0
    default:
      return difference <= 0
  }
}
