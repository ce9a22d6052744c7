import { type BadInput, hypervisor, smartCheck } from './repository.ts'

const cases: readonly (readonly [
  name: string,
  edit: Readonly<Record<string, string>>,
  says: string | readonly string[],
  isWarning?: true,
])[] = [
  [
    'a disk without a name',
    { devices: '[{type: sat}]' },
    'bad.yaml:6:13: error: spec.devices[0]: a disk has exactly one of id and path; this one has none',
  ],
  [
    'a disk by two names',
    { devices: '[{id: ata-X_1, path: /dev/sda}]' },
    'bad.yaml:6:13: error: spec.devices[0]: a disk has exactly one of id and path; this one has both',
  ],
  [
    'a partition for a disk',
    { devices: '[{id: ata-X_1-part2}]' },
    'bad.yaml:6:18: error: spec.devices[0].id: ata-X_1-part2 is a partition; name the whole disk: ata-X_1',
  ],
  [
    'an id written as a path',
    { devices: '[{path: /dev/disk/by-id/ata-X_1}]' },
    'bad.yaml:6:20: error: spec.devices[0].path: write it as id: ata-X_1',
  ],
  [
    'a kernel name, which moves',
    { devices: '[{path: /dev/sda}]' },
    'bad.yaml:6:20: warning: spec.devices[0].path: /dev/sda may be another disk after a reboot; write its name of ls /dev/disk/by-id as id',
    true,
  ],
  [
    'sat for an NVMe disk',
    { devices: '[{id: nvme-X_1, type: sat}]' },
    'bad.yaml:6:34: error: spec.devices[0].type: nvme-X_1 is an NVMe disk, which does not speak sat; write nvme, or leave type out',
  ],
  [
    'nvme for an ATA disk',
    { devices: '[{id: ata-X_1, type: nvme}]' },
    'bad.yaml:6:33: error: spec.devices[0].type: ata-X_1 is no NVMe disk; leave type out',
  ],
  [
    'a type that smartctl does not have',
    { devices: '[{id: ata-X_1, type: ide}]' },
    'bad.yaml:6:33: error: spec.devices[0].type: "ide" is not allowed here; How it is spoken to, option -d of smartctl(8), for example sat, nvme, scsi or megaraid,0',
  ],
  [
    'one disk twice',
    { devices: '[{id: ata-X_1}, {id: ata-X_2}, {id: ata-X_1}]' },
    'bad.yaml:6:43: error: spec.devices[2]: ata-X_1 is listed twice, first as spec.devices[0]',
  ],
  ['no disk', { devices: '[]' }, 'bad.yaml:6:12: error: spec.devices: the list is too short: at least 1 item'],
  [
    'a disk outside /dev',
    { devices: '[{path: /etc/passwd}]' },
    'bad.yaml:6:20: error: spec.devices[0].path: "/etc/passwd" is not allowed here; Its device, for example /dev/sda, where it has no name in /dev/disk/by-id (behind a RAID controller)',
  ],
  [
    'a container for disks',
    { target: '{container: web}' },
    [
      'bad.yaml:5:11: error: spec.target: the field "hypervisor" is missing; Name of the Hypervisor',
      'bad.yaml:5:12: error: spec.target.container: unknown field "container"; the fields here are hypervisor',
    ],
  ],
  [
    'disks of a hypervisor that is none',
    { target: '{hypervisor: he7}' },
    'bad.yaml:5:24: error: spec.target.hypervisor: there is no Hypervisor "he7"; did you mean "he1"?',
  ],
  [
    'a schedule without a test',
    { schedule: '{stagger: 2h}' },
    'bad.yaml:7:13: error: spec.schedule: schedule asks for no test; add short or long, or leave schedule out',
  ],
  [
    'a weekday by number',
    { schedule: '{long: {weekday: 8, hour: 3}}' },
    ['bad.yaml:7:30: error: spec.schedule.long.weekday: must be one of Mon, Tue, Wed, Thu, Fri, Sat, Sun, not 8'],
  ],
  [
    'a weekday that is none',
    { schedule: '{long: {weekday: Someday, hour: 3}}' },
    'bad.yaml:7:30: error: spec.schedule.long.weekday: must be one of Mon, Tue, Wed, Thu, Fri, Sat, Sun, not the text "Someday"',
  ],
  [
    'an hour that no day has',
    { schedule: '{short: {hour: 24}}' },
    'bad.yaml:7:28: error: spec.schedule.short.hour: 24 is too large: at most 23',
  ],
  [
    'a day that not every month has',
    { schedule: '{long: {dayOfMonth: 31, hour: 3}}' },
    'bad.yaml:7:33: error: spec.schedule.long.dayOfMonth: 31 is too large: at most 28',
  ],
  [
    'a long test on no day',
    { schedule: '{long: {hour: 3}}' },
    'bad.yaml:7:20: error: spec.schedule.long: a long test has a weekday or a dayOfMonth; this one has neither',
  ],
  [
    'a long test on two sorts of days',
    { schedule: '{long: {hour: 3, weekday: Sat, dayOfMonth: 1}}' },
    'bad.yaml:7:20: error: spec.schedule.long: a long test has a weekday or a dayOfMonth; this one has both',
  ],
  [
    'a stagger of half hours',
    { schedule: '{long: {hour: 3, weekday: Sat}, stagger: 30m}' },
    'bad.yaml:7:54: error: spec.schedule.stagger: stagger is whole hours up to 24h, not 30m',
  ],
  [
    'a pattern that is never closed',
    { schedule: '{pattern: "(S/../.././02"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: (S/../.././02 is no schedule: a ( is never closed; smartd would refuse the whole file',
  ],
  [
    'a pattern that is closed twice',
    { schedule: '{pattern: "S/../.././02)"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: S/../.././02) is no schedule: a ) closes nothing; smartd would refuse the whole file',
  ],
  [
    'a pattern with half a bracket',
    { schedule: '{pattern: "S/../.././0[12"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: S/../.././0[12 is no schedule: a [ is never closed; smartd would refuse the whole file',
  ],
  [
    'a pattern with a range the wrong way round',
    { schedule: '{pattern: "S/../.././0[5-2]"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: S/../.././0[5-2] is no schedule: [5-2] is the wrong way round; smartd would refuse the whole file',
  ],
  [
    'a pattern with a bracket too many',
    { schedule: '{pattern: "S/../.././02]"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: S/../.././02] is no schedule: a ] closes nothing',
  ],
  [
    'a pattern for a test that is none',
    { schedule: '{pattern: "X/../.././02"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: X/../.././02 is no schedule: X is no test: S is short, L long, C conveyance, O offline',
  ],
  [
    'a pattern for hour 25',
    { schedule: '{pattern: "S/../.././25"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: S/../.././25 never runs: no day and hour match it; write T/MM/DD/d/HH; d is 1 (Mon) to 7 (Sun), HH 00 to 23',
  ],
  [
    'a pattern with repetition',
    { schedule: '{pattern: "S/.*/02"}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: "S/.*/02" is not allowed here; Instead of all others, the regular expression of smartd.conf(5) as T/MM/DD/d/HH, for example (S/../.././02|L/../../6/03)',
  ],
  [
    'a pattern beside a test',
    { schedule: '{pattern: "S/../.././02", short: {hour: 2}}' },
    'bad.yaml:7:23: error: spec.schedule.pattern: pattern says all of the schedule; it cannot stand beside short',
  ],
  [
    'a pattern with too many ways',
    { schedule: `{pattern: "${'(S|L)'.repeat(12)}"}` },
    'bad.yaml:7:23: error: spec.schedule.pattern: (S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L)(S|L) is no schedule: it has too many alternatives',
  ],
  [
    'tests on NVMe disks, which smartd does not start',
    { devices: '[{id: nvme-X_1}]', schedule: '{short: {hour: 2}}' },
    'bad.yaml:7:13: warning: spec.schedule: smartd starts no tests on NVMe disks (smartmontools 7.3); leave schedule out',
    true,
  ],
  [
    'temperatures the wrong way round',
    { temperature: '{info: 60, critical: 55}' },
    'bad.yaml:7:23: error: spec.temperature.info: info (60) must be below critical (55)',
  ],
  [
    'mail to what is no address',
    { notify: '{mail: [not an address]}' },
    'bad.yaml:7:19: error: spec.notify.mail[0]: "not an address" is not a mail address',
  ],
  [
    'mail to more than smartd takes',
    { notify: `{mail: [${'a'.repeat(100)}@example.org, ${'b'.repeat(100)}@example.org]}` },
    'bad.yaml:7:18: error: spec.notify.mail: smartd takes 200 characters of addresses; write one that forwards',
  ],
  [
    'mail from where nothing delivers it',
    { notify: '{mail: [root]}' },
    'bad.yaml:7:18: warning: spec.notify.mail: Hypervisor he1 asks for no package that delivers mail; add one (postfix, msmtp-mta, …), or leave notify out: Reeve mails by itself',
    true,
  ],
  [
    'a program for nobody',
    { notify: '{exec: /usr/share/smartmontools/smartd-runner}' },
    'bad.yaml:7:11: error: spec.notify: the field "mail" is missing; Addresses (-m); a bare name such as root is delivered as the hypervisor\'s mailer does',
  ],
  ['an interval of a minute', { interval: '1m' }, 'bad.yaml:7:13: error: spec.interval: interval is 5m to 1d, not 1m'],
  [
    'a threshold below nothing',
    { thresholds: '{pending: -1}' },
    'bad.yaml:7:25: error: spec.thresholds.pending: -1 is too small: at least 0',
  ],
  [
    'a test mail whose word is a command',
    { notify: '{mail: [root], test: "$(id)"}' },
    'bad.yaml:7:32: error: spec.notify.test: "$(id)" is not allowed here; A word of your own, such as a date',
  ],
  [
    'new disks that nobody is told of',
    { discover: '{include: [ata-*]}', unlisted: 'Ignore' },
    'bad.yaml:7:13: error: spec.discover: discover tells of new disks, and unlisted: Ignore of none; leave one of the two out',
  ],
  [
    'a pattern that is in and out',
    { discover: '{include: [ata-*], exclude: [usb-*, ata-*]}' },
    'bad.yaml:7:24: error: spec.discover.include[0]: ata-* is in exclude too, and so never told of',
  ],
]

const written: readonly BadInput[] = cases.map(([name, edit, says, isWarning]) => ({
  name,
  file: smartCheck(edit),
  says: typeof says === 'string' ? [says] : says,
  ...(isWarning ? { adds: ['SmartCheck/bad'] } : {}),
}))

export const smartCheckCases: readonly BadInput[] = [
  ...written,
  {
    name: 'mail of smartd by a mailer without mail(1)',
    file: `${smartCheck({ target: '{hypervisor: bad}', notify: '{mail: [root]}' })}---\n${hypervisor({
      system: '{mailer: {hub: {host: smtp.example.org}, root: ops@example.org}}',
    })}`,
    says: [
      'bad.yaml:7:18: warning: spec.notify.mail: smartd mails by mail(1), which system.mailer of Hypervisor bad does not bring; set mailer.mailCommand to true',
    ],
    adds: ['Hypervisor/bad', 'SmartCheck/bad'],
  },
]
