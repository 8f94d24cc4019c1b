import net, { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';

type Subnet = readonly [network: string, prefix: number];

const THIS_NETWORK: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
];
const PRIVATE: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
];
const NOT_PUBLIC = listOf([...THIS_NETWORK, ...PRIVATE], 'ipv4');
const NEVER = listOf(THIS_NETWORK, 'ipv4');
const GLOBAL_UNICAST = listOf([['2000::', 3]], 'ipv6');
/** Addresses that organisations give out themselves. */
const UNIQUE_LOCAL = listOf([['fc00::', 7]], 'ipv6');
/** Within global unicast, but tunnels to an embedded IPv4 address, or documentation. */
const NOT_PUBLIC_IPV6 = listOf(
  [
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
  ],
  'ipv6',
);

/** Whether an address belongs to the public internet: not this machine, not its network, not a multicast group. */
export function isPublicAddress(address: string): boolean {
  if (net.isIPv4(address)) return !NOT_PUBLIC.check(address, 'ipv4');
  if (!net.isIPv6(address)) return false;
  return GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC_IPV6.check(address, 'ipv6');
}

/**
 * The same and private networks, for names that the host's own settings give: a company's registry. Never loopback, link-local (where
 * clouds keep credentials), multicast, nor any address of this machine: behind those are the daemon, production and the previews.
 */
export function isOtherMachine(address: string, own: readonly string[] = ownAddresses()): boolean {
  if (own.includes(address)) return false;
  if (net.isIPv4(address)) return !NEVER.check(address, 'ipv4');
  return isPublicAddress(address) || (net.isIPv6(address) && UNIQUE_LOCAL.check(address, 'ipv6'));
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}

function listOf(subnets: readonly Subnet[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}
