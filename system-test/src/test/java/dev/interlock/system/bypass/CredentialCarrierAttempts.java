package dev.interlock.system.bypass;

import static dev.interlock.system.bypass.Requests.quoted;
import static dev.interlock.system.bypass.Requests.raw;

import dev.interlock.system.bypass.BypassAttempt.AttemptHarm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A found credential in every part of a request that can carry one. The lease itself permits the operation, so a
 * refusal is due to the credential alone.
 */
final class CredentialCarrierAttempts {

    static final String REDEPLOY = "mutation { serviceInstanceRedeploy(environmentId: \"" + SimulatedProvider.STAGING
            + "\", serviceId: \"" + SimulatedProvider.API + "\") }";
    private static final AttemptHarm REDEPLOYED = new AttemptHarm.ExecutedRootField("serviceInstanceRedeploy");
    private static final String WORK = "{\"query\":" + quoted(REDEPLOY) + "}";
    private static final String BEARER = "Authorization: Bearer ";

    private CredentialCarrierAttempts() {}

    /** Returns the same work with the lease alone, as clients write it: it must pass. */
    static byte[] lawful(String... carrier) {
        return work("${path}", carrier);
    }

    static String basic(String user, String password) {
        return "Authorization: Basic "
                + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    static List<BypassAttempt> all() {
        String lease = BEARER + "${token}";
        return List.of(
                found("in Authorization", BEARER + "${found}"),
                found("in Authorization, in capitals", "AUTHORIZATION: BEARER ${found}"),
                found("in Project-Access-Token", "Project-Access-Token: ${found}"),
                found("in Project-Access-Token beside the lease", lease, "Project-Access-Token: ${found}"),
                found("beside a lease in Project-Access-Token", BEARER + "${found}", "Project-Access-Token: ${token}"),
                found("in x-api-key beside the lease", lease, "X-Api-Key: ${found}"),
                found("in X-Amz-Security-Token beside the lease", lease, "X-Amz-Security-Token: ${found}"),
                found("in a cookie beside the lease", lease, "Cookie: session=${found}"),
                found("in the second of two cookies", lease, "Cookie: a=${token}; b=${found}"),
                found("in Proxy-Authorization beside the lease", lease, "Proxy-Authorization: Bearer ${found}"),
                found("in the first of two Authorization fields", BEARER + "${found}", lease),
                found("in the second of two Authorization fields", lease, BEARER + "${found}"),
                foundElsewhere("before the lease in one field", BEARER + "${found}, ${token}"),
                found(
                        "named in Connection",
                        lease,
                        "Project-Access-Token: ${found}",
                        "Connection: project-access-token"),
                foundElsewhere("as user of Basic", basic(SimulatedProvider.FOUND, "")),
                foundElsewhere("as password of Basic", basic("agent", SimulatedProvider.FOUND)),
                foundElsewhere("as user of Basic beside the lease", basic(SimulatedProvider.FOUND, "x"), lease),
                inQuery("in the query", "${path}?access_token=${found}"),
                inQuery("in the query, percent-encoded name", "${path}?%61ccess_token=${found}"),
                inQuery("in the query, unknown name", "${path}?token=${found}"),
                inQuery(
                        "in the query, as a presigned address",
                        "${path}?X-Amz-Credential=${found}%2F20261120%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature="
                                + "0".repeat(64)),
                foundElsewhere(
                        "as the name in an AWS signature",
                        "Authorization: AWS4-HMAC-SHA256 Credential=${found}/20261120/eu-west-1/s3/aws4_request, "
                                + "SignedHeaders=host, Signature=" + "0".repeat(64)),
                inQuery("in the target's user information", "http://agent:${found}@${host}${path}"),
                nobody("nothing at all"),
                nobody("a lease that nobody issued", BEARER + "ilk_" + "A".repeat(43)),
                nobody("a lease cut short", BEARER + "ilk_AAAA"),
                nobody("the lease's own prefix", BEARER + "ilk_"));
    }

    private static BypassAttempt found(String name, String... carriers) {
        return BypassAttempt.same(name, work("${path}", carriers), REDEPLOYED, "foreign_credential");
    }

    /** The simulator accepts no credential in this carrier; the direct request uses one where it does. */
    private static BypassAttempt foundElsewhere(String name, String... carriers) {
        return elsewhere(name, work("${path}", carriers));
    }

    private static BypassAttempt inQuery(String name, String target) {
        return elsewhere(name, work(target, BEARER + "${token}"));
    }

    private static BypassAttempt elsewhere(String name, byte[] guarded) {
        return new BypassAttempt(name, work("${path}", BEARER + "${found}"), guarded, REDEPLOYED, List.of());
    }

    private static BypassAttempt nobody(String name, String... carriers) {
        return new BypassAttempt(
                name, work("${path}", BEARER + "${found}"), work("${path}", carriers), REDEPLOYED, List.of());
    }

    private static byte[] work(String target, String... carriers) {
        List<String> fields = new ArrayList<>(List.of(carriers));
        fields.addAll(List.of(
                "Host: ${host}",
                "Content-Type: application/json",
                "Content-Length: " + WORK.length(),
                "Connection: close"));
        return raw(target, fields, WORK);
    }
}
