import type { Needed, Spec } from '../model/primitive.ts'
import { type FileSpec, file } from '../primitives/file/spec.ts'
import { service } from '../primitives/service/spec.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'

/** Something that is done once for each word of a person, such as a test mail. */
export interface Once {
  /** Part of the names of its unit, script and stamp: `smart-test`. */
  readonly name: string
  readonly description: string
  readonly word: string
  /** First line of its files. */
  readonly mark: string
  readonly needs: readonly Needed[]
  /** What is done; `$token` is the word. Where it fails the change of the word is undone, and the manifest has what it said. */
  readonly run: Script
}

/** A unit that ran for this word: a boot does it no second time. */
export function runsOnce({ name, description, word, mark, needs, run }: Once): readonly Spec[] {
  const unit = `reeve-${name}.service`
  const script = `/usr/local/lib/reeve/${name}`
  const plain = { owner: 'root:root', needs } as const
  const loaded: readonly FileSpec[] = [
    file({ path: `/etc/systemd/system/${unit}`, content: `${mark}${unitText(description, script)}`, mode: '0644', ...plain }),
    file({ path: script, content: `#!/bin/sh\n${mark}${onceFor(name, word, run).text}\n`, mode: '0755', ...plain }),
  ]
  const sending = service({ unit, isEnabled: true, state: 'running', loads: loaded, reload: 'restart', needs })
  return [...loaded, { ...sending, restarts: 'Always' }]
}

function unitText(description: string, script: string): string {
  return `[Unit]
Description=${description}
After=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${script}

[Install]
WantedBy=multi-user.target
`
}

function onceFor(name: string, word: string, run: Script): Script {
  const done = `/var/lib/reeve/stamps/${name}`
  return joinScripts([
    sh`token=${word}
if [ -f ${done} ] && read -r last <${done} && [ "$last" = "$token" ]; then exit 0; fi`,
    run,
    sh`mkdir -p /var/lib/reeve/stamps
printf '%s\n' "$token" >${done}.new
mv ${done}.new ${done}`,
  ])
}
