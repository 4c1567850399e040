/**
 * The types of MQTT packets, which stand in the upper half of a packet's first byte.
 *
 * Source: MQTT 5.0, section 2.1.2.
 *
 * @module
 */

/** A client asks the broker for a connection. */
export const CONNECT = 1;
/** The broker's answer to CONNECT. */
export const CONNACK = 2;
/** A message, in either direction. */
export const PUBLISH = 3;
/** Acknowledges a PUBLISH with QoS 1. */
export const PUBACK = 4;
/** Acknowledges a PUBLISH with QoS 2, first step. */
export const PUBREC = 5;
/** Second step: the sender has forgotten the message. */
export const PUBREL = 6;
/** Third step: the receiver has forgotten its identifier. */
export const PUBCOMP = 7;
/** A client asks for the messages of some filters. */
export const SUBSCRIBE = 8;
/** The broker's answer to SUBSCRIBE. */
export const SUBACK = 9;
/** A client wants no more messages of some filters. */
export const UNSUBSCRIBE = 10;
/** The broker's answer to UNSUBSCRIBE. */
export const UNSUBACK = 11;
/** The client asks for PINGRESP, to see that the broker is alive. */
export const PINGREQ = 12;
/** The broker's answer to PINGREQ. */
export const PINGRESP = 13;
/** The last packet of a connection. */
export const DISCONNECT = 14;

/** The lower half of the first byte of PUBREL, SUBSCRIBE and UNSUBSCRIBE (MQTT 5.0, section 2.1.3). */
export const RESERVED_FLAGS = 2;
