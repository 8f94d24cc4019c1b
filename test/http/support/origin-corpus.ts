/**
 * What a request may say about where it goes and where it comes from, once, for
 * every place that decides on it: HTTP, upgrade, event stream, pairing, gateway.
 */

/** Host headers that are not the daemon's; `status` is what the guard says. */
export function foreignHosts(port: number): readonly [string, 400 | 403][] {
  return [
    [`rebind.evil:${port}`, 403],
    [`127.0.0.1.evil:${port}`, 403],
    [`127.1:${port}`, 403],
    [`0.0.0.0:${port}`, 403],
    [`[::1]:${port}`, 403],
    [`[::ffff:127.0.0.1]:${port}`, 403],
    [`localhost.:${port}`, 403],
    [`LOCALHOST:${port}`, 403],
    [`127.0.0.1.:${port}`, 403],
    [`127.0.0.1:${port + 1}`, 403],
    [`127.0.0.1:0${port}`, 403],
    ['127.0.0.1', 403],
    [`preview1.localhost:${port}`, 403],
    [`0x7f000001:${port}`, 403],
    [`user@127.0.0.1:${port}`, 400],
    [`user:pass@127.0.0.1:${port}`, 400],
    [`127.0.0.1:${port}/`, 400],
    [`127.0.0.1:${port},evil`, 400],
    ['/', 400],
    ['a b', 400],
    ['', 400],
    [`127.0.0.1:${port}%00`, 400],
    ['x'.repeat(4_000), 403],
    [`${'x'.repeat(4_000)}!`, 400],
  ];
}

/** Origins that are neither the page's nor that of a paired extension. */
export function foreignOrigins(port: number, extension: string): readonly string[] {
  return [
    'null',
    'http://evil',
    'https://evil.example',
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port + 1}`,
    'http://127.0.0.1',
    `http://127.0.0.1:${port}.evil`,
    `http://127.0.0.1:${port}@evil`,
    `http://127.0.0.1:${port}/`,
    `http://127.0.0.1:${port}/codex`,
    `http://127.0.0.1:${port} `.concat('http://evil'),
    `http://evil#http://127.0.0.1:${port}`,
    `http://evil.127.0.0.1:${port}`,
    `HTTP://127.0.0.1:${port}`,
    `http://localhost:${port}`,
    `http://preview1.localhost:${port}`,
    `http://[::1]:${port}`,
    `http://127.1:${port}`,
    'file://',
    'chrome-extension://',
    `chrome-extension://${'b'.repeat(32)}`,
    `${extension}/`,
    `${extension}.evil`,
    `x${extension}`,
    extension.toUpperCase(),
    extension.slice(0, -1),
    'moz-extension://00000000-0000-0000-0000-000000000000',
    'undefined',
    '*',
  ];
}
