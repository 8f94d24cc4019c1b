import { render } from 'preact';
import { ask, watch } from '../../ask.ts';
import { openBackgroundClient } from '../../background-client.ts';
import { openInbox } from '../../inbox/inbox-store.ts';
import { watchOpenedOn } from '../../inbox/page-source.ts';
import { type InboxNotice, WATCH } from '../../messages.ts';
import { PopupPage } from './popup-page.tsx';
import './popup.css';

const GATHER_MS = 100;

/** Opened as a tab of its own it stays, and is about the page that it was opened on. */
const kept = Number(new URLSearchParams(location.search).get('tab'));
const inbox = openInbox({
  listen: (then) => void watch<InboxNotice>(WATCH, then),
  client: openBackgroundClient,
  later: (then) => void setTimeout(then, GATHER_MS),
});
if (kept > 0) document.documentElement.classList.add('kept');
render(
  <PopupPage
    inbox={inbox}
    watchPage={(then) => watchOpenedOn(kept > 0 ? kept : undefined, then)}
    sightOf={(url) => ask('sight', { url }).then((asked) => (asked.ok ? asked.value : undefined))}
    keeps={kept > 0}
  />,
  document.getElementById('app')!,
);
