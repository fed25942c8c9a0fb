import Basics
import JSON
import PodAdmission

extension ECRCredentialProvider {
    /// AssumeRoleWithWebIdentity of the STS API (API version 2011-06-15); the token takes the place of a signature.
    func assume(_ arn: String, _ token: RedactedText) async throws(RegistryFailure) -> Expiring<AmazonKeys> {
        let host = region.map { "sts.\($0.host)" } ?? "sts.amazonaws.com"
        let lifetime = 3600
        let form = TransportRequest.Content.form([
            "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "DurationSeconds": "\(lifetime)",
            "RoleArn": arn, "RoleSessionName": "polypod", "WebIdentityToken": token.value,
        ])
        let url = WebURL(Origin(isSecure: true, host: host, port: nil), target: "/")
        let reply = try await client.send(CloudClient.Message(content: form), to: url)
        let result = reply["AssumeRoleWithWebIdentityResponse"]?["AssumeRoleWithWebIdentityResult"]
        guard let keys = result?["Credentials"]?.object else { throw CloudClient.fault(host) }
        return Expiring(
            value: AmazonKeys(
                id: try keys.token("AccessKeyId", from: host).value,
                secret: try keys.token("SecretAccessKey", from: host),
                session: try keys.token("SessionToken", from: host)
            ),
            lifetime: .seconds(lifetime)
        )
    }
}
