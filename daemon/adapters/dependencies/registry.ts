import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SandboxMount, SandboxNet } from '../../ports.ts';

/** What setup may use of the network, as the host says. */
export interface RegistryAccess {
  hosts: readonly string[];
  /** PEM file that programs trust besides their own certificates. */
  caFile?: string;
}

const CA_INSIDE = '/run/codex-builder/ca.pem';
const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** The certificates this host's own npm trusts: by variable, by `.npmrc`, or those of the system. */
export function findCaFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = [
    env['NODE_EXTRA_CA_CERTS'],
    env['npm_config_cafile'],
    cafileOf(join(env['HOME'] ?? '/root', '.npmrc')),
    cafileOf('/etc/npmrc'),
  ];
  return [...named, ...SYSTEM_BUNDLES].find((path) => path?.startsWith('/') && existsSync(path));
}

function cafileOf(npmrc: string): string | undefined {
  if (!existsSync(npmrc)) return undefined;
  const text = /^\s*cafile\s*=\s*(\S+)\s*$/m.exec(readFileSync(npmrc, 'utf8'))?.[1];
  return text?.replace(/^"(.*)"$/, '$1');
}

/** How a setup command gets at packages, and at nothing else. */
export interface PackageAccess {
  net: SandboxNet;
  env: Readonly<Record<string, string>>;
  mounts: readonly SandboxMount[];
}

/** Prepares what every setup gets. `folder` is the daemon's own; the certificates are copied there so that any user of a sandbox may read them. */
export function openPackageAccess(
  access: RegistryAccess,
  folder: string,
  nodePath: string,
  hasMounts: boolean,
): (network: 'registry' | 'none') => PackageAccess {
  const copy = access.caFile === undefined ? undefined : join(folder, 'ca.pem');
  if (copy !== undefined) {
    writeFileSync(copy, readFileSync(access.caFile!));
    chmodSync(copy, 0o644); // the daemon's umask would keep it from the confined user
  }
  const prefix = dirname(dirname(nodePath));
  const common = {
    CI: '1',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    // Native modules are compiled against the headers of this node, which are not in any registry.
    ...(existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {}),
    // Yarn's packages belong to the project, or they would be gone with the home of this one command.
    YARN_ENABLE_GLOBAL_CACHE: '0',
    YARN_ENABLE_TELEMETRY: '0',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    ...(access.hosts.includes('registry.npmjs.org') ? { COREPACK_NPM_REGISTRY: 'https://registry.npmjs.org' } : {}),
  };
  return (network) => {
    if (network === 'none') return { net: { kind: 'none' }, env: common, mounts: [] };
    return {
      net: { kind: 'allow', hosts: access.hosts, privateNetworks: true },
      env: { ...common, ...(copy === undefined ? {} : { NODE_EXTRA_CA_CERTS: hasMounts ? CA_INSIDE : copy }) },
      mounts: copy === undefined ? [] : [{ host: copy, inside: CA_INSIDE, mode: 'ro' }],
    };
  };
}
