import { maskLink, maskText } from './find-secrets.ts';
import { type Masked, type Piece, type SecretKind, secretOf } from './masked.ts';
import { fieldKind, privacyOf } from './private-places.ts';
import { secretsIn } from './private-text.ts';

const MAX_NODES = 400;
const MAX_DEPTH = 12;
const MAX_TEXT = 1_000;
const MAX_ATTRIBUTE = 300;
const MAX_ATTRIBUTES = 24;
/** Elements whose content says nothing of what a person sees. */
const EMPTIED = new Set(['script', 'style', 'template', 'noscript', 'svg', 'canvas', 'iframe', 'object', 'video', 'audio', 'head']);
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr']);
/** Dropped whole: code, copies of pages, and one-time numbers. */
const DROPPED = /^(on\w+|srcdoc|nonce|integrity|style|srcset|d)$/i;
const SECRET_NAME = /(token|secret|passw|csrf|api-?key|auth|session|nonce)/i;
const LINK = /^(href|src|action|formaction|poster|cite|data|xlink:href)$/i;

/** Text of an element as a person reads it, with what is private known. Fields and marked parts are private as a whole. */
export function textOf(element: Element): Masked {
  const nodes = textNodes(element, MAX_NODES * 4);
  const found = secretsIn(nodes);
  const out: Piece[] = [];
  let length = 0;
  let block: Element | undefined;
  for (const [at, node] of nodes.entries()) {
    const parent = node.parentElement;
    if (!parent?.checkVisibility()) continue;
    if (length > 8_000) break;
    const around = blockOf(parent);
    if (block !== undefined && around !== block) out.push('\n');
    block = around;
    const kind = privacyOf(parent);
    const text = node.data.replace(/\s+/g, ' ');
    if (kind !== undefined) {
      if (node.data.trim() !== '') out.push(secretOf(kind, node.data.trim()));
    } else if (found[at]!.length > 0) out.push(...maskText(node.data, found[at]));
    else out.push(...maskText(text));
    length += text.length;
  }
  return trimmed(out);
}

function blockOf(element: Element): Element {
  let at = element;
  while (at.parentElement && getComputedStyle(at).display.startsWith('inline')) at = at.parentElement;
  return at;
}

function trimmed(pieces: readonly Piece[]): Masked {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string')
      joined[joined.length - 1] = (last + piece).replace(/ *\n\s*/g, '\n').replace(/ {2,}/g, ' ');
    else joined.push(piece);
  }
  if (typeof joined[0] === 'string') joined[0] = joined[0].trimStart();
  const end = joined.length - 1;
  if (typeof joined[end] === 'string') joined[end] = joined[end].trimEnd();
  return joined.filter((piece) => piece !== '');
}

function textNodes(element: Element, limit: number): Text[] {
  const nodes: Text[] = [];
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (nodes.length < limit && walker.nextNode()) {
    const node = walker.currentNode as Text;
    if (!/^(script|style|template|noscript)$/.test(node.parentElement?.localName ?? '')) nodes.push(node);
  }
  return nodes;
}

