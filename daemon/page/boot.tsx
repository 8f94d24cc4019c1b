import { useEffect, useState } from 'preact/hooks';
import { openLink, type SocketEvents } from '#shared/link.ts';
import { socketKey } from '#shared/pairing.ts';
import { App } from './app.tsx';
import { type KeptDevice, keptDevice, redeemCode, takeCode } from './device.ts';
import { browserStorage } from './kept.ts';
import { PairingScreen } from './screens/pairing-screen.tsx';
import { openSession, type Session } from './session.ts';
import { SessionContext } from './session-context.ts';

function openSocket(events: SocketEvents): WebSocket {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
  socket.onopen = () => events.opened();
  socket.onmessage = (event: MessageEvent<unknown>) => events.received(event.data);
  socket.onclose = (event) => events.closed(event.code);
  return socket;
}

async function openFor(device: KeptDevice): Promise<Session> {
  const key = await socketKey(device.secret);
  const link = openLink({
    device: device.deviceId,
    key,
    origin: location.origin,
    open: openSocket,
    now: Date.now,
    after: (delayMs, then) => {
      const timer = setTimeout(then, delayMs);
      return () => clearTimeout(timer);
    },
  });
  return openSession(link, browserStorage);
}

/** From a code in the address, or the kept pairing, or neither, to an open session. */
export function Boot() {
  const [code] = useState(takeCode);
  const [device, setDevice] = useState(() => (code === undefined ? keptDevice() : undefined));
  const [session, setSession] = useState<Session | undefined>();
  const [pairing, setPairing] = useState(code !== undefined);
  const [problem, setProblem] = useState<string | undefined>();

  useEffect(() => {
    if (code === undefined) return;
    void redeemCode(code).then((outcome) => {
      setPairing(false);
      if (outcome.end === 'paired') setDevice(outcome.device);
      else {
        // A used code in an old address must not take a working pairing away.
        const kept = keptDevice();
        if (kept) setDevice(kept);
        else setProblem(outcome.message);
      }
    });
  }, [code]);

  useEffect(() => {
    if (!device) return undefined;
    let current = true;
    let opened: Session | undefined;
    void openFor(device).then((ready) => {
      opened = ready;
      if (current) setSession(ready);
      else ready.link.close();
    });
    const retry = () => document.visibilityState === 'visible' && opened?.link.retry();
    document.addEventListener('visibilitychange', retry);
    addEventListener('online', retry);
    return () => {
      current = false;
      opened?.link.close();
      document.removeEventListener('visibilitychange', retry);
      removeEventListener('online', retry);
    };
  }, [device]);

  if (session) {
    return (
      <SessionContext.Provider value={session}>
        <App onPaired={setDevice} />
      </SessionContext.Provider>
    );
  }
  if (pairing || device) return <p class="opening">{pairing ? 'Pairing this browser…' : 'Opening…'}</p>;
  return <PairingScreen why="unpaired" problem={problem} onPaired={setDevice} />;
}
