import type { Step, StepContext } from '../../model/primitive.ts'
import { joinScripts, type Script, sh } from '../../shell/sh.ts'
import { guestHash } from './compare.ts'
import { type OwnMark, renderMark, templateOf } from './conf.ts'
import { allOptions, putMark } from './edit.ts'
import { writeGuestFiles } from './guest.ts'
import { isRunning, startScript, vzctlFunction } from './lifecycle.ts'
import { canBridge, isCached, sampleExists, syncTemplate } from './needs.ts'
import { confFolder, findPrivateArea, isFilled, placesOf, readPrivateArea, retiredPattern } from './places.ts'
import type { Creation, OpenvzContainerSpec } from './spec.ts'

/**
 * Makes a container, or goes on with one whose making was cut off. Our comment in the configuration carries the state: while it says `creating`, nobody's
 * data is in the private area, and each step may be done again; it is taken back before the first start. vzctl itself unpacks into PATH.tmp and renames that at
 * the end, and its own leftovers it clears: the private area is whole, an empty folder (its lock), or absent. Nothing here removes one that holds anything.
 */
export function creationSteps(spec: OpenvzContainerSpec, creation: Creation, context: StepContext): readonly Step[] {
  const mark = markOf(spec, context)
  return [
    templateStep(spec, creation),
    unpackStep(spec, creation, mark),
    configureStep(spec),
    guestStep(spec),
    spec.state === 'running' ? firstStartStep(spec, mark) : finishStep(spec, mark),
  ]
}

export function markOf(spec: OpenvzContainerSpec, context: StepContext): OwnMark {
  const template = templateOf(spec)
  const guest = guestHash(spec)
  return {
    fleet: context.fleet,
    owner: context.owners[0] ?? 'Container/unknown',
    state: 'made',
    ...(template === undefined ? {} : { template }),
    ...(guest === undefined ? {} : { guest }),
  }
}

function templateStep(spec: OpenvzContainerSpec, creation: Creation): Step {
  const unlessRetired = joinScripts([findRetired(spec), sh`if [ -n "$back" ]; then exit 0; fi`])
  return {
    title: `bring the template ${creation.ostemplate} into the cache`,
    phase: 'stage',
    guard: joinScripts([noneYet(spec), unlessRetired, sampleExists(creation), canBridge(spec)]),
    run: joinScripts([
      unlessRetired,
      creation.archive === undefined ? isCached(creation.ostemplate) : syncTemplate(creation.ostemplate, creation.archive),
    ]),
    job: true,
  }
}

function noneYet(spec: OpenvzContainerSpec): Script {
  const { conf } = placesOf(spec.ctid)
  return sh`
if ! command -v vzctl >/dev/null; then echo "vzctl is not installed on this host, or it has no OpenVZ kernel" >&2; exit 1; fi
if [ -e ${conf} ] && ! grep -q '^# reeve fleet=.* state=creating' ${conf}; then echo ${`${conf} is there already`} >&2; exit 1; fi
if ${isRunning(spec.ctid)}; then echo ${`container ${spec.ctid} runs already`} >&2; exit 1; fi`
}

function unpackStep(spec: OpenvzContainerSpec, creation: Creation, mark: OwnMark): Step {
  const { conf } = placesOf(spec.ctid)
  const area = spec.privateArea === undefined ? [] : ['--private', spec.privateArea]
  return {
    title: `create container ${spec.ctid} from ${creation.ostemplate}`,
    phase: 'change',
    guard: noneYet(spec),
    run: joinScripts([
      vzctlFunction,
      bringBack(spec),
      sh`if ! [ -e ${conf} ]; then`,
      firstConf(spec, creation, { ...mark, state: 'creating' }),
      sh`fi`,
      findArea(spec),
      setAsideOtherTemplate(spec, mark),
      sh`
if ! ${isFilled}; then
  if [ -d "$private" ]; then rmdir "$private"; fi
  reeve_status=0
  reeve_vzctl 3000 create ${spec.ctid} --ostemplate ${creation.ostemplate} --layout simfs ${area} || reeve_status=$?
  if [ "$reeve_status" != 0 ]; then echo ${`container ${spec.ctid} was not created: vzctl ended with status`} "$reeve_status" >&2; exit 1; fi
fi`,
    ]),
    check: joinScripts([sh`if ${wasBroughtBack(spec)}; then exit 0; fi`, findArea(spec), isFilled]),
    undo: undoUnpack(spec),
    job: true,
  }
}

/** A configuration that the manifest names an area for is not asked. */
function findArea(spec: OpenvzContainerSpec): Script {
  return spec.privateArea === undefined ? findPrivateArea(spec.ctid, placesOf(spec.ctid).conf) : sh`private=${spec.privateArea}`
}

/** Sets $sample to what vzctl takes where none is named: CONFIGFILE of vz.conf, if it is there. */
const usualSample: Script = sh`
sample=$(sed -n 's/^[[:space:]]*CONFIGFILE="\{0,1\}\([A-Za-z0-9_.-]*\)"\{0,1\}[[:space:]]*$/\1/p' /etc/vz/vz.conf 2>/dev/null | head -n 1)
if ! [ -f ${{ text: confFolder }}/ve-"$sample".conf-sample ]; then sample=; fi`

