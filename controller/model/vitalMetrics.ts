const smart = ['device', 'serial_number', 'model_name'] as const

/** What vitals of manifests measure. Each also carries hypervisor, kind and name; the labels here are of a part that the manifest or its machine names. */
export const vitalMetrics = {
  hypervisor_uptime_seconds: { type: 'gauge', help: 'Time since its boot.', labels: [] },
  hypervisor_memory_available_ratio: {
    type: 'gauge',
    help: 'Share of its memory that programs could have, 0 to 1 (MemAvailable of MemTotal).',
    labels: [],
  },
  hypervisor_root_available_ratio: { type: 'gauge', help: 'Share of its root file system that is free to all, 0 to 1.', labels: [] },
  hypervisor_units_failed: { type: 'gauge', help: 'Units of its systemd that failed.', labels: [] },
  hypervisor_reboot_required: { type: 'gauge', help: '1 where an update asks for a reboot.', labels: [] },
  hypervisor_clock_synchronized: { type: 'gauge', help: '1 where something keeps its clock right.', labels: [] },
  hypervisor_security_updates_pending: { type: 'gauge', help: 'Security updates that wait, by the package lists that it has.', labels: [] },
  hypervisor_provider_info: {
    type: 'gauge',
    help: "Version of what Reeve's kinds are carried out by, and of its kernel (linux). Always 1.",
    labels: ['provider', 'version'],
  },

  container_memory_bytes: { type: 'gauge', help: 'Memory that it uses.', labels: [] },
  container_memory_limit_bytes: { type: 'gauge', help: 'Most memory that it may use. Absent where nothing limits it.', labels: [] },
  container_oom_kills_total: { type: 'counter', help: 'Processes that the kernel killed for want of memory since its start.', labels: [] },
  container_cpu_seconds_total: { type: 'counter', help: 'Processor time since its start.', labels: [] },
  container_kills_total: {
    type: 'counter',
    help: "Times that it did not stop by itself and was killed, since the host's boot.",
    labels: [],
  },
  container_uptime_seconds: { type: 'gauge', help: 'Time since its start. Absent while it does not run.', labels: [] },
  container_units_failed: { type: 'gauge', help: 'Units of its systemd that failed. Only of one that Reeve enters anyway.', labels: [] },
  container_ubc_held: {
    type: 'gauge',
    help: 'What an OpenVZ container holds of a user beancounter that its manifest sets.',
    labels: ['counter'],
  },
  container_ubc_failures_total: { type: 'counter', help: 'How often a user beancounter refused what was asked for.', labels: ['counter'] },

  volume_size_bytes: { type: 'gauge', help: 'Size of its file system.', labels: [] },
  volume_available_bytes: { type: 'gauge', help: 'Space of its file system that is free to all.', labels: [] },
  volume_inodes: { type: 'gauge', help: 'Inodes of its file system; 0 where they cannot run out.', labels: [] },
  volume_inodes_free: { type: 'gauge', help: 'Free inodes of its file system.', labels: [] },
  volume_thin_pool_data_used_ratio: { type: 'gauge', help: "Used share of its thin pool's data, 0 to 1.", labels: ['thin_pool'] },
  volume_thin_pool_metadata_used_ratio: { type: 'gauge', help: "Used share of its thin pool's metadata, 0 to 1.", labels: ['thin_pool'] },
  volume_group_size_bytes: { type: 'gauge', help: 'Size of its volume group.', labels: ['volume_group'] },
  volume_group_free_bytes: { type: 'gauge', help: 'Space of its volume group that no volume has.', labels: ['volume_group'] },

  firewall_foreign_tables: { type: 'gauge', help: "Tables beside Reeve's own.", labels: [] },
  firewall_foreign_drop_chains: {
    type: 'gauge',
    help: "Base chains of others that drop, so that what Reeve's table lets in may not arrive.",
    labels: [],
  },
  firewall_rule_packets_total: {
    type: 'counter',
    help: 'Packets that a rule with `counter: true` met, since the table was loaded.',
    labels: ['rule'],
  },
  firewall_rule_bytes_total: {
    type: 'counter',
    help: 'Bytes that a rule with `counter: true` met, since the table was loaded.',
    labels: ['rule'],
  },

  proxy_vhost_up: { type: 'gauge', help: '1 where a virtual host answers as it shall.', labels: ['server'] },
  proxy_backend_up: { type: 'gauge', help: '1 where Varnish holds a backend for healthy.', labels: ['server'] },
  proxy_certificate_expiry_timestamp_seconds: { type: 'gauge', help: 'When the certificate of a virtual host ends.', labels: ['server'] },

  mail_gateway_up: { type: 'gauge', help: '1 where a gateway answers as it shall.', labels: ['target'] },
  mail_open_relay: {
    type: 'gauge',
    help: '1 where a gateway takes mail for strangers, 0 where not, -1 where it cannot be told.',
    labels: ['target'],
  },
  mail_target_up: { type: 'gauge', help: '1 where a server that gateways deliver to takes mail.', labels: ['server'] },
  mail_queue_messages: { type: 'gauge', help: 'Messages in the queue of a gateway.', labels: ['target'] },
  mail_queue_deferred_messages: { type: 'gauge', help: 'Those that were tried and must wait.', labels: ['target'] },
  mail_queue_oldest_seconds: { type: 'gauge', help: 'Age of the oldest message in the queue.', labels: ['target'] },
  mail_gateway_fingerprint: {
    type: 'gauge',
    help: 'A number for all that decides what a gateway does with mail; gateways of one route that hold the same have the same.',
    labels: ['target'],
  },

  nameserver_answers: { type: 'gauge', help: '1 where a name server answers for a zone that it has.', labels: ['zone'] },
  zone_served: { type: 'gauge', help: '1 where a name server answers with authority for a zone.', labels: ['target', 'role'] },
  zone_serial: { type: 'gauge', help: 'Serial number of a zone, as a name server has it.', labels: ['target', 'role'] },
  zone_secondary_behind: {
    type: 'gauge',
    help: '1 where a secondary has another serial number than its primary.',
    labels: ['target', 'role'],
  },
  zone_expire_left_ratio: {
    type: 'gauge',
    help: 'Share of its expire time that is left to a secondary: 1 just after it was renewed; at 0 it forgets the zone.',
    labels: ['target', 'role'],
  },
  zone_signatures_end_timestamp_seconds: { type: 'gauge', help: 'When the signatures of a zone end.', labels: ['target', 'role'] },

  syslog_queue_disk_bytes: { type: 'gauge', help: 'What rsyslog holds on disk for a sink that does not take it.', labels: ['target'] },
  syslog_sink_free_bytes: { type: 'gauge', help: 'Free space where the sink keeps its logs.', labels: [] },
  syslog_sender_last_heard_timestamp_seconds: { type: 'gauge', help: 'When the sink last heard of a sender.', labels: ['sender'] },

  smart_disks_unlisted: { type: 'gauge', help: 'Disks of the machine that no manifest lists.', labels: [] },
  smart_disk_healthy: { type: 'gauge', help: 'A listed disk: 1 no fault, 0 a fault, -1 not read.', labels: ['disk'] },
  smart_disk_asleep: { type: 'gauge', help: '1 where a disk sleeps and was not woken: what is known of it is older.', labels: ['disk'] },
  smart_self_test_age_seconds: { type: 'gauge', help: 'Running time of the disk since its newest self-test.', labels: [...smart, 'test'] },

  smartctl_devices: { type: 'gauge', help: 'Disks that answered.', labels: [] },
  smartctl_device: {
    type: 'gauge',
    help: 'A disk that answered. Always 1.',
    labels: [...smart, 'disk', 'interface', 'protocol', 'model_family', 'firmware_version'],
  },
  smartctl_device_smart_status: { type: 'gauge', help: "1 where the disk's own judgement is that it passes.", labels: smart },
  smartctl_device_smartctl_exit_status: { type: 'gauge', help: 'Exit status of smartctl(8).', labels: smart },
  smartctl_device_power_on_seconds: { type: 'counter', help: 'Running time of the disk.', labels: smart },
  smartctl_device_power_cycle_count: { type: 'counter', help: 'Times that it was switched on.', labels: smart },
  smartctl_device_capacity_bytes: { type: 'gauge', help: 'Its capacity.', labels: smart },
  smartctl_device_percentage_used: { type: 'gauge', help: 'NVMe: share of its life that is used, percent.', labels: smart },
  smartctl_device_critical_warning: { type: 'gauge', help: 'NVMe: critical warnings, bits.', labels: smart },
  smartctl_device_media_errors: { type: 'counter', help: 'NVMe: errors of the medium.', labels: smart },
  smartctl_device_num_err_log_entries: { type: 'counter', help: 'NVMe: entries of the error log.', labels: smart },
  smartctl_device_available_spare: { type: 'gauge', help: 'NVMe: spare that is left, percent.', labels: smart },
  smartctl_device_available_spare_threshold: { type: 'gauge', help: 'NVMe: spare below which it warns, percent.', labels: smart },
  smartctl_device_temperature: { type: 'gauge', help: 'Temperature, °C.', labels: [...smart, 'temperature_type'] },
  smartctl_scsi_grown_defect_list: { type: 'gauge', help: 'SAS: defects found since it was made.', labels: smart },
  smartctl_device_error_log_count: { type: 'gauge', help: 'Errors in its error log.', labels: [...smart, 'error_log_type'] },
  smartctl_device_self_test_log_count: { type: 'gauge', help: 'Self-tests in its log.', labels: [...smart, 'self_test_log_type'] },
  smartctl_device_self_test_log_error_count: {
    type: 'gauge',
    help: 'Failed self-tests in its log.',
    labels: [...smart, 'self_test_log_type'],
  },
  smartctl_device_attribute: {
    type: 'gauge',
    help: 'Attribute of an ATA disk.',
    labels: [...smart, 'attribute_id', 'attribute_name', 'attribute_value_type'],
  },
} as const
