/// How users carry what they have written, so that what they read next is not older.
///
/// A reply to a write names a token in the header `X-Read-After` and in the cookie `read_after`. Whoever sends either
/// back with a later request reads at least what that write left. The token's text means nothing to users.
public enum ReadAfter {
  /// The header of replies and requests.
  public static let header = "X-Read-After"
  /// The cookie with the same token.
  public static let cookie = "read_after"
  /// The longest text that can be a token, in bytes; what is longer is ignored.
  public static let longest = 256
}
