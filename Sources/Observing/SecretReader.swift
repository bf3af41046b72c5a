internal import Model

/// The values that an agent's environment holds under names that stand for secrets. They stay in memory, for masking.
enum SecretReader {
    static func values(_ environment: [String], _ files: EnvironmentFiles, named: [String]) -> [String] {
        var values: [String] = []
        func take(_ name: String, _ value: String) {
            if named.contains(name) || SecretNames.looksSecret(name) { values.append(value) }
        }
        Variables(environment).forEach(take)
        for file in files.files {
            file.variables?.forEach(take)
            Variables(EnvironmentFiles.lines(file.text)).forEach { name, value in
                take(name, value)
                // Quoted, the file holds one form and the agent's own lines show the other.
                let bare = value.filter { $0 != "\"" && $0 != "'" }
                if bare != value { take(name, bare) }
            }
        }
        return values
    }
}
