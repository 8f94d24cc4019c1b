import { useState } from 'preact/hooks';
import type { DoorReply } from '#shared/api.ts';
import type { Device } from '#shared/audit.ts';
import { Button } from '#shared/ui/button.tsx';
import { countdown } from '#shared/ui/relative-time.ts';
import { safeHref } from '#shared/ui/safe-href.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useNow } from '#shared/ui/use-now.ts';
import { useObserved } from '#shared/ui/use-observed.ts';
import { Visible } from '#shared/ui/visible.tsx';
import { NOTIFY_PLACE } from '../announcer.tsx';
import { browserStorage, readJson } from '../kept.ts';
import { ActNote } from '../note.tsx';
import { useDoor, useMay, useSession } from '../session-context.ts';
import { useAct } from '../use-act.ts';

const KINDS: Record<Device['kind'], string> = { page: 'page', extension: 'browser extension', cli: 'command line', api: 'API' };

function DeviceRow({ device, own }: { device: Device; own: boolean }) {
  const [asking, setAsking] = useState(false);
  const { cache } = useSession();
  const revoke = useAct('revokeDevice', () => {
    setAsking(false);
    cache.touch((door) => door === 'listDevices');
  });
  return (
    <li class={`device ${device.revokedAt ? 'device-revoked' : ''}`}>
      <div class="device-row">
        <div>
          <strong>
            <Visible text={device.name} />
          </strong>
          {own && <span class="cb-count">this browser</span>}
          <p class="cb-run-facts">
            <span>{KINDS[device.kind]}</span>
            <span>
              {device.user}, {device.role}
            </span>
            <span>
              paired <TimeAgo at={device.createdAt} />
            </span>
            {device.revokedAt ? (
              <span>
                revoked <TimeAgo at={device.revokedAt} />
              </span>
            ) : (
              device.lastSeenAt && (
                <span>
                  seen <TimeAgo at={device.lastSeenAt} />
                </span>
              )
            )}
          </p>
        </div>
        {!device.revokedAt && !asking && <Button onClick={() => setAsking(true)}>Revoke…</Button>}
      </div>
      {asking && (
        <div class="in-place">
          <p>
            {own
              ? 'This is the browser you are using. It is signed out at once and needs a new code to come back.'
              : 'It loses access at once and needs a new code to come back.'}
          </p>
          <div class="row">
            <Button kind="danger" busy={revoke.busy} onClick={() => revoke.run({ params: { id: device.id } })}>
              Revoke {device.name}
            </Button>
            <Button kind="quiet" onClick={() => setAsking(false)}>
              Keep it
            </Button>
          </div>
          <ActNote state={revoke.state} />
        </div>
      )}
    </li>
  );
}

function CodeCard({ code, onGone }: { code: DoorReply<'createPairCode'>; onGone: () => void }) {
  const now = useNow(true);
  const over = Date.parse(code.expiresAt) <= now;
  const href = safeHref(code.url);
  return (
    <div class="in-place">
      {over ? (
        <p>The code has expired.</p>
      ) : (
        <>
          <p>
            Open this in the other browser within <strong>{countdown(code.expiresAt, now)}</strong>:
          </p>
          <code class="command">{href ?? code.url}</code>
          <p>
            or enter the code <code class="code">{code.code}</code> there. It works once.
          </p>
        </>
      )}
      <Button kind="quiet" onClick={onGone}>
        {over ? 'Close' : 'Hide the code'}
      </Button>
    </div>
  );
}

function Devices() {
  const status = useObserved(useSession().status);
  const { value, problem } = useDoor('listDevices', {});
  const [code, setCode] = useState<DoorReply<'createPairCode'> | undefined>();
  const pair = useAct('createPairCode', setCode);
  const devices = [...(value?.devices ?? [])].sort((a, b) => Number(a.revokedAt !== undefined) - Number(b.revokedAt !== undefined));
  return (
    <section class="card">
      <h2>
        Devices
        {!code && (
          <Button busy={pair.busy} onClick={() => pair.run({ body: {} })}>
            Pair another browser
          </Button>
        )}
      </h2>
      {code && <CodeCard code={code} onGone={() => setCode(undefined)} />}
      <ActNote state={pair.state} />
      {!value && <p class="hint">{problem?.message ?? 'Loading the devices…'}</p>}
      <ul class="devices">
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} own={device.id === status?.you.device} />
        ))}
      </ul>
    </section>
  );
}

/** What acts at once for everybody: its name, and what on and off mean, each with the button that changes it. */
const SWITCHES = {
  freeze: {
    title: 'Merging',
    on: { means: 'Frozen: nothing is merged. Approved runs wait, everything else goes on.', change: 'Lift the freeze' },
    off: {
      means: 'Approved runs are merged and released. A freeze stops that at once; runs and previews go on.',
      change: 'Freeze merging',
    },
  },
  safeMode: {
    title: 'Safe mode',
    on: {
      means: 'On for every new request: Codex can read and change nothing. It proposes a patch, and a person says whether it is applied.',
      change: 'Switch safe mode off',
    },
    off: {
      means:
        'Codex edits a worktree of its own. In safe mode it could only propose a patch, for a person to apply. It can also be chosen for one request.',
      change: 'Switch safe mode on',
    },
  },
} as const;

function Switch({ name, mayChange }: { name: keyof typeof SWITCHES; mayChange: boolean }) {
  const session = useSession();
  const { value: flags } = useDoor('getFlags', {});
  const put = useAct('putFlags', () => session.cache.touch((door) => door === 'getFlags'));
  if (!flags) return null;
  const isOn = flags[name];
  const { means, change } = SWITCHES[name][isOn ? 'on' : 'off'];
  return (
    <section class="card">
      <h2>
        {SWITCHES[name].title}
        <Button
          busy={put.busy}
          blocked={mayChange ? undefined : 'Only an admin may change this.'}
          kind={isOn ? 'primary' : 'plain'}
          onClick={() => put.run({ body: { [name]: !isOn } })}
        >
          {change}
        </Button>
      </h2>
      <p>{means}</p>
      <ActNote state={put.state} />
    </section>
  );
}

function Notifications() {
  const [on, setOn] = useState(() => readJson(browserStorage, NOTIFY_PLACE) === true);
  const [refused, setRefused] = useState(false);
  if (!('Notification' in globalThis)) return null;
  const change = async (wanted: boolean) => {
    const granted = !wanted || (await Notification.requestPermission()) === 'granted';
    setRefused(!granted);
    setOn(wanted && granted);
    browserStorage.write(NOTIFY_PLACE, JSON.stringify(wanted && granted));
  };
  return (
    <section class="card">
      <h2>This browser</h2>
      <label class="tick">
        <input type="checkbox" checked={on} onChange={(event) => void change(event.currentTarget.checked)} />
        Notify me when a run needs approval or fails while this page is in the background
      </label>
      {refused && <p class="hint">The browser did not allow notifications for this page.</p>}
      <p class="hint">Light or dark follows your system.</p>
    </section>
  );
}

/** Who has access, and what is switched on. */
export function SettingsScreen() {
  const isAdmin = useMay('admin');
  const status = useObserved(useSession().status);
  return (
    <>
      <h1>Settings</h1>
      <Switch name="freeze" mayChange={isAdmin} />
      <Switch name="safeMode" mayChange={isAdmin} />
      {isAdmin ? (
        <Devices />
      ) : (
        <section class="card">
          <h2>Devices</h2>
          <p class="hint">Only an admin sees and revokes devices.{status && ` You are ${status.you.user}, ${status.you.role}.`}</p>
        </section>
      )}
      <Notifications />
    </>
  );
}
