import Testing

/// Files that try to get a verdict which they don't deserve, or to do harm: what each is refused for. Most never come
/// to a grade, and each ends within its bound.
extension SideBySideTests {
  struct HostileTests {
    @Test(arguments: Hostile.all.filter { !$0.takesMachine })
    func hostileFilesGetNoVerdictAndDoNoHarm(_ hostile: Hostile) throws {
      try hostile.getsNoVerdict(engine: "process")
    }
  }

  /// What is kept from doing harm by other means here than where nodes are processes.
  struct HostileContainerTests {
    @Test(arguments: Hostile.all.filter { $0.meetsContainers && !$0.takesMachine })
    func hostileContainersGetNoVerdictAndDoNoHarm(_ hostile: Hostile) throws {
      try hostile.getsNoVerdict(engine: "compose")
    }
  }
}

extension ScenarioTests {
  struct GreedyTests {
    @Test(arguments: Hostile.all.filter(\.takesMachine))
    func greedyFilesGetNoVerdictAndDoNoHarm(_ hostile: Hostile) throws {
      try hostile.getsNoVerdict(engine: "process")
    }
  }

  struct GreedyContainerTests {
    @Test(arguments: Hostile.all.filter { $0.meetsContainers && $0.takesMachine })
    func greedyContainersGetNoVerdictAndDoNoHarm(_ hostile: Hostile) throws {
      try hostile.getsNoVerdict(engine: "compose")
    }
  }
}
