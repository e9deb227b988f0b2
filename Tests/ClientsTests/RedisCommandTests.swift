import Testing

@testable import Clients

@Suite struct RedisCommandTests {
  @Test func wordsAreFramed() throws {
    let command = try RedisCommand(["SET", "ключ", RedisArgument([0, 13, 10]), 42], maxBytes: 16)
    let expected: [UInt8] =
      Array("*4\r\n$3\r\nSET\r\n$8\r\nключ\r\n$3\r\n".utf8) + [0, 13, 10] + Array("\r\n$2\r\n42\r\n".utf8)
    #expect(command.bytes == expected)
  }

  @Test(arguments: [[], [""], ["subscribe", "x"], ["MONITOR"]] as [[RedisArgument]])
  func someAreRefused(_ words: [RedisArgument]) throws {
    #expect(throws: RedisError.self) { try RedisCommand(words, maxBytes: 100) }
  }

  @Test func largeOnesAreRefused() throws {
    let words: [RedisArgument] = ["set", "ключ", RedisArgument([0, 13, 10])]
    #expect(try RedisCommand(words, maxBytes: 14).bytes.count == 36)
    let error = #expect(throws: RedisError.self) { try RedisCommand(words, maxBytes: 13) }
    #expect(error?.code == .invalidCommand)
    #expect(error?.message == "a command of 3 words and 14 bytes; at most 1048576 words and 13 bytes are sent")
    let many = ["DEL"] + [RedisArgument](repeating: "", count: RedisCommand.mostWords)
    #expect(throws: RedisError.self) { try RedisCommand(many, maxBytes: 100) }
    #expect(throws: Never.self) { try RedisCommand(many.dropLast(), maxBytes: 100) }
  }

  @Test func valuesReadAsWhatTheyAre() {
    #expect(RedisValue.bulk(Array("12".utf8)).integer == 12 && RedisValue.integer(3).integer == 3)
    #expect(RedisValue.status("OK").string == "OK" && RedisValue.bulk([0xff]).string == nil)
    #expect(RedisValue.null.isNull && RedisValue.array([.null]).array == [.null])
    #expect(Duration.microseconds(1500).wholeMilliseconds == 2 && Duration.seconds(2).wholeMilliseconds == 2000)
    #expect(RedisError(code: .server, message: "OOM command not allowed").prefix == "OOM")
  }
}