/** The element's own HTML with what is private known: bounded in nodes and depth, without code, styles and data, and saying what was left out. */
export function htmlOf(element: Element): Masked {
  const out: Piece[] = [];
  const texts = textNodes(element, MAX_NODES * 4);
  const secrets = secretsIn(texts);
  const found = new Map(texts.map((node, at) => [node, secrets[at]!]));
  let nodes = 0;
  const around = privacyOf(element);

  function write(at: Element, depth: number, inherited: SecretKind | undefined): void {
    nodes++;
    // What is around the picked element was asked once; below it each element answers for itself.
    const kind = inherited ?? (at === element ? around : (fieldKind(at) ?? (privacyOf(at) === 'private' ? 'private' : undefined)));
    out.push(`<${at.localName}`);
    writeAttributes(at, kind);
    out.push('>');
    if (VOID.has(at.localName)) return;
    if (EMPTIED.has(at.localName)) out.push(at.childNodes.length > 0 ? '…' : '');
    else writeChildren(at, depth, kind);
    out.push(`</${at.localName}>`);
  }

  function writeChildren(at: Element, depth: number, kind: SecretKind | undefined): void {
    if (depth >= MAX_DEPTH && at.childElementCount > 0) {
      out.push(`<!-- ${at.childElementCount} elements -->`);
      return;
    }
    let left = at.childNodes.length;
    for (const child of at.childNodes) {
      if (nodes >= MAX_NODES) {
        out.push(`<!-- ${left} more -->`);
        return;
      }
      left--;
      if (child.nodeType === Node.ELEMENT_NODE) write(child as Element, depth + 1, kind);
      else if (child.nodeType === Node.TEXT_NODE) writeText(child as Text, kind);
    }
  }

  function writeText(node: Text, kind: SecretKind | undefined): void {
    if (node.data.trim() === '') {
      out.push(' ');
      return;
    }
    nodes++;
    if (kind !== undefined) out.push(secretOf(kind, node.data.trim()));
    else {
      const text = found.get(node) ?? [];
      // Looked through as a whole, then cut: half a number is not one any more.
      const pieces = maskText(node.data, text);
      let room = MAX_TEXT;
      for (const piece of pieces) {
        const length = typeof piece === 'string' ? piece.length : 0;
        out.push(typeof piece === 'string' && length > room ? `${piece.slice(0, room)}…` : piece);
        room -= length;
        if (room <= 0) break;
      }
    }
  }

  function writeAttributes(at: Element, kind: SecretKind | undefined): void {
    const names = at.getAttributeNames();
    for (const name of names.slice(0, MAX_ATTRIBUTES)) {
      const value = at.getAttribute(name) ?? '';
      if (DROPPED.test(name)) continue;
      out.push(` ${name}`);
      if (value === '') continue;
      out.push('="', ...attributeValue(at, name, value, kind), '"');
    }
    const rest = names.length - MAX_ATTRIBUTES;
    if (rest > 0) out.push(` data-left-out="${rest}"`);
  }

  write(element, 0, undefined);
  return out;
}

function attributeValue(at: Element, name: string, value: string, kind: SecretKind | undefined): Masked {
  const isWords = /^(title|alt|placeholder|label|content|aria-(label|description|valuetext|roledescription))$/i.test(name);
  if (kind !== undefined && (isWords || name === 'value' || name.startsWith('data-')))
    return name === 'placeholder' ? maskText(value.slice(0, MAX_ATTRIBUTE)) : [secretOf(kind, value)];
  if (name === 'value' && fieldKind(at) !== undefined) return [secretOf('field', value)];
  if (SECRET_NAME.test(name) || (at.localName === 'meta' && SECRET_NAME.test(at.getAttribute('name') ?? '') && name === 'content'))
    return [secretOf('token', value)];
  if (/^data:/i.test(value) || /^javascript:/i.test(value)) return [`${value.slice(0, 24).split(/[,;]/)[0]}…`];
  const start = (text: string) => text.slice(0, 4 * MAX_ATTRIBUTE);
  const pieces = LINK.test(name) ? maskLink(start(withoutSecretParameters(value))) : maskText(start(value));
  let room = MAX_ATTRIBUTE;
  return pieces.flatMap((piece): Piece[] => {
    if (room <= 0) return [];
    if (typeof piece !== 'string') return [piece];
    const cut = piece.length > room ? `${piece.slice(0, room)}…` : piece;
    room -= piece.length;
    return [cut.replaceAll('"', '&quot;')];
  });
}

/** Links may be relative, which `maskedUrl` does not take. */
function withoutSecretParameters(link: string): string {
  return link.replace(/([?&#;])([^=&;#?]{1,80})=([^&;#]*)/g, (whole, lead: string, name: string) =>
    /(token|key|secret|auth|pass|session|sig|code|jwt)/i.test(name) ? `${lead}${name}=***` : whole,
  );
}
