/**
 * Who may talk to the viewer's server: the browser that was given the URL with the token, and nobody else.
 *
 *  1. The server listens on the loopback interface only. Other users of the machine and pages of other sites can still
 *     reach it; the rest keeps them out.
 *  2. `Host` must name the loopback interface and our port: a name that an attacker lets point here (DNS rebinding) fails.
 *  3. `Origin`, where there is one, must be ours. What is not a GET must have one.
 *  4. The first URL has a random token; it is exchanged for a cookie that scripts cannot read and that other sites'
 *     pages do not send. The cookie's name has the port, since cookies of a host are shared by its ports.
 *  5. The page runs no script but ours, and talks to nobody but us.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'";

export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const tokenBytes = 32;

/** Why a request is refused. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

export class Guard {
  readonly token: string = randomBytes(tokenBytes).toString('base64url');
  readonly #hosts: ReadonlySet<string>;
  readonly #cookie: string;

  constructor(port: number) {
    this.#hosts = new Set(['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${port}`));
    this.#cookie = `charm4ts-${port}`;
  }

  /** What holds for every request, with and without a cookie. */
  refuse({ method, headers }: IncomingMessage): Refusal | undefined {
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
      return { status: 405, reason: `there is no ${method ?? 'request'} here` };
    const { host, origin } = headers;
    if (host === undefined || !this.#hosts.has(host)) return { status: 403, reason: 'the Host is not this server' };
    if (origin === undefined && method === 'POST') return { status: 403, reason: 'a POST needs an Origin' };
    if (origin !== undefined && origin !== `http://${host}`)
      return { status: 403, reason: 'the Origin is another site' };
    const site = headers['sec-fetch-site'];
    if (site === 'cross-site' && method === 'POST') return { status: 403, reason: 'asked by another site' };
    return undefined;
  }

  hasToken(token: string | null): boolean {
    return token !== null && isSame(token, this.token);
  }

  hasCookie({ headers }: IncomingMessage): boolean {
    for (const part of (headers.cookie ?? '').split(';')) {
      const [name, value] = part.trim().split('=', 2);
      if (name === this.#cookie && value !== undefined && isSame(value, this.token)) return true;
    }
    return false;
  }

  get setCookie(): string {
    return `${this.#cookie}=${this.token}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

/** In a time that does not tell where they differ. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
