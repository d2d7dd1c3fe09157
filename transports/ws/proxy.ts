/** Which HTTP proxy a WebSocket goes through, if any: by way of CONNECT, so that the proxy sees where to, and no more. */
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

/**
 * `proxy` if it is given; else what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say, as elsewhere; to this machine itself
 * only if it is given.
 */
export function proxyAgent(address: string, proxy: string | undefined): HttpsProxyAgent<string> | undefined {
  const url = proxy ?? proxyOfEnvironment(new URL(address));
  return url === '' ? undefined : new HttpsProxyAgent(url);
}

function proxyOfEnvironment(address: URL): string {
  if (/^(127\.|\[::1\]$|localhost$)/.test(address.hostname)) return '';
  const where = `://${address.host}`;
  const secure = getProxyForUrl(`https${where}`);
  return address.protocol === 'wss:' || secure !== '' ? secure : getProxyForUrl(`http${where}`);
}
