import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ParsedFile, parseFile } from '../manifests/parse.ts'
import { inSlices, type Steps } from '../model/steps.ts'
import type { TreeFile } from '../model/tree.ts'
import { slices } from './slices.ts'

/** Fewer are parsed before a thread has started. */
const worthIt = 2000
/** A thread is handed so much at a time: more would keep others waiting when it comes back. */
const atATime = { files: 10, bytes: 65_536 }
/** More threads would only wait for this one, which takes what they say. */
const mostThreads = 3

/** What a thread is told of a file. */
export interface FileText {
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Parses many files on this thread and on the machine's other processors, which the cold start of a large fleet spends most of its time on, and hands each out as it comes.
 * A thread that ends or fails takes its files with it: they are not handed out. Threads end with the last file.
 */
export async function parseAhead(
  files: readonly TreeFile[],
  onParsed: (file: ParsedFile) => void,
  threads: number = Math.min(availableParallelism() - 1, mostThreads),
): Promise<void> {
  if (files.length < worthIt || threads < 1) return
  const batches = inBatches(files)
  const others = Array.from({ length: threads }, () => parseOnThread(batches, onParsed))
  await Promise.all([inSlices(parseHere(batches, onParsed), slices), ...others])
}

type Batch = readonly TreeFile[]

function* inBatches(files: readonly TreeFile[]): Generator<Batch, undefined> {
  let batch: TreeFile[] = []
  let bytes = 0
  for (const file of files) {
    if (batch.length === atATime.files || (batch.length > 0 && bytes + file.bytes.length > atATime.bytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(file)
    bytes += file.bytes.length
  }
  if (batch.length > 0) yield batch
}

function* parseHere(batches: Iterator<Batch, undefined>, onParsed: (file: ParsedFile) => void): Steps<void> {
  for (let batch = batches.next().value; batch !== undefined; batch = batches.next().value)
    for (const file of batch) {
      onParsed(parseFile(file))
      yield
    }
}

async function parseOnThread(batches: Iterator<Batch, undefined>, onParsed: (file: ParsedFile) => void): Promise<void> {
  const thread = new Worker(new URL('parseAheadMain.ts', import.meta.url), { name: 'parse' })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const next = (): void => {
    const batch = batches.next().value
    if (batch === undefined) resolve()
    else send(thread, batch)
  }
  for (const end of ['error', 'messageerror', 'exit']) thread.on(end, () => resolve())
  thread.on('message', (answer: readonly ParsedFile[]) => {
    try {
      for (const file of answer) onParsed(file)
      next()
    } catch (error) {
      reject(error)
    }
  })
  // A thread needs a while to start, and until then what it was sent would wait for it.
  thread.once('online', next)
  try {
    await promise
  } finally {
    await thread.terminate()
  }
}

/** Copies: bytes may be a part of something large, which would be sent whole. */
function send(thread: Worker, batch: Batch): void {
  const texts: readonly FileText[] = batch.map(({ path, bytes }) => ({ path, bytes: Uint8Array.from(bytes) }))
  thread.postMessage(
    texts,
    texts.map(({ bytes }) => bytes.buffer),
  )
}
