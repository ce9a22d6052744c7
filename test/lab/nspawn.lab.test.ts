import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NativeHost, startNativeHost } from './nspawn.ts'

let host: NativeHost

beforeAll(async () => {
  host = await startNativeHost()
}, 300_000)
afterAll(() => host?.[Symbol.asyncDispose]())

test('a native host runs systemd with its services, and nftables of its own', async () => {
  expect(await host.must('hostname; systemctl is-active nginx rsyslog cron')).toBe('native1\nactive\nactive\nactive\n')
  expect(await host.must('nft add table inet own && nft list tables')).toBe('table inet own\n')
  expect(await host.must('sysctl -w net.ipv4.ip_forward=1')).toBe('net.ipv4.ip_forward = 1\n')
})

test('its network ends at this machine', async () => {
  expect(await host.must('ip route show default')).toBe('')
})

test('a power cycle keeps its files, a reset does not', async () => {
  await host.must('echo kept > /root/file')
  await host.powerCycle()
  expect(await host.must('cat /root/file')).toBe('kept\n')
  await host.reset()
  expect(await host.must('ls /root')).toBe('')
})

test('two hosts do not take each other’s processes or addresses', async () => {
  await using other = await startNativeHost({ name: 'native2' })
  expect(other.address).not.toBe(host.address)
  expect(await other.must('hostname; systemctl is-system-running')).toBe('native2\nrunning\n')
  expect(await host.must('hostname; systemctl is-system-running')).toBe('native1\nrunning\n')
})
