import Gateway
import Glibc
import Inventory
import Order
import Payment
import Provider
import Proxy
import ServiceKit

/// One program for the whole fleet: `fleet SERVICE` runs a service, `fleet probe URL` asks one whether it is there.
@main
enum Fleet {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("gateway", 1): exit(await ServiceMain.run(GatewayService.self))
    case ("inventory", 1): exit(await ServiceMain.run(InventoryService.self))
    case ("order", 1): exit(await ServiceMain.run(OrderService.self))
    case ("payment", 1): exit(await ServiceMain.run(PaymentService.self))
    case ("provider", 1): exit(await ServiceMain.run(ProviderService.self))
    case ("proxy", 1): exit(await ServiceMain.run(ProxyService.self))
    case ("probe", 2): exit(Probe.run(arguments.last ?? ""))
    default:
      JSONLogHandler.standardError(
        """
        usage: fleet gateway|inventory|order|payment|provider|proxy
               fleet probe URL      http://HOST:PORT/PATH, postgres://HOST:PORT, redis://HOST:PORT or tcp://HOST:PORT

        """)
      exit(64)
    }
  }
}
