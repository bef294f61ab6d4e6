import CommandLineProgram

/// Says a sentence on standard error, with the program's name before it.
func say(_ text: String) { StandardError.write(text, prefix: "assetit-token: ") }
