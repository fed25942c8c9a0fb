import JSON
import PodAdmission
import Testing

@testable import ImageRegistry

/// The hosts that receive the credentials of a cloud, and the settings that a cloud needs.
@Suite struct CloudHostTests {
    static let environment = [
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t",
        "AZURE_FEDERATED_TOKEN_FILE": "f",
    ]

    static func inspector(
        _ clouds: Set<CloudProvider>,
        _ environment: [String: String],
        usesMetadataServer: Bool = true
    ) throws -> ImageInspector {
        var configuration = InspectorConfiguration()
        configuration.cloud = clouds
        configuration.environment = environment
        configuration.usesMetadataServer = usesMetadataServer
        return try ImageInspector(configuration)
    }

    @Test(
        arguments: [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", CloudProvider.ecr, "eu-west-1.amazonaws.com", "a region"),
            (
                "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", .ecr, "us-gov-west-1.amazonaws.com",
                "a government region"
            ),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", .ecr, "cn-north-1.amazonaws.com.cn", "in China"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com", nil, nil, "in China under the global domain"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn", nil, nil, "outside China under the domain of China"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example", nil, nil, "a longer domain"),
            ("123456789012.dkr.ecr.evil.example.amazonaws.com", nil, nil, "more labels"),
            ("123456789012.dkr.ecr.evil.amazonaws.com", nil, nil, "not a region"),
            ("1234.dkr.ecr.eu-west-1.amazonaws.com", nil, nil, "not an account"),
            ("123456789012.dkr-ecr.eu-west-1.on.aws", nil, nil, "the newer name"),
            ("public.ecr.aws", nil, nil, "public"),
            ("europe-docker.pkg.dev", .gar, "", "Artifact Registry"),
            ("gcr.io", .gar, "", "Container Registry"),
            ("eu.gcr.io", .gar, "", "a regional host"),
            ("pkg.dev", nil, nil, "not a registry"),
            ("a.b.pkg.dev", nil, nil, "more labels"),
            ("evilgcr.io", nil, nil, "another name"),
            ("gcr.io.evil.example", nil, nil, "another domain"),
            ("acmecorp.azurecr.io", .acr, "acmecorp.azurecr.io", "Azure"),
            ("acmecorp.azurecr.cn", .acr, "acmecorp.azurecr.cn", "in China"),
            ("acmecorp.azurecr.us", .acr, "acmecorp.azurecr.us", "a government region"),
            ("azurecr.io", nil, nil, "not a registry"),
            ("a.acmecorp.azurecr.io", nil, nil, "more labels"),
            ("acmecorp.azurecr.io.evil.example", nil, nil, "another domain"),
            ("ghcr.io", nil, nil, "not a cloud"),
        ] as [(String, CloudProvider?, String?, String)]
    )
    func hosts(_ host: String, _ cloud: CloudProvider?, _ scope: String?, _ reason: String) throws {
        let inspector = try Self.inspector(Set(CloudProvider.allCases), Self.environment)
        func match(_ base: String, isHome: Bool = true) throws -> CloudCredentials.Match? {
            let endpoint = RegistryEndpoint(
                base: try #require(WebURL(base)),
                repository: "a",
                namespace: nil,
                isHome: isHome,
                trust: .configured
            )
            return inspector.lookup.cloud.match(endpoint)
        }
        let found = try match("https://\(host)/v2")
        #expect(found?.cloud == cloud && found?.scope == scope, "\(reason)")
        for base in ["http://\(host)/v2", "https://\(host):8443/v2", "http://\(host):443/v2"] {
            #expect(try match(base) == nil, "another port, or no TLS")
        }
        #expect(try match("https://\(host)/v2", isHome: false) == nil, "a mirror")
    }

    @Test func onlyEnabledCloudsMatch() throws {
        let inspector = try Self.inspector([.acr], Self.environment)
        for (host, cloud) in [("gcr.io", nil), ("acmecorp.azurecr.io", CloudProvider.acr)] {
            let endpoints = try inspector.lookup.registries.endpoints(for: ImageReference("\(host)/a"))
            #expect(inspector.lookup.cloud.match(endpoints[0])?.cloud == cloud)
        }
        #expect(InspectorConfiguration().cloud.isEmpty && !InspectorConfiguration().usesMetadataServer)
    }

    @Test(
        arguments: [
            (.ecr, [:], "AWS_ROLE_ARN", "no variables"),
            (.ecr, ["AWS_ACCESS_KEY_ID": "hunter2"], "AWS_SECRET_ACCESS_KEY", "half of the keys"),
            (.ecr, ["AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": ""], "AWS_ROLE_ARN", "half of the role"),
            (
                .ecr, ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_REGION": "evil.example/"],
                "AWS_REGION", "a region that is a host"
            ),
            (.acr, ["AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"], "AZURE_FEDERATED_TOKEN_FILE", "no token"),
            (
                .acr, ["AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "a/../b", "AZURE_FEDERATED_TOKEN_FILE": "f"],
                "AZURE_TENANT_ID", "a tenant that is a path"
            ),
            (
                .acr,
                [
                    "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "f",
                    "AZURE_AUTHORITY_HOST": "http://login.example",
                ], "AZURE_AUTHORITY_HOST", "not https"
            ),
            (.gar, [:], "GOOGLE_APPLICATION_CREDENTIALS", "neither a file nor the metadata server"),
            (.gar, ["GOOGLE_APPLICATION_CREDENTIALS": "/nowhere"], "/nowhere", "no such file"),
        ] as [(CloudProvider, [String: String], String, String)]
    )
    func invalidSettings(_ cloud: CloudProvider, _ environment: [String: String], _ names: String, _ reason: String) {
        let error = #expect(throws: SetupError.self, "\(reason)") {
            try Self.inspector([cloud], environment, usesMetadataServer: false)
        }
        #expect(error?.detail.contains(names) == true && error?.detail.contains("hunter2") == false, "\(reason)")
    }

    static let account = """
        {"type":"external_account","audience":"//iam.googleapis.com/p","subject_token_type":"t",\
        "token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"/f"}}
        """

    @Test(arguments: [
        ("external_account", "service_account", "type", "a key"),
        ("https://sts.googleapis.com", "https://sts.googleapis.com.evil.example", "token_url", "another host"),
        ("https://sts.googleapis.com", "http://sts.googleapis.com", "token_url", "not https"),
        ("token_url", "token_uri", "token_url", "no token URL"),
        (#""file""#, #""url""#, "credential_source.file", "a token from a URL"),
        (#""file""#, #""executable""#, "credential_source.file", "a token from a command"),
        (
            #""/f""#, #""/f","format":{"type":"json"}"#, "credential_source.format.subject_token_field_name",
            "no member name"
        ),
        (
            #""audience""#, #""service_account_impersonation_url":"https://evil.example/","audience""#,
            "service_account_impersonation_url", "another host"
        ),
    ]) func invalidExternalAccounts(_ part: String, _ other: String, _ path: String, _ reason: String) throws {
        _ = try ExternalAccount(JSONParser.parse(Self.account))
        let index = try #require(Self.account.firstRange(of: part))
        let value = try JSONParser.parse(Self.account.replacingCharacters(in: index, with: other))
        let error = #expect(throws: FieldError.self, "\(reason)") { try ExternalAccount(value) }
        #expect(error?.pathText == path, "\(reason)")
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
