import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A Debian package that is installed. */
export interface PackageSpec extends Spec<'package'> {
  readonly name: string
}

/** Debian Policy 5.6.7; no patterns, no versions. */
export function isPackageName(text: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]{1,127}$/.test(text)
}

/** A package as it shall be: there. */
export function debianPackage(name: string): PackageSpec {
  if (!isPackageName(name)) throw new Error(`not a package name: ${JSON.stringify(name)}`)
  return { type: 'package', id: primitiveId('package', name), name }
}
