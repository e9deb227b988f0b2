/// The statements of the service, each in the file `SQL/<name>.sql`.
enum PaymentSQL: String, CaseIterable {
  case charge
  case chargeInsert = "charge-insert"
  case chargeSettle = "charge-settle"
  case connections

  /// The file's text, as it was when the program was built.
  var builtIn: [UInt8] {
    switch self {
    case .charge: PackageResources.charge_sql
    case .chargeInsert: PackageResources.charge_insert_sql
    case .chargeSettle: PackageResources.charge_settle_sql
    case .connections: PackageResources.connections_sql
    }
  }
}
