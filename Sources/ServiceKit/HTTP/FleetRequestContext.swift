public import Hummingbird
public import NIOCore

/// What handlers of every service know about a request beside the request itself.
public struct FleetRequestContext: RequestContext {
  /// What Hummingbird keeps.
  public var coreContext: CoreRequestContextStorage
  /// The connection that the request came over.
  public let channel: any Channel

  /// A context for one request.
  public init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// The largest body that Hummingbird itself would decode, in bytes.
  public var maxUploadSize: Int { 1 << 20 }
}

/// The router of every service.
public typealias FleetRouter = Router<FleetRequestContext>
