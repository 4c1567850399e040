/**
 * Opening the transport for MQTT as the URL says: TCP or a unix socket, a proxy, TLS and a websocket.
 *
 * @module
 */
import { hostnameOf, isEncrypted, isWebSocket, portOf } from "./broker_address.ts";
import { orLate } from "../../core/waiting.ts";
import { type BrokerSettings, ConnectError } from "./connection.ts";
import { networkErrorText, openTcp, openUnix, type Socket } from "./socket.ts";

/** How long the network, the proxy, TLS and the websocket handshake may take together, in ms. */
const CONNECT_TIMEOUT = 10_000;

/**
 * Opens a transport within the time limit.
 *
 * @throws {ConnectError} when there is no connection
 */
export async function openInTime(broker: BrokerSettings, signal: AbortSignal): Promise<Socket> {
  const abort = new AbortController();
  const either = AbortSignal.any([signal, abort.signal]);
  const opening = openTransport(broker, either);
  try {
    const late = () => {
      throw new Error(`no connection within ${CONNECT_TIMEOUT / 1000} s`);
    };
    return await orLate(opening, CONNECT_TIMEOUT, late, { signal });
  } catch (error) {
    abort.abort();
    await opening.then((socket) => socket.close(), () => {}); // it may still open, too late to be used
    signal.throwIfAborted();
    const text = error instanceof Error ? networkErrorText(error) : String(error);
    throw new ConnectError(broker.advice === undefined ? text : `${text}; ${broker.advice}`, undefined, false);
  }
}

/**
 * Opens a transport on which the broker should speak MQTT.
 *
 * @throws {Error} when there is no connection
 */
async function openTransport(broker: BrokerSettings, signal: AbortSignal): Promise<Socket> {
  const url = new URL(broker.url);
  if (url.protocol === "unix:") return await openUnix(decodeURIComponent(url.pathname), signal);
  const socket = await openSocket(url, broker, signal);
  if (!isWebSocket(url)) return socket;
  try {
    const { openWebSocket } = await import("./websocket.ts");
    const headers = Object.fromEntries(
      Object.entries(broker.headers ?? {}).map(([name, value]) => [name, value.reveal()]),
    );
    return await openWebSocket(socket, { host: url.host, path: url.pathname + url.search, headers });
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function openSocket(url: URL, broker: BrokerSettings, signal: AbortSignal): Promise<Socket> {
  const [host, port] = [hostnameOf(url), portOf(url)];
  const proxy = broker.proxy === undefined ? undefined : new URL(broker.proxy.reveal());
  if (isEncrypted(url)) {
    const { openTls } = await import("./tls_socket.ts");
    return await openTls(host, port, broker.tls ?? {}, signal, proxy);
  }
  if (proxy === undefined) return await openTcp(host, port, signal);
  const { proxyPort, throughProxy } = await import("./proxy.ts");
  const socket = await openTcp(hostnameOf(proxy), proxyPort(proxy), signal);
  try {
    await throughProxy(socket, proxy, host, port);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
