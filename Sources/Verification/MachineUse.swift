import Engine

/// What a machine has in use, whoever uses it.
struct MachineUse: Equatable {
  /// Bytes of files in memory and of shared memory (`Shmem`, proc(5)): what is in a tmpfs, with a name or without.
  var filesInMemory = 0
  /// Of each path that was asked for.
  var disks: [MachineRoom.Disk] = []

  /// As it is now; a path that is not there stands for the folder that it would be in.
  static func now(_ paths: [String]) -> MachineUse {
    MachineUse(filesInMemory: MachineRoom.kilobytes("Shmem") * 1024, disks: paths.map(MachineRoom.disk))
  }
}
