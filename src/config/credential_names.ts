/**
 * Names that other programs use for our credentials.
 *
 * @module
 */

/** Names without their prefix `MQTT_`, by the key that is meant. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  MQTT_BROKER: ["BROKER", "BROKERURL", "BROKERHOST", "BROKERADDRESS", "HOST", "HOSTNAME", "SERVER", "URL", "URI"],
  MQTT_PORT: ["PORT", "BROKERPORT", "SERVERPORT"],
  MQTT_USER: ["USER", "USERNAME", "LOGIN"],
  MQTT_PASS: ["PASS", "PASSWORD", "PASSWD", "PWD", "PW"],
  MQTT_CLIENT_ID: ["CLIENTID", "CLIENT"],
  MQTT_TLS: ["TLS", "SSL", "USETLS", "USESSL"],
  MQTT_CA: ["CA", "CACERT", "CACERTS", "CAFILE", "TLSCA"],
  MQTT_CERT: ["CERT", "CERTIFICATE", "CLIENTCERT", "CERTFILE", "TLSCERT"],
  MQTT_SEAL_KEY: ["SEALKEY", "SEALINGKEY"],
  MQTT_KEY: ["KEY", "PRIVATEKEY", "CLIENTKEY", "KEYFILE", "TLSKEY"],
};

/** The key that `name` means, such as `MQTT_USER` for `MQTT_USERNAME` or `mqtt-user`. */
export function canonicalKey(name: string): string | undefined {
  const words = name.toUpperCase().replaceAll(/[^A-Z]/g, "").replace(/^MQTT/, "");
  return Object.entries(NAMES).find(([, names]) => names.includes(words))?.[0];
}
