const diskConditions = [
  'DiskFailing',
  'DiskWearing',
  'DiskHot',
  'DiskMissing',
  'SelfTestFailed',
  'SelfTestOverdue',
  'DiskUnread',
  'DiskUnlisted',
] as const
/** Those of a disk. */
export type DiskCondition = (typeof diskConditions)[number]

/** Conditions of things that manifests watch; each has a heading in docs/runbook.md. */
export const alarmConditions = [
  ...diskConditions,
  'LimitReached',
  'FilesystemFilling',
  'FilesystemFull',
  'ThinPoolFilling',
  'ThinPoolFull',
  'MailQueueLong',
  'MailQueueStuck',
  'SenderSilent',
  'SecondaryStale',
  'OpenRelay',
] as const
export type AlarmCondition = (typeof alarmConditions)[number]

/** All that is mailed about; each has a heading in docs/runbook.md. */
export const alertConditions = [
  'Unreachable',
  'HostKeyChanged',
  'HostRefused',
  'DriftFound',
  'ReconcileFailed',
  'BadCommit',
  'GitTrouble',
  'CommitRefused',
  'UncleanStop',
  'EtcdUnreachable',
  'Withheld',
  'RolloutWaits',
  'WebhookRefused',
  'Refused',
  ...alarmConditions,
] as const
export type AlertCondition = (typeof alertConditions)[number]

/** A thing that is wrong with a part of what a manifest watches. */
export interface Alarm {
  readonly condition: AlarmCondition
  /** Which part: stable, whatever is wrong with it. */
  readonly subject: string
  /** Kinds of trouble, stable words: a new one is worth another mail, a higher count of a known one is not. */
  readonly items: readonly string[]
  /** One line for people. */
  readonly summary: string
  /** Label and value of further lines of the mail. */
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly todo: string
}
