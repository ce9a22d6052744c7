import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadedName } from '../../controller/kinds/proxy/varnish/files.ts'
import { vcl } from '../../controller/kinds/proxy/varnish/vcl.ts'
import type { Fleet } from '../../controller/model/fleet.ts'
import type { OwnedVital } from '../../controller/model/kind.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import { makeCertificate, makeSite } from '../kinds/proxy/local-nginx.ts'
import { captured, changed, type Json } from '../kinds/smartcheck/answers.ts'

/** What a vital's probe printed: as where all is well, or as where something is wrong. Each goes through its kind's own parser. */
export function readingOf(vital: OwnedVital, fleet: Fleet, isWell: boolean): string {
  const kind = vital.owner.slice(0, vital.owner.indexOf('/'))
  const read = readings[`${kind} ${vital.id.replace(/-.*/, '')}`]
  if (read === undefined) throw new Error(`test/dashboards/readings.ts: no reading of ${vital.owner} ${vital.id}`)
  return read(isWell, fleet, vital)
}

type Read = (isWell: boolean, fleet: Fleet, vital: OwnedVital) => string

export const nowSeconds = Math.floor(Date.now() / 1000)
const file = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')

const readings: Readonly<Record<string, Read>> = {
  'Hypervisor hypervisor': (isWell) =>
    isWell
      ? 'uptime 86400\ntotal 1000\navailable 600\nreboot 0\nroot 4096 100 60\nfailed\nend 1\n'
      : 'uptime 60\ntotal 1000\navailable 20\nreboot 1\nroot 4096 100 3\nfailed\na.service loaded failed failed A\nend 1\n',
  'Hypervisor clock': (isWell) => `synchronized ${isWell ? 'yes' : 'no'}\nend 1\n`,
  'Hypervisor updates': (isWell) =>
    `kernel ${isWell ? '6.1.0-25-amd64' : '6.1.0-26-amd64'}\n${isWell ? '' : 'Inst libssl3 [3.0.14] (3.0.15 Debian-Security:12/stable-security [amd64])\n'}version installed lxc 1:5.0.2-1\nend 1\n`,
  'Container container': (isWell, _fleet, { owner }) => (owner === 'Container/vz' ? beancounters(isWell) : running(isWell)),
  'Container units': (isWell) => (isWell ? '== all\n' : 'nginx.service loaded failed failed nginx\n== all\n'),
  'Firewall surroundings': (isWell) => surroundings(isWell),
  'MailRoute smtp': (isWell) => (isWell ? 'ok\n' : 'no answer\n'),
  'MailRoute relay': (isWell) => (isWell ? 'ok\n' : 'rcpt said "250 ok", and should say 5xx\n'),
  'MailRoute peer': (isWell) => (isWell ? 'ok\n' : 'rcpt said "250 ok", and should say 5xx\n'),
  'MailRoute hop': (isWell) => (isWell ? 'ok\n' : 'no answer\n'),
  'MailRoute queue': (isWell, _fleet, { target }) => {
    const [waiting, content] = isWell ? ['', 'a'] : ['queue deferred 150\noldest 1000\n', target.hypervisor === 'he1' ? 'b' : 'c']
    return `now 9000\n${waiting}end\nholds main.cf ${content.repeat(12)}\n`
  },
  'NameServer answers': (isWell) => (isWell ? 'ok\n' : 'no answer\n'),
  'Proxy vhost': (isWell) => (isWell ? 'ok\n' : 'status 502\n'),
  'Proxy certificates': (isWell) => certificate(isWell),
  'Proxy certificate': () => 'end\n',
  'Proxy varnish': (isWell, fleet) => {
    const name = loadedName(vcl(fleet.get('Proxy', 'cache') as Manifest as never, fleet).generation.id)
    return `active auto warm 0 ${name}\n${name}.b_app_0 probe ${isWell ? '5/5 healthy' : '0/5 sick'}\n`
  },
  'SmartCheck disks': (isWell, fleet, { owner }) => disks(isWell, fleet, owner),
  'SyslogSink heard': (isWell) =>
    `now ${nowSeconds}\nsince 1\nfree ${isWell ? 1_000_000 : 1_000} 4096\n${['he1', 'he1/plpa', 'he2', 'he2/plpb'].map((one) => `heard ${isWell ? nowSeconds - 5 : nowSeconds - 7200} ${one} selected\n`).join('')}`,
  'SyslogSink sent': (isWell) => (isWell ? 'queued 0\n' : 'queued 5000000\n'),
  'Volume space': (isWell, _fleet, { owner }) => {
    const pool = owner === 'Volume/thin' ? (isWell ? 'pool 1000 20.00 10.00\n' : 'pool 1000 95.00 91.00\n') : ''
    return `group ${isWell ? '1000000 500000' : '500000 1000'}\n${pool}1000 ${isWell ? 800 : 20} 100 ${isWell ? 90 : 1} ${owner === 'Volume/thin' ? '/srv/thin' : '/srv/data'}\n`
  },
  'Zone served': (isWell, fleet, vital) => served(isWell, fleet, vital),
  'Zone signatures': (isWell) => {
    const until = nowSeconds + (isWell ? 12 : 2) * 86_400
    return `answer 127.0.0.1 53 6 signed.example. 0 1 7 1 - 1\nuntil 127.0.0.1 53 6 signed.example. ${until}\nclock ${nowSeconds}\nend\n`
  },
}

