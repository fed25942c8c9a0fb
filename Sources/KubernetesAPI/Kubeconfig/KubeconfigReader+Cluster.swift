import FoundationEssentials
import JSON
import NIOSSL

extension KubeconfigReader {
    /// A cluster of a kubeconfig.
    struct Cluster {
        let server: ServerAddress
        let authorities: [NIOSSLCertificate]?
        /// What a credential plugin is told of the cluster, if it asks (client.authentication.k8s.io/v1, Cluster).
        let information: JSONValue
    }

    /// Reads an entry of `clusters`.
    func cluster(_ object: JSONObject) throws(FieldError) -> Cluster {
        if try object.flag("insecure-skip-tls-verify") {
            let words = "the certificate is always verified: set certificate-authority-data instead"
            throw FieldError(words, at: [.key("insecure-skip-tls-verify")])
        }
        if try object.text("proxy-url") != nil {
            throw FieldError("the API server is reached without a proxy, or not at all", at: [.key("proxy-url")])
        }
        let name = try object.text("tls-server-name")
        guard let server = ServerAddress(try object.requiredText("server"), certificateName: name) else {
            throw FieldError("expected https://HOST, with a port and a path where needed", at: [.key("server")])
        }
        let pem = try bytes(object, "certificate-authority")
        var information = JSONObject([.init(key: "server", value: .string(server.description))])
        if let name { information["tls-server-name"] = .string(name) }
        if let pem {
            information["certificate-authority-data"] = .string(Data(pem.bytes).base64EncodedString())
        }
        if let configuration = try pluginConfiguration(object) { information["config"] = configuration }
        return Cluster(
            server: server,
            authorities: try pem.map { pem throws(FieldError) in try authorities(pem.bytes, at: pem.key) },
            information: .object(information)
        )
    }

    private func authorities(_ pem: [UInt8], at key: String) throws(FieldError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else {
            throw FieldError("holds no certificate in PEM form", at: [.key(key)])
        }
        return certificates
    }

    /// The extension that is meant for the credential plugin.
    private func pluginConfiguration(_ object: JSONObject) throws(FieldError) -> JSONValue? {
        let extensions = try object.optional("extensions") { value throws(FieldError) in
            try value.asArray { entry throws(FieldError) in try entry.asObject() }
        }
        let own = extensions?.first { $0["name"]?.string == "client.authentication.k8s.io/exec" }
        return own?["extension"]
    }
}
