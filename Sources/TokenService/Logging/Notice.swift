import Logging

/// One thing that an operator may want to know: a sentence that says what happened, what follows and when, with
/// an id and fields for programs.
struct Notice: Sendable {
  let id: MessageID
  let level: Logger.Level
  let text: String
  /// Journal fields: upper case names, ours with `ASSETIT_` before them (systemd.journal-fields(7)).
  let fields: [String: String]

  init(_ id: MessageID, _ level: Logger.Level, _ text: String, _ fields: [String: String] = [:]) {
    self.id = id
    self.level = level
    self.text = text
    self.fields = fields
  }
}

/// Names a kind of message for good (`MESSAGE_ID=`, systemd.journal-fields(7)); the catalog explains each.
enum MessageID: String, Sendable, CaseIterable {
  case started = "f3c95789ace14954ac5d6baed2eac902"
  case ready = "cbf27734ac1045258b66402800e03d2c"
  case refreshed = "e0a3a91f23464c13bc27ed12b10877a9"
  case refreshFailed = "f1260ebc7d564b56b714dc919b27dbdf"
  case throttled = "6caf76a5703548ae8280ad3729a6f2e7"
  case rejected = "3f0c9931918c40bf9670c342c6cce996"
  case misconfigured = "004498f4b98747c18c9c26a813678d7a"
  case expired = "0ecaf828e2f745538fcc69d79561a0d1"
  case recovered = "73f80e52a36948b5a4414c46f147ecf9"
  case refreshDeferred = "c1af446506f142fca1010f154a9f2968"
  case keptLongerToken = "b459071afb8a4f9ebf72c46dca8fbe35"
  case tokenPostponed = "daf40debfc56437888e1e0822b281bd7"
  case oddAnswer = "29a0c3099b9046d8a13f1ad72bb7c1e9"
  case reloadApplied = "5a3c1fbdf9da4bf3a81696a68afe2312"
  case reloadRefused = "135d63cf1293424c802a2e8f96fc5ce8"
  case credentialsChanged = "a4ea3938d4294c52810915b0875b0b21"
  case readerDenied = "bdfaef428c7d4431b331dab129ea3a7b"
  case readerServed = "4260ce86ca964d78ba569ee452a5d423"
  case outOfDescriptors = "44e767f743bb4898ac59157196f119be"
  case tooManyWaiting = "23cc390c935440e38e1f39485d23d1f3"
  case fileFailed = "4d1dd7de07c1437b95d0c57b811008b7"
  case fileRecovered = "06f3179fec434ae0a6e144cf0b4152c8"
  case stopping = "c78165de8458420c88ba29b1f8223c08"
  case startFailed = "7aa1caa066de4e968867119277832f1d"
  case resumed = "32833106536e45df80b2d002cc92d33d"
  case storeRefused = "f08db22fd293456ab170fab23d90fbac"
  case storeFailed = "f3faa8e879ea47238ad5cfbc1d74bd1c"
  case noPeerPidfd = "2f2bfd59a7dd4b01b5d35a9a25b4b16b"
  case reportsLeftOut = "2f3f52c3c97045d982c0a2704a1b5b5b"
  case exchangeBegan = "83f11b2d9bbc4685bcc3323c673940a8"
}
