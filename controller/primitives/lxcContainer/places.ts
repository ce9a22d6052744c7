import { type Script, sh } from '../../shell/sh.ts'
import { devicePath } from '../logicalVolume/spec.ts'
import { isVolume } from './rootState.ts'
import type { LxcContainerSpec, RootFileSystem, Template } from './spec.ts'
import { templateMark } from './template.ts'

/** Where a container's things lie on its hypervisor. */
export interface Places {
  readonly folder: string
  readonly config: string
  /** The new config, beside the live one until it was checked. */
  readonly staged: string
  /** LXC's own log of the last start. */
  readonly log: string
  /** Config of the last start, with the cgroup's inode as its first line. In /run, so that it dies with a reboot. */
  readonly started: string
  /** Starts that Reeve tried since boot, and what LXC said of those that failed. */
  readonly starts: string
  /** When the container was killed since it did not stop by itself. */
  readonly kills: string
  /** Lines of a template script's own config, kept until the container's config is written. */
  readonly templateLines: string
  readonly lock: string
  /** Stands in for /var/lib/lxc when LXC is asked whether it can load a config. */
  readonly checkRoot: string
  /** Where the root file system is mounted while it is filled or changed from outside. */
  readonly mount: string
}

export function placesOf(name: string): Places {
  return {
    folder: `/var/lib/lxc/${name}`,
    config: `/var/lib/lxc/${name}/config`,
    staged: `/var/lib/lxc/${name}/config.reeve-new`,
    log: `/run/reeve/lxc/${name}.log`,
    started: `/run/reeve/lxc/${name}.started`,
    starts: `/run/reeve/lxc/${name}.starts`,
    kills: `/run/reeve/lxc/${name}.kills`,
    templateLines: `/var/lib/lxc/${name}/config.template`,
    lock: `/run/reeve/lxc/${name}.lock`,
    checkRoot: `/run/reeve/chk/${name}`,
    mount: `/run/reeve/mnt/${name}`,
  }
}

/** The device or the folder that the root lies on. */
export function rootDevice(rootfs: RootFileSystem): string {
  return isVolume(rootfs) ? devicePath(rootfs.volumeGroup, rootfs.name) : rootfs.folder
}

/** Where a step finds the root between mountRoot and unmountRoot. */
export function rootPath({ name, rootfs }: LxcContainerSpec): string {
  return isVolume(rootfs) ? placesOf(name).mount : rootfs.folder
}

/** The tag of a root that was filled from this template and never started: until then it may be emptied and filled from another one. */
export function unstartedTag(template: Template): string {
  return `reeve.unstarted.${templateMark(template)}`
}

/** Folders that retire moved away, as a shell pattern after the container's name. */
export const retiredPattern: Script = sh`-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z`

export function bridgesOf(spec: LxcContainerSpec): readonly string[] {
  return Object.entries(spec.settings)
    .filter(([key]) => /^lxc\.net\.\d+\.link$/.test(key))
    .map(([, value]) => value)
}
