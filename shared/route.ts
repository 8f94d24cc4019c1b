const SECRET_PARAMETER = /(token|key|secret|auth|pass|session|sig|code|jwt)/i;

/** Path and query of a captured URL with the values of secret-looking parameters masked; undefined when it is no http(s) URL. */
export function routeOf(url: string): string | undefined {
  const match = /^https?:\/\/[^/?#]+([^?#]*)(\?[^#]*)?/i.exec(url);
  if (!match) return undefined;
  const path = match[1] === '' ? '/' : match[1]!;
  const query = (match[2] ?? '').replace(/([?&;])([^=&;]+)=([^&;]*)/g, (whole, lead: string, name: string) =>
    SECRET_PARAMETER.test(decoded(name)) ? `${lead}${name}=***` : whole,
  );
  return path + query;
}

/** A captured URL with its secrets masked and its fragment gone; what is not a web address is kept as it is. */
export function maskedUrl(url: string): string {
  const origin = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(url);
  const route = routeOf(url);
  return origin === null || route === undefined ? url : `${url.slice(0, url.indexOf('://'))}://${origin[1]}${route}`;
}

/** Whether something of a route was masked, here or where it was captured: it can be read, and not be asked for. */
export function isMaskedRoute(route: string): boolean {
  return /\*\*\*|\[(?:email|token|password|card number)\]/.test(route);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not percent-encoded text: judged as it stands
  }
}
