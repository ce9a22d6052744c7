import type { Assessment, Reading, Vital } from '../../../model/kind.ts'
import { providerName } from '../../../model/placement.ts'
import type { Target } from '../../../model/target.ts'
import { type Script, sh } from '../../../shell/sh.ts'
import { type Facts, judge, notRead, samplesOf, type Verdict, type WantedState } from '../health.ts'
import type { Container } from '../provider.ts'

const ticksPerSecond = 100

/** Whether it is as it should be, and what it uses. No process is started: the shell reads the cgroup's files itself. */
export function vitals(manifest: Container, target: Target): readonly Vital[] {
  const name = providerName(manifest)
  const { state = 'running' } = manifest.spec
  return [{ id: 'container', target, pace: 'trip', probe: probe(name), assess: (reading) => assess(reading, name, state) }]
}

function probe(name: string): Script {
  return sh`
read -r up rest </proc/uptime
echo "uptime $up"
if [ -e ${`/var/lib/lxc/${name}/config`} ]; then
  while read -r line || [ -n "$line" ]; do
    case $line in ''|'#'*|lxc.network.*|lxc.utsname*|lxc.rootfs[\ =]*) ;; lxc.*=*) continue ;; esac
    case $line in ''|'#'*) ;; *) echo "broken $line" ;; esac
  done <${`/var/lib/lxc/${name}/config`}
else
  echo absent
fi
failed='' said=''
while read -r outcome at rest; do
  case $outcome in
    tried) failed='' said='' ;;
    failed) failed=$at said='' ;;
    log) said=\${said:-"$at $rest"} ;;
  esac
done 2>/dev/null <${`/run/reeve/lxc/${name}.starts`} || :
if [ -n "$failed" ]; then echo "failed $failed"; echo "failedlog $said"; fi
while read -r at seconds; do echo "killed $at"; done 2>/dev/null <${`/run/reeve/lxc/${name}.kills`} || :
cgroup=${`/sys/fs/cgroup/lxc.payload.${name}`}
if [ -d "$cgroup" ]; then
  for file in memory.current memory.max cgroup.freeze; do
    value=
    read -r value 2>/dev/null <"$cgroup/$file" || continue
    echo "$file $value"
  done
  for file in cgroup.events memory.events cpu.stat; do
    while read -r key value; do echo "$file:$key $value"; done 2>/dev/null <"$cgroup/$file" || :
  done
else
  ${legacy(name)}
fi
pid=
{ read -r pid <"$cgroup/init.scope/cgroup.procs" || read -r pid <"$cgroup/cgroup.procs"; } 2>/dev/null || :
stat=
case $pid in ''|*[!0-9]*) ;; *) read -r stat 2>/dev/null <"/proc/$pid/stat" || : ;; esac
echo "init $stat"`
}

/** The same numbers from the trees of cgroup v1, in the words of v2. Where the container does not run, nothing is said. */
function legacy(name: string): Script {
  const at = (controller: string): string => `/sys/fs/cgroup/${controller}/lxc.payload.${name}`
  const value = (word: string, file: string): Script => sh`value=; if read -r value 2>/dev/null <${file}; then echo ${word} "$value"; fi`
  return sh`cgroup=${at('freezer')}
  pid=
  read -r pid 2>/dev/null <"$cgroup/cgroup.procs" || return 0
  echo 'cgroup.events:populated 1'
  value=
  read -r value 2>/dev/null <"$cgroup/freezer.state" || :
  if [ "$value" = FROZEN ]; then echo 'cgroup.freeze 1'; fi
  ${value('memory.current', `${at('memory')}/memory.usage_in_bytes`)}
  ${value('memory.max', `${at('memory')}/memory.limit_in_bytes`)}
  ${value('cpuacct.usage', `${at('cpuacct')}/cpuacct.usage`)}
  while read -r key value; do echo "memory.events:$key $value"; done 2>/dev/null <${`${at('memory')}/memory.oom_control`} || :`
}

function assess(reading: Reading, name: string, wanted: WantedState): Assessment {
  if (reading.status === 'unknown') return notRead(reading)
  const words = readWords(reading.stdout)
  const facts = factsOf(words, reading.stdout.split('\n'), name)
  return { ...(brokenConfig(words, name) ?? judge(facts, name, wanted)), samples: samplesOf(facts) }
}

/** The first line with a word counts: what a config says cannot overrule what was printed before it, nor pose as a number. */
function readWords(stdout: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [word = '', ...rest] = line.split(' ')
    if (word !== '' && !words.has(word)) words.set(word, rest.join(' '))
  }
  return words
}

function brokenConfig(words: ReadonlyMap<string, string>, name: string): Verdict | undefined {
  const broken = words.get('broken')
  if (broken === undefined) return undefined
  const message = `/var/lib/lxc/${name}/config holds a line that LXC cannot load, so its tools can neither stop nor enter ${name}: ${broken.slice(0, 80)}`
  return { healthy: false, reason: 'ConfigBroken', message }
}

function factsOf(words: ReadonlyMap<string, string>, lines: readonly string[], name: string): Facts {
  const isFrozen = words.get('cgroup.freeze') === '1'
  const said = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  return {
    exists: !words.has('absent'),
    running: words.get('cgroup.events:populated') !== '1' ? 'stopped' : isFrozen ? 'frozen' : 'running',
    thaw: `lxc-unfreeze -n ${name}`,
    startFailed: said('failed').length === 0 ? undefined : (said('failedlog').at(-1) ?? 'LXC said nothing'),
    kills: said('killed')
      .map(Number)
      .filter((at) => at > 0 && at < 1e11),
    memoryBytes: words.get('memory.current'),
    memoryLimitBytes: limited(words.get('memory.max')),
    oomKills: words.get('memory.events:oom_kill'),
    cpuSeconds: seconds(words.get('cpu.stat:usage_usec'), 1e6) ?? seconds(words.get('cpuacct.usage'), 1e9),
    uptimeSeconds: uptime(words),
  }
}

/** cgroup v1 has no word for no limit. */
function limited(bytes: string | undefined): string | undefined {
  return Number(bytes) >= 2 ** 62 ? undefined : bytes
}

function seconds(text: string | undefined, perSecond: number): string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? String(Number(text) / perSecond) : undefined
}

/** Fields of stat are counted from the last parenthesis, since names may hold some. */
function uptime(words: ReadonlyMap<string, string>): string | undefined {
  const stat = words.get('init') ?? ''
  const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / ticksPerSecond
  const age = Number(words.get('uptime')) - started
  return Number.isFinite(age) && age >= 0 ? age.toFixed(2) : undefined
}