function running(isWell: boolean): string {
  const [, ...lines] = file('kinds/container/captured/vital-running.txt').split('\n')
  const text = lines.join('\n').replace('uptime 70.53', 'uptime 5000')
  const used = `${text}\ncpu.stat:usage_usec ${isWell ? 1e6 : 90e6}\n`
  if (isWell) return used
  return `${used}killed ${nowSeconds}\n`
    .replace('memory.current 16134144', 'memory.current 268000000')
    .replace('memory.events:oom_kill 0', 'memory.events:oom_kill 3')
    .replace('uptime 5000', 'uptime 4990')
}

function beancounters(isWell: boolean): string {
  const table = file('openvz/transcripts/user_beancounters.txt')
  const rows = table
    .slice(table.indexOf('101:'))
    .split('\n')
    .map((line) => `counter ${line.replace('101:', '').trim()}`)
    .join('\n')
  return `exists\nrunning\n${isWell ? rows : rows.replace(/(counter privvmpages +)\d+(.*?)36$/m, '$199999$236000')}`
}

/** Docker's, as `nft list ruleset` prints it. */
function surroundings(isWell: boolean): string {
  const counter = `table inet reeve {\n\tchain counted {\n\t\tip saddr 192.0.2.0/24 counter packets ${isWell ? 0 : 900} bytes ${isWell ? 0 : 90000} drop comment "reeve:from-web"\n\t}\n}\n`
  const docker =
    'table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\toifname "docker0" accept\n\t}\n}\n'
  return `${counter}forwarding 1\ninterface lo\ninterface eth0\n${isWell ? '' : docker}`
}

function certificate(isWell: boolean): string {
  using site = makeSite()
  makeCertificate(site, 'shop')
  const pem = readFileSync(site.path('shop.crt'), 'utf8').replaceAll(/-----.*\n/g, '')
  return isWell ? `clock ${nowSeconds}\nfile /c\n${pem}end\n` : `clock ${nowSeconds}\nfile /c\nend\n`
}

function served(isWell: boolean, fleet: Fleet, { owner, target }: OwnedVital): string {
  const zone = fleet.get('Zone', owner.slice('Zone/'.length)) as { readonly spec: { readonly name: string } }
  const name = `${zone.spec.name}.`
  const isSecondary = target.hypervisor === 'he2'
  if (!isWell && !isSecondary) return `answer 127.0.0.1 53 6 ${name} 2 0 - 0 - 0\nclock ${nowSeconds}\nend\n`
  const own = `answer 127.0.0.1 53 6 ${name} 0 1 ${isWell ? 7 : 6} 1 ${isSecondary ? (isWell ? 1209600 : 200000) : '-'} 1\n`
  return `${own}${isSecondary ? `answer 192.168.100.2 53 6 ${name} 0 1 7 1 1209600 1\n` : ''}clock ${nowSeconds}\nend\n`
}

