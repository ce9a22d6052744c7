/** `hypervisor`, `kind` and `name` of a manifest. */
const object = ['hypervisor', 'kind', 'name'] as const
const hypervisor = ['hypervisor'] as const

/**
 * What the controller counts itself. Series of one manifest are few, since there are many manifests: at most nine at a time, five where nothing is
 * wrong. Its own times are histograms of the whole controller.
 */
export const controllerMetrics = {
  resource_condition: {
    type: 'gauge',
    help: 'Condition of a manifest on a hypervisor: 1 true, 0 false, -1 unknown. Ready and Healthy always; Stalled and Suspended while they are true.',
    labels: [...object, 'type'],
  },
  drift_fields: { type: 'gauge', help: 'Fields that drift now. Stays as it was while the host cannot be read.', labels: object },
  drift_open_seconds: {
    type: 'gauge',
    help: 'Age of the oldest open drift of a manifest, at its last cycle. There while it drifts.',
    labels: object,
  },
  drift_detected_total: {
    type: 'counter',
    help: 'Items found drifting, once a cycle. What was found and not corrected is reported: by driftPolicy, a brake or a failure.',
    labels: object,
  },
  drift_detection_seconds: {
    type: 'histogram',
    help: 'From what announced a drift to its being found (source watch); of what nothing announced, since the host was last looked at, which is the most that it can have been there (source resync).',
    labels: ['source'],
  },
  drift_corrected_total: { type: 'counter', help: 'Drifting items put right and verified.', labels: object },
  prune_total: { type: 'counter', help: 'Items retired because no manifest asks for them.', labels: hypervisor },
  prune_blocked_total: { type: 'counter', help: 'Plans whose removals a brake withheld.', labels: ['hypervisor', 'reason'] },
  withheld_changes: {
    type: 'gauge',
    help: 'Changes that a brake withholds since the last cycle, by the brake (MassDelete, Restart, Outage, DataLoss, Adopt, Report, Hold, Suspended, Frozen, Peer, Rollout). There while it withholds some.',
    labels: ['hypervisor', 'reason'],
  },
  refused_items: { type: 'gauge', help: 'Items that cannot or must not be made as wanted, at the last cycle.', labels: hypervisor },
  unknown_items: { type: 'gauge', help: 'Items that could not be read at the last cycle, and were left alone.', labels: hypervisor },
  failed_transactions: {
    type: 'gauge',
    help: 'Transactions of the last cycle that did not end well; each was undone.',
    labels: hypervisor,
  },
  reconcile_total: {
    type: 'counter',
    help: 'Cycles, by what came of them: success (changed and verified), noop (nothing to do), withheld, stalled, error.',
    labels: ['hypervisor', 'result'],
  },
  reconcile_duration_seconds: { type: 'histogram', help: 'Time of a cycle, by phase: observe, plan, apply.', labels: ['phase'] },
  commit_to_applied_seconds: { type: 'histogram', help: 'From a commit being seen to it being verified on a host.', labels: [] },
  hypervisor_commit_to_applied_seconds: {
    type: 'gauge',
    help: 'From the newest commit that is verified on this host being seen to it being verified there.',
    labels: hypervisor,
  },
  hypervisor_revision_info: {
    type: 'gauge',
    help: 'The newest commit that is verified on a host. Always 1.',
    labels: ['hypervisor', 'commit'],
  },
  hypervisor_last_proof_timestamp_seconds: {
    type: 'gauge',
    help: 'When a cycle last held all of a host against Git, whatever it found.',
    labels: hypervisor,
  },
  hypervisor_suspended: {
    type: 'gauge',
    help: '1 where a person suspended the whole hypervisor by command: it is looked at, and not changed.',
    labels: hypervisor,
  },
  hypervisor_up: { type: 'gauge', help: '1 where the last cycle could read the host, 0 where it could not.', labels: hypervisor },
  hypervisor_circuit_state: {
    type: 'gauge',
    help: 'Circuit breaker: 0 closed, 1 half open, 2 open (the host is asked rarely).',
    labels: hypervisor,
  },
  hypervisor_clock_offset_seconds: {
    type: 'gauge',
    help: "Seconds that its clock is ahead of the controller's (behind: negative), as the last cycle measured it.",
    labels: hypervisor,
  },
  hypervisor_clock_error_seconds: {
    type: 'gauge',
    help: 'The true offset lies within so many seconds, either side: half of the way there and back.',
    labels: hypervisor,
  },
  hypervisor_round_trip_seconds: {
    type: 'gauge',
    help: 'The way there and back of a message, without the time that the host was at work.',
    labels: hypervisor,
  },
  hypervisor_watch_up: {
    type: 'gauge',
    help: '1 where the watch of a host tells at once what moves, by what it listens to (file, mount, swap, nft, link, block; those that the host has items of); 0 where the resync alone finds it.',
    labels: ['hypervisor', 'source'],
  },
  hypervisor_watch_last_event_timestamp_seconds: {
    type: 'gauge',
    help: 'When the watch of a host last said something: what moved, or every 15 seconds that it is there.',
    labels: hypervisor,
  },
  ssh_round_trips_total: { type: 'counter', help: 'Messages to a hypervisor whose answer was waited for.', labels: hypervisor },
  ssh_wait_seconds_total: {
    type: 'counter',
    help: 'Seconds that these answers took: the host at work, and the way there and back.',
    labels: hypervisor,
  },
  git_last_fetch_timestamp_seconds: { type: 'gauge', help: 'When the repository last answered.', labels: [] },
  git_fetch_total: { type: 'counter', help: 'News of the repository, by result: success, error.', labels: ['result'] },
  git_revision_info: { type: 'gauge', help: 'The commit in force. Always 1.', labels: ['commit'] },
  git_revision_timestamp_seconds: { type: 'gauge', help: 'When the commit in force was seen first.', labels: [] },
  git_revision_errors: {
    type: 'gauge',
    help: 'Errors in the manifests of the commit in force; what they are about stays at its last good version.',
    labels: [],
  },
  git_head_refused: {
    type: 'gauge',
    help: '1 where the newest commit is not in force: it, or one below it, is not trusted, or the branch went back, was rewritten or holds no manifest any more.',
    labels: [],
  },
  git_verify_failures_total: {
    type: 'counter',
    help: 'Newest commits that were refused, by the reason of the first fault.',
    labels: ['reason'],
  },
  webhook_requests_total: { type: 'counter', help: 'Requests to the listener of webhooks, by what became of them.', labels: ['result'] },
  commit_status_total: {
    type: 'counter',
    help: 'Attempts to set the status of a commit at the forge, by result: sent, retried, failed.',
    labels: ['result'],
  },
  workqueue_depth: { type: 'gauge', help: 'Hypervisors that wait for a worker.', labels: [] },
  workqueue_adds_total: { type: 'counter', help: 'Cycles that were run from the queue.', labels: [] },
  workqueue_retries_total: { type: 'counter', help: 'Hypervisors put back after an error.', labels: [] },
  workqueue_queue_duration_seconds: { type: 'histogram', help: 'Time in the queue.', labels: [] },
  workqueue_work_duration_seconds: { type: 'histogram', help: 'Time with a worker.', labels: [] },
  workqueue_longest_running_processor_seconds: { type: 'gauge', help: 'Age of the work that is longest in hand.', labels: [] },
  replicas: { type: 'gauge', help: 'Controllers that share the fleet, as this one sees them; 1 where it is the only one.', labels: [] },
  replica_hypervisors: {
    type: 'gauge',
    help: 'Hypervisors that this controller is in charge of; where it is the only one, all of the fleet.',
    labels: [],
  },
  replica_certain: {
    type: 'gauge',
    help: '1 where this controller is certain of what it is in charge of, 0 where etcd has not answered for too long: then it changes nothing.',
    labels: [],
  },
  replica_ways_cut: {
    type: 'gauge',
    help: 'Hypervisors that this controller, one of several, cannot reach, be they in the charge of another one that can.',
    labels: [],
  },
  alerts_firing: {
    type: 'gauge',
    help: "Causes that stand and were mailed, by condition (a heading of docs/runbook.md) and hypervisor; empty for Git's, and for the 0 of each condition.",
    labels: ['hypervisor', 'condition', 'severity'],
  },
  mail_total: { type: 'counter', help: 'Attempts to send a mail, by result: sent, retried, failed.', labels: ['result'] },
  mail_spool_messages: { type: 'gauge', help: 'Mails that wait to be sent.', labels: [] },
  mail_last_success_timestamp_seconds: { type: 'gauge', help: 'When the smarthost last took a mail.', labels: [] },
} as const
