import { runMailQueue } from './mailQueue.ts'

// By bin/mail-queue: the spool's folder, due or all, verbose or quiet, the file of ssmtp.
const [dir = '', which, loudness, confFile = ''] = process.argv.slice(2)
await runMailQueue(dir, which === 'all' ? 'all' : 'due', loudness === 'verbose', confFile)
