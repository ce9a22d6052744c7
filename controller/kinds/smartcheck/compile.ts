import type { Fleet } from '../../model/fleet.ts'
import type { Needed, Spec } from '../../model/primitive.ts'
import type { Placement } from '../../model/target.ts'
import { type FileSpec, file, markLine } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import type { SmartCheck } from './devices.ts'
import { scheduleOf } from './schedule.ts'
import { smartdConf } from './smartd.ts'
import { compileTestMail } from './testMail.ts'

const confPath = '/etc/smartd.conf'
const dropInPath = '/etc/systemd/system/smartmontools.service.d/reeve.conf'
const plain = { mode: '0644', owner: 'root:root' }

/** The package, smartd.conf as a whole, and smartd. What stands in smartd.conf already is taken over as `adopt` says, shown first and put back at the end. */
export function compile(manifest: SmartCheck, { target }: Placement, fleet: Fleet): readonly Spec[] {
  const { spec } = manifest
  const installed = debianPackage('smartmontools')
  const needs: readonly Needed[] = [{ target, id: installed.id }]
  const mark = markLine(fleet.name, manifest.id)
  const loaded: readonly FileSpec[] = [
    file({ path: confPath, content: `${mark}${smartdConf(manifest)}`, ...plain, needs }),
    ...(spec.passthrough ? [file({ path: dropInPath, content: `${mark}[Unit]\nConditionVirtualization=\n`, ...plain, needs })] : []),
  ]
  const smartd = service({
    unit: 'smartmontools.service',
    isEnabled: true,
    state: 'running',
    loads: loaded,
    // Without -s it would write among the states of the smartd that runs.
    check: { argv: ['smartd', '-c', confPath, '-s', '/run/reeve/smartd.', '-q', 'showtests'], failOn: neverRun(manifest) },
    reload: 'reload',
    needs,
  })
  const { deletionPolicy = 'Delete', adopt = 'IfEqual', driftPolicy = 'Correct' } = spec
  return [installed, ...loaded, smartd, ...compileTestMail(manifest, mark, needs)].map((one) => ({
    ...one,
    deletionPolicy,
    adopt,
    driftPolicy,
  }))
}

/** smartd ends with 0 also where a test that is asked for would never be started; it says so (7.3, `will do %3d test%s of type %c`). */
function neverRun({ spec }: SmartCheck): readonly string[] {
  const asked = scheduleOf(spec.schedule, 0) ?? ''
  const tests = [...'SLCO'].filter((type) => asked.includes(type))
  return tests.map((type) => `will do   0 tests of type ${type}`)
}
