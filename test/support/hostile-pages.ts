import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Pages that do to an overlay what pages do, by mistake or on purpose. */
export interface HostileSite {
  /** For example http://127.0.0.1:4321 */
  url: string;
  /** The same pages on another origin. */
  other: string;
  close(): void;
}

/** Everything a page could hear of a person. */
const HEARD = [
  ...['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'compositionstart', 'compositionupdate', 'compositionend'],
  ...['paste', 'copy', 'cut', 'dragenter', 'dragover', 'drop', 'click', 'mousedown', 'pointerdown', 'focusin'],
];

/** Listens first of all the page's scripts: on window and document, capturing and not. `heard` is what it got. */
const LISTENER = `<script>window.heard=[];for(const t of ${JSON.stringify(HEARD)})for(const c of [true,false])for(const w of [window,document])w.addEventListener(t,e=>heard.push([t,c,e.key??e.data??'',e.target&&e.target.localName||'',e.isTrusted].join(' ')),c);</script>`;

interface Page {
  body: string;
  head?: string;
  headers?: Record<string, string>;
}

const FIELD = '<label>Name <input id="field"></label>';

/** By path. A function is given the other origin. */
const PAGES: Readonly<Record<string, Page | ((other: string) => Page)>> = {
  '/plain': { body: `<h1>Plain</h1>${FIELD}<div id="editor" contenteditable>written in place</div>` },
  '/listens': { body: `<h1>Listens</h1>${FIELD}`, head: LISTENER },
  '/takes-key': {
    body: '<h1>Has a use for the key</h1>',
    head: `<script>window.took=0;addEventListener('keydown',e=>{if(e.ctrlKey&&e.key==='k'){took++;e.preventDefault();e.stopImmediatePropagation()}},true)</script>`,
  },
  '/swallows': {
    body: '<h1>Swallows keys</h1>',
    head: `<script>window.heard=[];for(const t of ['keydown','keypress','beforeinput','input','paste'])addEventListener(t,e=>{heard.push(t);e.stopImmediatePropagation();e.preventDefault()},true)</script>`,
  },
  '/removes': {
    body: '<h1>Removes what is not its own</h1>',
    head: `${LISTENER}<script>window.removed=0;addEventListener('DOMContentLoaded',()=>{new MutationObserver(()=>{for(const e of document.querySelectorAll('codex-builder')){removed++;e.remove()}}).observe(document,{childList:true,subtree:true})})</script>`,
  },
  '/removes-later': {
    body: '<h1>Empties its body now and then</h1>',
    head: `${LISTENER}<script>setInterval(()=>{document.body?.replaceChildren(document.createElement('p'))},60)</script>`,
  },
  '/marks': {
    body: '<h1>Marks foreign elements</h1>',
    head: `${LISTENER}<script>setInterval(()=>{const e=document.querySelector('codex-builder');if(e){e.inert=true;e.hidden=true;e.style.cssText='display:none!important';e.setAttribute('aria-hidden','true')}document.body.inert=true},40)</script>`,
  },
  '/steals-focus': {
    body: `<h1>Steals the focus</h1>${FIELD}`,
    head: `${LISTENER}<script>setInterval(()=>{document.activeElement?.blur?.();document.getElementById('field')?.focus()},30);addEventListener('focusin',()=>document.getElementById('field')?.focus(),true)</script>`,
  },
  '/modal': {
    body: `<h1>Modal</h1><dialog id="d"><input id="field" aria-label="field"></dialog><div style="position:fixed;inset:0;z-index:2147483647;background:#fee"></div>`,
    head: `${LISTENER}<script>addEventListener('DOMContentLoaded',()=>{const d=document.getElementById('d');d.showModal();document.addEventListener('focusin',e=>{if(!d.contains(e.target))d.querySelector('input').focus()},true)})</script>`,
  },
  '/modal-later': {
    body: `<h1>Opens a dialog over everything</h1><dialog id="d"><input id="field" aria-label="field"></dialog>`,
    head: `${LISTENER}<script>setInterval(()=>{const d=document.getElementById('d');if(!document.querySelector('codex-builder'))return;if(d.open)d.close();d.showModal();d.querySelector('input').focus()},120)</script>`,
  },
  '/hides-everything': {
    body: '<h1>Hides everything</h1>',
    head: '<style>*,*::backdrop{display:none!important;opacity:0!important;visibility:hidden!important;font-size:0!important;pointer-events:none!important;transform:scale(0)!important;--cb-surface:red!important;--cb-text:red!important}</style>',
  },
  '/skips-everything': {
    body: '<h1>Skips everything</h1>',
    head: '<style>body{content-visibility:hidden;filter:opacity(0);clip-path:inset(50%)}</style>',
  },
  '/patched': {
    body: '<h1>Patched</h1>',
    head: `<script>for(const [o,n] of [[Element.prototype,'attachShadow'],[HTMLDialogElement.prototype,'showModal'],[HTMLElement.prototype,'focus'],[EventTarget.prototype,'addEventListener'],[Event.prototype,'stopImmediatePropagation'],[Document.prototype,'createElementNS'],[Node.prototype,'append'],[CSSStyleSheet.prototype,'replaceSync'],[Element.prototype,'append']])o[n]=function(){throw new Error('patched '+n)};window.MutationObserver=undefined;</script>`,
  },
  '/strict': {
    body: '<h1>Strict</h1>',
    headers: {
      'content-security-policy':
        "default-src 'none'; style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; sandbox allow-scripts allow-same-origin",
    },
  },
  '/rtl': { body: '<h1>ימין</h1>', head: '<script>document.documentElement.dir="rtl"</script>' },
  '/huge': {
    body: '<h1>Huge</h1>',
    head: `<script>addEventListener('DOMContentLoaded',()=>{let h='';for(let i=0;i<10000;i++)h+='<div class="row r'+i+'"><span>'+i+'</span></div>';document.body.insertAdjacentHTML('beforeend',h);setInterval(()=>{document.querySelector('.r5 span').textContent=Date.now()},10)})</script>`,
  },
  '/fakes': {
    body: '<h1>Fakes messages</h1>',
    head: `${LISTENER}<script>window.fake=()=>{const id='fcgoimbcnagifncdheimdlfkaobolmdi';for(const m of [{type:'toggle'},{name:'toggle',body:{}},{type:'typed',text:'FAKE'},{type:id+':overlay:wxt:content-script-started'}])postMessage(m,'*');for(const n of ['overlay','relay'])document.dispatchEvent(new CustomEvent(id+':'+n+':wxt:content-script-started',{detail:{contentScriptName:n,messageId:'x'}}));for(const t of [window,document,document.body,document.querySelector('codex-builder')].filter(Boolean)){t.dispatchEvent(new KeyboardEvent('keydown',{key:'k',ctrlKey:true,bubbles:true,composed:true}));t.dispatchEvent(new KeyboardEvent('keydown',{key:'Escape',bubbles:true,composed:true}));t.dispatchEvent(new KeyboardEvent('keydown',{key:'Enter',bubbles:true,composed:true}));t.dispatchEvent(new MouseEvent('click',{bubbles:true,composed:true}))}try{chrome.runtime.sendMessage(id,{name:'submit',body:{}})}catch{}}</script>`,
  },
  '/rewritten': {
    body: '<h1>Rewritten</h1>',
    head: `<script>addEventListener('load',()=>{document.open();document.write('<!doctype html><html lang="en"><title>Rewritten</title><body><h1>Written anew</h1></body></html>');document.close();document.documentElement.dataset.anew='yes'},{once:true})</script>`,
  },
  '/frame': { body: `<h1>Frame</h1><iframe id="f" title="inner" src="/listens" width="400" height="200"></iframe>`, head: LISTENER },
  '/foreign-frame': (other) => ({
    body: `<h1>Frame</h1><iframe id="f" title="inner" src="${other}/listens" width="400" height="200"></iframe>`,
    head: LISTENER,
  }),
  '/srcdoc-frame': {
    body: `<h1>Frame</h1><iframe id="f" title="inner" sandbox="allow-scripts" srcdoc="<input id=field aria-label=f>" width="400" height="200"></iframe>`,
    head: LISTENER,
  },
  '/menu': {
    body: `<nav id="nav">Menu<div id="menu">open</div></nav><input id="field" type="password" value="a secret" aria-label="Password">`,
    head: `${LISTENER}<style>html,body{margin:0;height:100%;background:rgb(0,128,0)}#nav{position:absolute;left:20px;top:20px;width:80px;height:30px}#menu{display:none;position:absolute;top:30px;width:80px;height:60px;background:rgb(255,0,255)}#nav:hover #menu{display:block}#field{position:absolute;left:20px;top:700px;width:200px;height:40px;border:0;background:rgb(255,255,0)}</style>`,
  },
  '/covers': {
    body: `<h1>Covers</h1><div id="cover" popover="manual" style="position:fixed;inset:0;width:100vw;height:100vh;margin:0;border:0;background:#fff;pointer-events:none">You have won. Press here.</div>`,
    head: `<style>#cover::backdrop{display:none}</style><script>window.cover=()=>document.getElementById('cover').showPopover();window.uncover=()=>document.getElementById('cover').hidePopover();window.size=to=>{const {style}=document.getElementById('cover');style.inset='0 auto auto 0';style.width=style.height=to;style.padding='0';style.overflow='hidden'}</script>`,
  },
};

/** Those on which what is typed into the overlay must all arrive there. */
export const TYPED_ON = [
  ...['/listens', '/swallows', '/takes-key', '/removes-later', '/marks', '/steals-focus', '/modal', '/modal-later'],
  ...['/hides-everything', '/skips-everything', '/patched', '/strict', '/huge', '/rewritten'],
] as const;

/** Of what a page heard: what is ours. Not the Ctrl of the key itself, nor its own elements' getting the focus. */
export function leakedOf(heard: readonly string[]): string[] {
  return heard.filter((entry) => !/ (Control|Shift) /.test(entry) && (entry.includes('codex-builder') || !entry.startsWith('focusin')));
}

/** Serves them on two origins of this machine. */
export async function serveHostilePages(): Promise<HostileSite> {
  let other = '';
  const servers = [0, 1].map(() =>
    createServer((request, response) => {
      const found = PAGES[new URL(request.url ?? '/', 'http://x').pathname];
      const page = typeof found === 'function' ? found(other) : found;
      if (!page) return response.writeHead(404).end();
      const title = request.url?.slice(1) ?? '';
      return response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers })
        .end(
          `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${page.head ?? ''}</head><body>${page.body}</body></html>`,
        );
    }),
  );
  const [first, second] = await Promise.all(
    servers.map(
      (server) => new Promise<number>((done) => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port))),
    ),
  );
  other = `http://localhost:${second}`;
  return {
    url: `http://127.0.0.1:${first}`,
    other,
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
