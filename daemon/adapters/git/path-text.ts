import { Buffer } from 'node:buffer';

/**
 * Paths travel inside this folder as latin1 strings (one character a byte), so that
 * two different names never become the same one. These functions are the way out.
 */
export function splitNul(bytes: Buffer): string[] {
  const parts = bytes.toString('latin1').split('\0');
  parts.pop();
  return parts;
}

/** Whether the bytes of a path are UTF-8. */
export function isUtf8(path: string): boolean {
  const bytes = Buffer.from(path, 'latin1');
  return bytes.equals(Buffer.from(bytes.toString('utf8'), 'utf8'));
}

/** A path for people and for the wire: its text, or with octal escapes where it is no text. */
export function pathText(path: string): string {
  if (isUtf8(path)) return Buffer.from(path, 'latin1').toString('utf8');
  return path.replace(/[^\x20-\x7e]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** The bytes of a path that came as text. */
export function pathBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
