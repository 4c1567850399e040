/** A lasting connection to a broker. @module */
export { withAddedProperties } from "./added_properties.ts";
export { BrokerLink, type BrokerLinkOptions } from "./broker_link.ts";
export { isEncrypted, isWebSocket, portOf } from "./connection/broker_address.ts";
export { BROKER_PRESETS, type BrokerPreset, presetOf } from "./broker_presets.ts";
export { type BrokerCertificate, inspectCertificate } from "./connection/certificate.ts";
export {
  type BrokerAddress,
  type BrokerSettings,
  type Connect,
  type ConnectAnswer,
  ConnectError,
  type MqttConnection,
  type TlsSettings,
} from "./connection/connection.ts";
export type {
  BrokerLimits,
  ConnectPlan,
  LinkState,
  MqttLink,
  PublishOutcome,
  PublishPacket,
  PublishProperties,
  QoS,
  ReceivedPacket,
  Subscription,
  UserProperties,
  Will,
} from "./link.ts";
export { LinkShare } from "./link_share.ts";
export { unavailableReason, whenOnline } from "./online.ts";
export {
  NO_MATCHING_SUBSCRIBERS,
  permanentRefusal,
  reasonCodeName,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "./reason_codes.ts";
export {
  filterCovers,
  isTopicLevel,
  topicFilterProblem,
  topicMatches,
  topicNameProblem,
  topicPortabilityProblem,
} from "./topics.ts";
export { TakeoverDetector } from "./takeover_detector.ts";
export { TopicIndex } from "./topic_index.ts";
export { connectToBroker, loadConnection } from "./connection/connect.ts";
