import ServiceKit

/// The statements of the service, each in the file `SQL/<name>.sql`.
enum InventorySQL: String, CaseIterable {
  case products, product, stock
  case reserveBegin = "reserve-begin"
  case reserveLock = "reserve-lock"
  case reserveTake = "reserve-take"
  case reserveRead = "reserve-read"
  case reserveUpdate = "reserve-update"
  case reserveItems = "reserve-items"
  case reservation
  case reservationLock = "reservation-lock"
  case reservationMark = "reservation-mark"
  case reservationRefuse = "reservation-refuse"
  case settleLock = "settle-lock"
  case settleConfirm = "settle-confirm"
  case settleRelease = "settle-release"
  case settleReturn = "settle-return"
  case expired
  case syncLock = "sync-lock"
  case syncProducts = "sync-products"
  case syncStock = "sync-stock"
  case syncReconcile = "sync-reconcile"
  case connections, heartbeat
  case heartbeatLook = "heartbeat-look"

  /// The file's text, as it was when the program was built.
  var builtIn: [UInt8] {
    switch self {
    case .products: PackageResources.products_sql
    case .product: PackageResources.product_sql
    case .stock: PackageResources.stock_sql
    case .reserveBegin: PackageResources.reserve_begin_sql
    case .reserveLock: PackageResources.reserve_lock_sql
    case .reserveTake: PackageResources.reserve_take_sql
    case .reserveRead: PackageResources.reserve_read_sql
    case .reserveUpdate: PackageResources.reserve_update_sql
    case .reserveItems: PackageResources.reserve_items_sql
    case .reservation: PackageResources.reservation_sql
    case .reservationLock: PackageResources.reservation_lock_sql
    case .reservationMark: PackageResources.reservation_mark_sql
    case .reservationRefuse: PackageResources.reservation_refuse_sql
    case .settleLock: PackageResources.settle_lock_sql
    case .settleConfirm: PackageResources.settle_confirm_sql
    case .settleRelease: PackageResources.settle_release_sql
    case .settleReturn: PackageResources.settle_return_sql
    case .expired: PackageResources.expired_sql
    case .syncLock: PackageResources.sync_lock_sql
    case .syncProducts: PackageResources.sync_products_sql
    case .syncStock: PackageResources.sync_stock_sql
    case .syncReconcile: PackageResources.sync_reconcile_sql
    case .connections: PackageResources.connections_sql
    case .heartbeat: PackageResources.heartbeat_sql
    case .heartbeatLook: PackageResources.heartbeat_look_sql
    }
  }
}