/** Our comment, then the sample. A private area that holds something, and is in no configuration, is somebody's. */
function firstConf(spec: OpenvzContainerSpec, creation: Creation, mark: OwnMark): Script {
  const { conf, staged } = placesOf(spec.ctid)
  return sh`
rm -f ${staged}
${creation.sample === undefined ? usualSample : sh`sample=${creation.sample}`}
(umask 022; { printf '%s\n' ${renderMark(mark)}
if [ -n "$sample" ]; then
  grep -av '^ORIGIN_SAMPLE=\|^# reeve fleet=' ${{ text: confFolder }}/ve-"$sample".conf-sample
  printf 'ORIGIN_SAMPLE="%s"\n' "$sample"
fi
} >${staged})
${spec.privateArea === undefined ? findPrivateArea(spec.ctid, staged) : sh`private=${spec.privateArea}`}
if ${isFilled}; then
  rm -f ${staged}
  echo "$private" ${`holds something already, and no configuration names it: nothing is made over it (vzctl: private area already exists)`} >&2
  exit 1
fi
sync ${staged}
: >"$REEVE_BEFORE"/${`openvz-${spec.ctid}.made`}
sync "$REEVE_BEFORE"/${`openvz-${spec.ctid}.made`}
mv -T ${staged} ${conf}
sync ${conf}`
}

/** One that was filled from another template, and never started, makes way; it is kept beside, since nothing here empties a private area. */
function setAsideOtherTemplate(spec: OpenvzContainerSpec, mark: OwnMark): Script {
  const { conf } = placesOf(spec.ctid)
  return sh`
was=$(sed -n 's/^# reeve fleet=.* template=\([^ ]*\).*/\1/p' ${conf} | head -n 1)
if ${isFilled} && [ "$was" != ${mark.template ?? ''} ]; then
  aside=$private.unstarted-$(date -u +%Y%m%dT%H%M%SZ)
  echo "$private" ${'was filled from another template and never started; it is kept as'} "$aside" >&2
  mv -T "$private" "$aside"
fi
${putMark(spec.ctid, { ...mark, state: 'creating' })}`
}

/** Where nothing was made yet the configuration goes again; else it stays and says that its container is unfinished: the next pass goes on. */
function undoUnpack(spec: OpenvzContainerSpec): Script {
  const { conf, staged } = placesOf(spec.ctid)
  return sh`
rm -f ${staged}
if [ -e "$REEVE_BEFORE"/${`openvz-${spec.ctid}.retired`} ]; then
  read -r back <"$REEVE_BEFORE"/${`openvz-${spec.ctid}.retired`}
  if [ -e ${conf} ] && ! [ -e "$back" ]; then mv -T ${conf} "$back"; fi
elif [ -e "$REEVE_BEFORE"/${`openvz-${spec.ctid}.made`} ] && [ -e ${conf} ]; then
  ${findArea(spec)}
  if ! ${isFilled}; then
    if [ -d "$private" ]; then rmdir "$private"; fi
    rm -f ${conf}
  fi
fi`
}

/** Sets $back to the newest configuration that retire set aside and whose private area is still there; empty where there is none, or one is in force. */
function findRetired(spec: OpenvzContainerSpec): Script {
  return sh`
back=
for path in /var/lib/reeve/retired/openvz-${spec.ctid}${retiredPattern}; do
  if ! [ -f "$path" ] || [ -e ${placesOf(spec.ctid).conf} ]; then continue; fi
  ${readPrivateArea(spec.ctid, { text: '"$path"' })}
  if ${isFilled}; then back=$path; fi
done`
}

/** Moves it back and ends the step: the next pass compares it, and starts it. */
function bringBack(spec: OpenvzContainerSpec): Script {
  const note = `openvz-${spec.ctid}.retired`
  return sh`
${findRetired(spec)}
if [ -n "$back" ]; then
  printf '%s\n' "$back" >"$REEVE_BEFORE"/${note}
  sync "$REEVE_BEFORE"/${note}
  mv -T "$back" ${placesOf(spec.ctid).conf}
  sync ${confFolder}
  exit 0
fi`
}

function wasBroughtBack(spec: OpenvzContainerSpec): Script {
  return sh`[ -e "$REEVE_BEFORE"/${`openvz-${spec.ctid}.retired`} ]`
}

function configureStep(spec: OpenvzContainerSpec): Step {
  return {
    title: `set what the manifest asks of container ${spec.ctid}`,
    phase: 'change',
    run: joinScripts([
      sh`if ${wasBroughtBack(spec)}; then exit 0; fi`,
      vzctlFunction,
      sh`reeve_vzctl 300 set ${spec.ctid} ${allOptions(spec)} --save`,
    ]),
    job: true,
  }
}

function guestStep(spec: OpenvzContainerSpec): Step {
  return {
    title: `write files inside container ${spec.ctid}`,
    phase: 'change',
    guard: sh`! ${isRunning(spec.ctid)}`,
    run: joinScripts([
      sh`if ${wasBroughtBack(spec)}; then exit 0; fi`,
      findArea(spec),
      writeGuestFiles(spec.guestFiles),
      sh`sync -f "$private"`,
    ]),
    job: true,
  }
}

/** From here on its data is the user's. A start that fails takes that back: a broken template can then be corrected. */
function firstStartStep(spec: OpenvzContainerSpec, mark: OwnMark): Step {
  return {
    title: `start container ${spec.ctid}`,
    phase: 'load',
    run: joinScripts([
      sh`if ${wasBroughtBack(spec)}; then exit 0; fi`,
      vzctlFunction,
      putMark(spec.ctid, mark),
      sh`trap ${putMark(spec.ctid, { ...mark, state: 'creating' }).text} EXIT`,
      startScript(spec.ctid),
      sh`trap - EXIT`,
    ]),
    check: sh`${wasBroughtBack(spec)} || ${isRunning(spec.ctid)}`,
    job: true,
  }
}

function finishStep(spec: OpenvzContainerSpec, mark: OwnMark): Step {
  return {
    title: `note that container ${spec.ctid} is made`,
    phase: 'load',
    run: joinScripts([sh`if ${wasBroughtBack(spec)}; then exit 0; fi`, putMark(spec.ctid, mark)]),
    job: true,
  }
}
