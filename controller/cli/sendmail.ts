import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Command } from 'commander'

/** Here for the list of commands: bin/reeve starts bin/sendmail by itself, without loading the controller. */
export function addSendmail(program: Command): void {
  program
    .command('sendmail')
    .argument('[arguments...]', 'as of sendmail(8)')
    .description('takes a message on stdin for the mail servers of ssmtp.conf, as /usr/sbin/sendmail would (exit statuses of sysexits)')
    .helpOption(false)
    .allowUnknownOption()
    .action((words: readonly string[]) => {
      const { status } = spawnSync('sh', [join(import.meta.dirname, '../../bin/sendmail'), ...words], { stdio: 'inherit' })
      process.exitCode = status ?? 75
    })
}