function disks(isWell: boolean, fleet: Fleet, owner: string): string {
  const check = fleet.get('SmartCheck', owner.slice('SmartCheck/'.length)) as {
    readonly spec: { readonly devices: readonly { readonly id: string }[] }
  }
  const ids = check.spec.devices.map(({ id }) => id)
  const links = ids.map((id, index) => `link ${id} ../../sd${'abc'[index]}\n`).join('')
  const shown = ids.map((id, index) => {
    const how = !isWell && index === ids.length - 1 ? 'asleep' : 'fresh'
    if (!isWell && owner === 'SmartCheck/disks' && index === 0)
      return `disk ${index} 2 ${how} ${JSON.stringify(captured('no-such-device'))}\n`
    const json = id.startsWith('nvme') ? nvme(isWell) : id.startsWith('scsi') ? sas(isWell) : ata(isWell)
    Object.assign(json, { serial_number: id.replace(/^.*_/, '') })
    return `disk ${index} ${json.smartctl?.exit_status ?? 0} ${how} ${JSON.stringify(json)}\n`
  })
  const present = [...ids.map((_, index) => `/dev/sd${'abc'[index]}`), ...(isWell ? [] : ['/dev/sdx'])]
  const scan = { devices: present.map((name) => ({ name, info_name: name, type: 'sat', protocol: 'ATA' })) }
  return `${links}${shown.join('')}scan ${JSON.stringify(scan)}\ndone\n`
}

function attribute(id: number, name: string, value: number): Json {
  return {
    id,
    name,
    value: 100,
    worst: 100,
    thresh: 10,
    when_failed: '',
    flags: { prefailure: true },
    raw: { value, string: String(value) },
  }
}

function ata(isWell: boolean): Json {
  const bad = isWell ? 0 : 40
  return changed('qemu-ata', (json) => {
    json.ata_smart_attributes.table = [
      attribute(5, 'Reallocated_Sector_Ct', bad),
      attribute(197, 'Current_Pending_Sector', bad),
      attribute(198, 'Offline_Uncorrectable', bad),
      attribute(199, 'UDMA_CRC_Error_Count', bad),
    ]
    json.temperature.current = isWell ? 31 : 66
    json.smart_status.passed = isWell
    json.power_on_time.hours = isWell ? 5000 : 9000
    json.user_capacity = { bytes: isWell ? 1e12 : 5e11 }
    json.ata_smart_error_log.summary.count = bad
    const result = isWell
      ? { value: 0, string: 'Completed without error', passed: true }
      : { value: 112, string: 'Completed: read failure', passed: false }
    const test = (type: number, string: string) => ({ type: { value: type, string }, status: result, lifetime_hours: 4660 })
    json.ata_smart_self_test_log.standard.table = [test(1, 'Short offline'), test(2, 'Extended offline')]
  })
}

function nvme(isWell: boolean): Json {
  return changed('qemu-nvme', (json) => {
    const worn = { percentage_used: 95, available_spare: 5, available_spare_threshold: 10, media_errors: 7, critical_warning: 1 }
    const fine = { percentage_used: 3, available_spare: 100, available_spare_threshold: 10, media_errors: 0, critical_warning: 0 }
    Object.assign(json.nvme_smart_health_information_log, isWell ? fine : worn)
  })
}

/** After smartctl 7.3's scsiprint.cpp. */
function sas(isWell: boolean): Json {
  return changed('qemu-ata', (json) => {
    for (const key of Object.keys(json).filter((one) => one.startsWith('ata_'))) delete json[key]
    Object.assign(json.device, { type: 'scsi', protocol: 'SCSI' })
    json.scsi_grown_defect_list = isWell ? 0 : 12
  })
}
