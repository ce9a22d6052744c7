import { parentPort } from 'node:worker_threads'
import { parseFile } from '../manifests/parse.ts'
import type { FileText } from './parseAhead.ts'

/** A thread of `parseAhead`: each message is a list of files, each answer what was parsed of them. */
parentPort?.on('message', (files: readonly FileText[]) => parentPort?.postMessage(files.map((file) => parseFile(file))))
